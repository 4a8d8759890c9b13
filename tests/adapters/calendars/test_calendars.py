import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from edge.upstream import free_port
from fakes.listening import listen
from holdfast.adapters.calendars import (
    CalendarReader,
    CalendarUnreadable,
    KeptCalendar,
    keep_calendar,
    load_calendar,
    read_calendar,
)
from holdfast.adapters.calendars.feed import SIZE_MAX
from holdfast.model.paging import CalendarFeed


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def write(*events: str) -> bytes:
    inner = "".join(f"BEGIN:VEVENT\r\n{event.strip()}\r\nEND:VEVENT\r\n" for event in events)
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n{inner}END:VCALENDAR\r\n".encode()
        .replace(b"\n", b"\r\n")
        .replace(b"\r\r\n", b"\r\n")
    )


WEEKLY = """UID:1
SUMMARY:On call: Ann Lee
DTSTART;TZID=Europe/Berlin:20261019T090000
DTEND;TZID=Europe/Berlin:20261026T090000
RRULE:FREQ=WEEKLY;INTERVAL=2
ATTENDEE:mailto:ann@example.com
"""


def test_events_recur_at_the_time_of_their_zone_when_clocks_change() -> None:
    entries = read_calendar(write(WEEKLY), at("2026-10-20"), at("2026-11-10"))
    assert [(entry.begins_at, entry.ends_at) for entry in entries] == [
        (at("2026-10-19 07:00"), at("2026-10-26 08:00")),
        (at("2026-11-02 08:00"), at("2026-11-09 08:00")),
    ]
    assert entries[0].attendees == ("ann@example.com",)


def test_what_was_moved_or_cancelled_isnt_where_it_was() -> None:
    moved = "UID:2\nSUMMARY:bob\nDTSTART:20261101T000000Z\nDTEND:20261102T000000Z\nSTATUS:CANCELLED\n"
    whole_day = "UID:3\nSUMMARY:cat\nDTSTART;VALUE=DATE:20261103\nDTEND;VALUE=DATE:20261104\n"
    entries = read_calendar(write(moved, whole_day), at("2026-11-01"), at("2026-11-10"))
    assert [(each.summary, each.begins_at, each.ends_at) for each in entries] == [
        ("cat", at("2026-11-03"), at("2026-11-04"))
    ]


@pytest.mark.parametrize(
    "event",
    [
        "UID:1\nDTSTART:20200101T000000Z\nDTEND:20200101T000001Z\nRRULE:FREQ=SECONDLY\n",
        "UID:1\nDTSTART:20200101T000000Z\nDTEND:20200101T000001Z\nRRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2\n",
        "UID:1\nDTSTART:20200102T000000Z\nDTEND:20200101T000001Z\n",
        "UID:1\nDTSTART:nonsense\n",
        "UID:1\n" * 2,
    ],
)
def test_what_recurs_endlessly_or_isnt_an_event_is_refused(event: str) -> None:
    with pytest.raises(CalendarUnreadable):
        read_calendar(write(event), at("2026-11-01"), at("2026-11-10"))


def test_more_events_than_anybody_has_are_refused() -> None:
    event = "UID:{}\nDTSTART:20261101T000000Z\nDTEND:20261102T000000Z\n"
    with pytest.raises(CalendarUnreadable, match="events"):
        read_calendar(write(*(event.format(n) for n in range(5_001))), at("2026-11-01"), at("2026-11-10"))


@given(st.binary(max_size=300) | st.text(max_size=100).map(write))
def test_whatever_is_read_is_entries_or_unreadable(data: bytes) -> None:
    try:
        entries = read_calendar(data, at("2026-11-01"), at("2026-11-10"))
    except CalendarUnreadable:
        return
    assert isinstance(entries, tuple)


def test_a_calendar_is_kept_for_a_control_that_cant_reach_it(tmp_path: Path) -> None:
    feed = CalendarFeed(url=SecretStr("https://calendar.example/secret.ics"))
    assert load_calendar(tmp_path, feed) is None
    keep_calendar(tmp_path / "c", feed, KeptCalendar(b"one", 1_000.0))
    assert load_calendar(tmp_path / "c", feed) == KeptCalendar(b"one", 1_000.0)
    (file,) = (tmp_path / "c").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret" not in file.name


class Calendar:
    """A server of one calendar; it answers 304 to whoever has it."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.asked: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head)
        if b'if-none-match: "1"' in head.lower():
            writer.write(b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n")
        else:
            writer.write(
                b'HTTP/1.1 200 OK\r\netag: "1"\r\ncontent-length: %d\r\nconnection: close\r\n\r\n' % len(self.body)
            )
            writer.write(self.body)
        writer.close()


async def fetch(body: bytes, times: int) -> list[bytes | None]:
    calendar = Calendar(body)
    async with listen(calendar.answer) as port, CalendarReader() as reader:
        feed = CalendarFeed(url=SecretStr(f"http://127.0.0.1:{port}/x.ics"))
        return [await reader.fetch(feed) for _ in range(times)]


def test_what_hasnt_changed_isnt_sent_again() -> None:
    assert asyncio.run(fetch(b"calendar", 2)) == [b"calendar", None]


def test_a_calendar_larger_than_any_is_refused() -> None:
    with pytest.raises(CalendarUnreadable, match="bytes"):
        asyncio.run(fetch(b"x" * (SIZE_MAX + 1), 1))


@pytest.mark.parametrize("name", ["missing.ics", "."])
def test_a_file_that_cant_be_read_is_said_to_be_so(tmp_path: Path, name: str) -> None:
    async def read() -> None:
        async with CalendarReader() as reader:
            await reader.fetch(CalendarFeed(file=str(tmp_path / name)))

    with pytest.raises(CalendarUnreadable):
        asyncio.run(read())


def test_an_unreachable_calendar_shows_no_secret() -> None:
    async def read() -> None:
        async with CalendarReader() as reader:
            await reader.fetch(CalendarFeed(url=SecretStr(f"http://127.0.0.1:{free_port()}/s3cret")))

    with pytest.raises(CalendarUnreadable) as failure:
        asyncio.run(read())
    assert "s3cret" not in str(failure.value)
