"""The feed, the calendar and the badges, as other people's programs read them."""

import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import feedparser  # type: ignore[import-untyped]
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from lxml import etree  # type: ignore[import-untyped]

from fakes.status_site import HOSTILE, NOW, make_document, make_full_state, make_platform, make_state, make_window
from holdfast.adapters.status_site import SiteRenderer
from holdfast.incidents.status_document import remember
from holdfast.incidents.status_words import clean_line
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.status_document import StatusDocument

ATOM = "{http://www.w3.org/2005/Atom}"
GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
WORDS = st.one_of(st.just(HOSTILE), st.text(min_size=1).filter(clean_line))


def make(document: StatusDocument, name: str) -> bytes:
    return SiteRenderer().render(document)[name]


def parse_feed(content: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return feedparser.parse(content)


def check_feed(content: bytes) -> ET.Element:
    """What RFC 4287 asks of a feed and of its entries: its grammar, and what that can't say (4.1.1, 4.1.2)."""
    assert not parse_feed(content).bozo
    GRAMMAR.assertValid(etree.fromstring(content))
    feed = ET.fromstring(content)
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for once in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{once}")) == 1
        assert (element.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo is not None
        assert element.find(f"{ATOM}link[@rel='alternate']") is not None
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [each.text for each in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    return feed


@settings(max_examples=30)
@given(WORDS)
def test_the_feed_is_sound_whatever_people_write(text: str) -> None:
    platform = make_platform(title=text[:200], url="https://status.acme.example")
    check_feed(make(make_document(make_full_state(text), platform), "history.atom"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<updated>2", "<updated>on 2"),
        ("Z</updated>", "</updated>"),
        ("<title>", "<title>twice</title><title>"),
        ("<title>", '<title type="markdown">'),
        ("<entry>", "<item/><entry>"),
        (' href="', ' url="'),
        (' type="html"', ' type="nothing"'),
        ("<name>", "<nick>x</nick><name>"),
        ("<content ", '<content src="a.html" '),
        ('lang="en"', 'lang="not a language"'),
    ],
)
def test_what_is_no_atom_is_found(old: str, new: str) -> None:
    sound = make(make_document(make_full_state(), make_platform(url="https://x.example")), "history.atom").decode()
    assert GRAMMAR.validate(etree.fromstring(sound.encode()))
    assert old in sound
    assert not GRAMMAR.validate(etree.fromstring(sound.replace(old, new, 1).encode()))


def test_what_atom_allows_is_none() -> None:
    sound = make(make_document(), "history.atom").decode()
    more = (
        '<x:more xmlns:x="urn:x" y="z">of <b>this</b></x:more><category term="a"/><icon>i.svg</icon>'
        '<subtitle type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">well <i>said</i></div></subtitle>'
    )
    assert GRAMMAR.validate(etree.fromstring(sound.replace("</feed>", f"{more}</feed>").encode()))


def test_an_empty_feed_is_sound_too() -> None:
    assert not check_feed(make(make_document(), "history.atom")).findall(f"{ATOM}entry")


def test_entries_say_what_was_said_and_keep_their_ids() -> None:
    feed = parse_feed(make(make_document(make_full_state("<b>one</b> & two")), "history.atom"))
    assert len(feed.entries) == 6
    newest = next(entry for entry in feed.entries if entry.link.endswith("i-2.html"))
    assert "&lt;b&gt;one&lt;/b&gt; &amp; two" in newest.content[0].value
    later = parse_feed(make(make_document(make_full_state("other"), now=NOW + 99), "history.atom"))
    assert {entry.id for entry in feed.entries} == {entry.id for entry in later.entries}


@settings(max_examples=30)
@given(WORDS)
def test_the_calendar_is_sound_whatever_people_write(text: str) -> None:
    content = make(make_document(make_full_state(text), make_platform(title=text[:200])), "maintenance.ics")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar = Calendar.from_ical(content)
    assert not calendar.errors
    events = calendar.walk("VEVENT")
    assert len(events) == 4
    assert not any(event.errors for event in events)
    assert str(events[0]["SUMMARY"]) == clean_line(text.replace("\n", " ")[:200])
    assert vobject.readOne(content.decode()).validate(raiseException=True)


def test_a_calendar_without_work_is_sound_too() -> None:
    content = make(make_document(), "maintenance.ics")
    calendar = Calendar.from_ical(content)
    assert (calendar.errors, len(calendar.subcomponents)) == ([], 1)
    assert vobject.readOne(content.decode()).validate(raiseException=True)


def test_a_window_that_moves_is_the_same_event_with_a_higher_number() -> None:
    window = make_window()
    first = make_document(make_state(windows=[window]))
    moved = window.model_copy(update={"begins_at": window.begins_at + 600})
    second = make_document(make_state(windows=[moved]), now=NOW + 300, memory=remember(first))
    gone = moved.model_copy(update={"phase": MaintenancePhase.CANCELLED})
    third = make_document(make_state(windows=[gone]), now=NOW + 900, memory=remember(second))
    documents = [first, second, third]
    events = [Calendar.from_ical(make(each, "maintenance.ics")).walk("VEVENT")[0] for each in documents]
    assert len({str(event["UID"]) for event in events}) == 1
    numbers = [int(str(event.decoded("SEQUENCE"))) for event in events]
    assert numbers == sorted(set(numbers))
    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert events[1].decoded("DTSTART") == datetime.fromtimestamp(moved.begins_at, UTC)


def test_the_calendar_says_nothing_new_while_nothing_changes() -> None:
    first = make_document(make_full_state())
    later = make_document(make_full_state(), now=NOW + 600, memory=remember(first))
    assert make(first, "maintenance.ics") == make(later, "maintenance.ics")


@pytest.mark.parametrize("name", ["badge.svg", "badges/shop.svg", "mark.svg"])
def test_badges_are_pictures_whatever_they_say(name: str) -> None:
    components = {"shop": {"title": HOSTILE, "services": ["secret-shop"]}}
    content = make(make_document(platform=make_platform(components, title=HOSTILE)), name)
    root = ET.fromstring(content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not any("script" in element.tag for element in root.iter())


def test_a_badge_is_as_wide_as_its_words() -> None:
    def measure(title: str) -> float:
        components = {"shop": {"title": title, "services": ["secret-shop"]}}
        content = make(make_document(platform=make_platform(components)), "badges/shop.svg")
        return float(ET.fromstring(content).attrib["width"])

    assert measure("Shop") < measure("オンライン") < measure("オンラインショップ")
    assert measure("x" * 200) == measure("x" * 60)


def test_a_badge_says_how_things_are() -> None:
    assert b"All Systems Operational" in make(make_document(), "badge.svg")
    assert b"Web shop: Operational" in make(make_document(), "badges/shop.svg")
