"""Maintenance as a calendar that one can subscribe to (iCalendar, RFC 5545)."""

from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from holdfast import __version__
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.status_document import PublicMaintenance, SiteWords, StatusDocument

_STATUSES: Final = {MaintenancePhase.CANCELLED: "CANCELLED"}


def make_calendar(document: StatusDocument) -> bytes:
    """Every window that is known, what was cancelled included: calendars take it out only if they are told."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Holdfast//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{document.words.title} maintenance")
    if not document.maintenances:
        calendar.add_component(_make_zone())
    for window in document.maintenances:
        calendar.add_component(_make_event(window, document.words))
    return bytes(calendar.to_ical())


def _make_event(window: PublicMaintenance, words: SiteWords) -> Event:
    event = Event()
    event.add("uid", f"{window.id}@{words.page}.maintenance")
    event.add("dtstamp", _when(window.changed_at))
    event.add("last-modified", _when(window.changed_at))
    event.add("created", _when(window.announced_at))
    event.add("sequence", max(0, int(window.changed_at - window.announced_at)))
    event.add("dtstart", _when(window.begins_at))
    event.add("dtend", _when(window.ends_at))
    event.add("summary", window.title)
    event.add("status", _STATUSES.get(window.phase, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    if window.text:
        event.add("description", window.text)
    if window.components:
        event.add("categories", [place.title for place in window.components])
    if words.url is not None:
        event.add("url", f"{words.url.rstrip('/')}/maintenance/{window.id}.html")
    return event


def _make_zone() -> Timezone:
    """A calendar must have something in it, also when no work is planned."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - local time, as the standard asks for
    standard.add("tzoffsetfrom", timedelta())
    standard.add("tzoffsetto", timedelta())
    zone = Timezone()
    zone.add("tzid", "Etc/UTC")
    zone.add_component(standard)
    return zone


def _when(at: float) -> datetime:
    return datetime.fromtimestamp(int(at), UTC)
