import asyncio
import os
from pathlib import Path

import pytest

from holdfast.adapters.calendars import CalendarReader
from holdfast.runtime.incidents.paging.file import PagingFile, PagingUnusable, read_paging_file
from holdfast.runtime.incidents.paging.on_call import Roster
from paging.book import AT, TEXT

WITH_FEED = """
people:
  ann: {name: Ann Lee, channels: {mail: {email: ann@example.com}}}
  bob: {email: bob@example.com, channels: {mail: {email: bob@example.com}}}
teams: {core: {people: [ann, bob], on_call: {feed: {file: "%s", every: 1s}}}}
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//t//t//EN
BEGIN:VEVENT
UID:1
SUMMARY:Core primary: ann lee (weekdays)
DTSTART:20261118T000000Z
DTEND:20261121T000000Z
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:somebody
ATTENDEE:mailto:Bob@Example.com
DTSTART:20261122T000000Z
DTEND:20270101T000000Z
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Team lunch
DTSTART:20261122T000000Z
DTEND:20261123T000000Z
END:VEVENT
END:VCALENDAR
"""


class Place:
    """A paging file, and where a control keeps what it needs of it."""

    def __init__(self, folder: Path, text: str = TEXT) -> None:
        self.now = AT
        self.folder = folder
        self.path = folder / "paging.yaml"
        self.path.touch(0o600)
        self.write(text)

    def write(self, text: str) -> None:
        self.path.write_text(text)
        os.utime(self.path, (self.now, self.now + len(text)))

    def open(self) -> PagingFile:
        return PagingFile(self.path, self.folder / "kept.yaml", lambda: self.now)

    def make_roster(self) -> Roster:
        return Roster(self.open(), self.folder / "calendars", lambda: self.now)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o601])
def test_a_file_that_others_can_read_or_write_is_refused(place: Place, mode: int) -> None:
    place.path.chmod(mode)
    checked = read_paging_file(place.path, AT)
    assert checked.paging is None
    assert [(each.code, each.fix) for each in checked.diagnostics] == [("HF012", f"chmod 600 {place.path}")]


def test_a_file_that_isnt_there_or_is_none_is_refused(place: Place) -> None:
    for path in (place.folder / "other.yaml", place.folder):
        checked = read_paging_file(path, AT)
        assert checked.paging is None
        assert [each.code for each in checked.diagnostics] == ["HF013"] or path.is_dir()


def test_a_changed_file_is_read_again_and_a_bad_one_changes_nothing(place: Place) -> None:
    file = place.open()
    assert not file.look()
    place.write(TEXT + "drills: true\n")
    assert file.look()
    assert file.paging.drills
    place.write(TEXT + "drils: true\n")
    assert not file.look()
    assert file.paging.drills
    assert [each.code for each in file.standing.mistakes] == ["HF201"]
    place.path.unlink()
    assert not file.look()
    assert [each.code for each in file.standing.mistakes] == ["HF013"]
    place.path.touch(0o600)
    place.write(TEXT)
    assert file.look()
    assert file.standing.mistakes == ()


def test_a_control_that_starts_with_a_bad_file_goes_on_with_what_was_good_last(place: Place) -> None:
    place.open()
    kept = place.folder / "kept.yaml"
    assert kept.stat().st_mode & 0o777 == 0o600
    place.write("people: {}\n")
    file = place.open()
    assert "ann" in file.paging.people
    assert file.standing.mistakes
    kept.unlink()
    with pytest.raises(PagingUnusable):
        place.open()


def test_a_feed_says_who_is_on_call_and_its_gaps_and_strangers_are_known(place: Place) -> None:
    feed = place.folder / "core.ics"
    feed.write_text(CALENDAR)
    place.write(WITH_FEED % feed)

    async def story() -> None:
        roster = place.make_roster()
        async with CalendarReader() as reader:
            await roster.look(reader)
            team = roster.teams["core"]
            assert team.schedule.find(AT) == "ann"
            assert team.schedule.find(AT + 5 * 86_400.0) == "bob"
            (gap,) = team.gaps
            assert gap.ends_at - gap.begins_at == 86_400.0
            assert team.feed is not None
            assert team.feed.strange == ("Team lunch",)
            place.now += 5.0
            feed.unlink()
            await roster.look(reader)
            team = roster.teams["core"]
            assert team.schedule.find(AT) == "ann", "what was read last holds on"
            assert team.feed is not None
            assert team.feed.problem
            assert team.feed.fetched_at == AT
        later = place.make_roster().teams["core"]
        assert later.schedule.find(AT) == "ann", "also for a control that starts while it can't be read"
        assert later.feed is not None
        assert later.feed.fetched_at == AT

    asyncio.run(story())


def test_a_feed_that_is_broken_later_changes_nothing(place: Place) -> None:
    feed = place.folder / "core.ics"
    feed.write_text(CALENDAR)
    place.write(WITH_FEED % feed)

    async def story() -> None:
        roster = place.make_roster()
        async with CalendarReader() as reader:
            await roster.look(reader)
            place.now += 5.0
            feed.write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:x\n")
            await roster.look(reader)
        team = roster.teams["core"]
        assert team.schedule.find(AT) == "ann"
        assert team.feed is not None
        assert team.feed.problem

    asyncio.run(story())


def test_a_changed_paging_file_changes_who_is_on_call(place: Place) -> None:
    async def story() -> None:
        roster = place.make_roster()
        assert roster.schedules["core"].find(AT) == "ann"
        place.write(TEXT.replace("[bob, ann]", "[cat, bob]"))
        async with CalendarReader() as reader:
            await roster.look(reader)
        assert roster.schedules["core"].find(AT) == "bob"

    asyncio.run(story())
