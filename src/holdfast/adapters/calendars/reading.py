"""The text of an iCal calendar (RFC 5545) -> its events in a stretch of time, those that recur included.

Calendars come from strangers: what could make one small text into endless events is refused.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar

from holdfast.model.on_call import CalendarEntry

EVENTS_MAX: Final = 5_000
"""Events in a calendar, and events that they recur as in the time that is asked for."""
SUMMARY_CHARACTERS_MAX: Final = 200
ATTENDEES_MAX: Final = 20
LEAP_S: Final = 7 * 86_400.0
"""So much is expanded at a time."""
_TOO_OFTEN: Final = {"SECONDLY", "MINUTELY", "HOURLY"}
_WITHIN_A_DAY: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")


class CalendarUnreadable(Exception):
    """A calendar can't be had or read. The message holds no secrets."""


def read_calendar(data: bytes, begins_at: float, ends_at: float) -> tuple[CalendarEntry, ...]:
    """The events that aren't over at one Unix time (in seconds) and begin before another, in order.

    CalendarUnreadable if it isn't a calendar, or has too much in it. Blocks: not for the event loop.
    """
    try:
        calendar = Calendar.from_ical(data)
        _check_events(calendar)
        found = dict.fromkeys(_list_entries(calendar, begins_at, ends_at))
    except CalendarUnreadable:
        raise
    except Exception as error:  # noqa: BLE001 - what the library makes of a broken calendar is anything
        raise CalendarUnreadable(f"it isn't a calendar that can be read: {type(error).__name__}") from None
    return tuple(sorted(found, key=lambda entry: (entry.begins_at, entry.ends_at, entry.summary)))


def _list_entries(calendar: Calendar, begins_at: float, ends_at: float) -> Iterator[CalendarEntry]:
    query, count, since = recurring_ical_events.of(calendar), 0, begins_at
    while since < ends_at:
        until = min(since + LEAP_S, ends_at)
        for event in query.between(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)):
            count += 1
            if count > EVENTS_MAX:
                raise CalendarUnreadable(f"its events recur more than {EVENTS_MAX:,} times")
            if entry := _read_event(event):
                yield entry
        since = until


def _read_event(event: Any) -> CalendarEntry | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begins_at, ends_at = _find_time(event.start), _find_time(event.end)
    return CalendarEntry(
        summary=" ".join(str(event.get("SUMMARY", "")).split())[:SUMMARY_CHARACTERS_MAX],
        attendees=tuple(_list_attendees(event.get("ATTENDEE"))),
        begins_at=begins_at,
        ends_at=ends_at,
    )


def _list_attendees(attendees: Any) -> Iterator[str]:
    listed = attendees if isinstance(attendees, list) else [] if attendees is None else [attendees]
    for attendee in listed[:ATTENDEES_MAX]:
        scheme, _, address = str(attendee).partition(":")
        if scheme.lower() == "mailto":
            yield address.strip()[:254]


def _find_time(moment: date) -> float:
    """Unix time, in seconds; what has no time zone is UTC, and what has no time of day begins with the day."""
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def _check_events(calendar: Calendar) -> None:
    events = list(calendar.walk("VEVENT"))
    if len(events) > EVENTS_MAX:
        raise CalendarUnreadable(f"it has more than {EVENTS_MAX:,} events")
    for event in events:
        _check_recurrence(event)


def _check_recurrence(event: Any) -> None:
    rules = event.get("RRULE")
    for rule in rules if isinstance(rules, list) else [] if rules is None else [rules]:
        often = {str(each).upper() for each in rule.get("FREQ", [])} & _TOO_OFTEN
        if often or any(len(rule.get(key, [])) > 1 for key in _WITHIN_A_DAY):
            raise CalendarUnreadable("an event recurs more often than daily")
    if event.start is not None and event.end is not None and event.end - event.start < timedelta():
        raise CalendarUnreadable("an event ends before it begins")
