"""Incidents and maintenance as an Atom feed (RFC 4287)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from holdfast.adapters.status_site import wording
from holdfast.adapters.status_site.pages import show_text
from holdfast.model.day import format_iso
from holdfast.model.status_document import PublicIncident, PublicMaintenance, SiteWords, StatusDocument

ENTRIES_MAX: Final = 50
_ATOM: Final = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One thing to read about."""

    id: str
    path: str
    title: str
    published_at: float
    changed_at: float
    content: Markup


def make_feed(document: StatusDocument) -> bytes:
    """The newest things that were said, newest first."""
    words = document.words
    entries = sorted(_list_entries(document), key=lambda entry: entry.changed_at, reverse=True)[:ENTRIES_MAX]
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _say(feed, "id", _identify(words, "feed"))
    _say(feed, "title", f"{words.title} status")
    _say(feed, "updated", format_iso(entries[0].changed_at if entries else 0.0))
    SubElement(SubElement(feed, "author"), "name").text = words.title
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": _link(words, "index.html")})
    if words.url is not None:
        self_link = _link(words, "history.atom")
        SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": self_link})
    for entry in entries:
        _add(feed, words, entry)
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _add(feed: Element, words: SiteWords, entry: _Entry) -> None:
    element = SubElement(feed, "entry")
    _say(element, "id", _identify(words, entry.id))
    _say(element, "title", entry.title)
    _say(element, "published", format_iso(entry.published_at))
    _say(element, "updated", format_iso(entry.changed_at))
    SubElement(element, "link", {"rel": "alternate", "type": "text/html", "href": _link(words, entry.path)})
    SubElement(element, "content", {"type": "html"}).text = str(entry.content)


def _list_entries(document: StatusDocument) -> Iterator[_Entry]:
    for incident in document.incidents:
        path = f"incidents/{incident.id}.html"
        first = incident.posts[0].at
        yield _Entry(incident.id, path, incident.title, first, incident.changed_at, _tell_incident(incident))
    for window in document.maintenances:
        path = f"maintenance/{window.id}.html"
        title = f"Maintenance: {window.title}"
        changed_at = max(window.changed_at, window.announced_at)
        yield _Entry(window.id, path, title, window.announced_at, changed_at, _tell_window(window))


def _tell_incident(incident: PublicIncident) -> Markup:
    said = (
        Markup("<p><strong>{}</strong>, {}</p>{}").format(
            wording.PHASES[post.phase], wording.tell_time(post.at), show_text(post.text)
        )
        for post in reversed(incident.posts)
    )
    return Markup().join(said)


def _tell_window(window: PublicMaintenance) -> Markup:
    phase = wording.MAINTENANCE_PHASES[window.phase]
    when = wording.tell_until(window.begins_at, window.ends_at)
    return Markup("<p><strong>{}</strong>: {}</p>{}").format(phase, when, show_text(window.text))


def _say(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _identify(words: SiteWords, subject: str) -> str:
    """The same for ever, wherever the site is read: from the platform's name and the subject's."""
    return uuid5(NAMESPACE_URL, f"holdfast:{words.page}/{subject}").urn


def _link(words: SiteWords, path: str) -> str:
    return path if words.url is None else f"{words.url.rstrip('/')}/{path}"
