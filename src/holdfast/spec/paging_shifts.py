"""Rotations and overrides, written in people's own time -> shifts in Unix time.

Handovers are by the clock on the wall: a shift in which clocks are put forward is an hour shorter.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import inf
from typing import Final
from zoneinfo import ZoneInfo

from holdfast.model.on_call import Schedule, Shift
from holdfast.model.paging import Hours, OnCall, Override, Rotation

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY: Final = timedelta(days=1)


def knows_zone(name: str) -> bool:
    """Whether a time zone is known here."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def read_moment(text: str, zone: str) -> float:
    """The Unix time, in seconds, of a day and a time of day in a zone; ValueError if no calendar has that day."""
    return datetime.fromisoformat(text.replace("T", " ")).replace(tzinfo=ZoneInfo(zone)).timestamp()


def list_schedule(on_call: OnCall, fed: Sequence[Shift], begins_at: float, ends_at: float) -> Schedule:
    """Who is on call between two moments (Unix times, in seconds); `fed` are the shifts that its feed says."""
    overrides = tuple(_read_override(each) for each in on_call.overrides)
    rotations = (tuple(_list_shifts(each, begins_at, ends_at)) for each in on_call.rotations)
    return Schedule((overrides[::-1], tuple(fed), *rotations), begins_at, ends_at)


def _read_override(override: Override) -> Shift:
    zone = override.time_zone
    return Shift(override.who, read_moment(override.begin, zone), read_moment(override.until, zone))


def _list_shifts(rotation: Rotation, begins_at: float, ends_at: float) -> Iterator[Shift]:
    zone = ZoneInfo(rotation.time_zone)
    handover = time.fromisoformat(rotation.handover)
    first = _first_handover(rotation)
    turn_days = 7 if rotation.every == "week" else 1
    starts = _at(rotation.begins, handover, zone)
    over = _at(rotation.ends, handover, zone) if rotation.ends is not None else inf
    day = datetime.fromtimestamp(begins_at, UTC).date() - 2 * _DAY
    turn = max(0, (day - first).days // turn_days)
    while True:
        since = first + turn * turn_days * _DAY
        begun, ended = _at(since, handover, zone), _at(since + turn_days * _DAY, handover, zone)
        if begun >= min(ends_at, over):
            return
        shift = Shift(rotation.people[turn % len(rotation.people)], max(begun, starts), min(ended, over))
        if shift.ends_at > max(begins_at, shift.begins_at):
            yield from _confine(shift, rotation.hours, since, turn_days, zone)
        turn += 1


def _first_handover(rotation: Rotation) -> date:
    """The day of the handover that the first turn begins with, or would."""
    if rotation.every == "day":
        return rotation.begins
    return rotation.begins - (rotation.begins.weekday() - WEEKDAYS.index(rotation.handover_day)) % 7 * _DAY


def _confine(shift: Shift, hours: Hours | None, since: date, days: int, zone: ZoneInfo) -> Iterator[Shift]:
    """The parts of a turn that fall into the hours of a rotation."""
    if hours is None:
        yield shift
        return
    begin, until = time.fromisoformat(hours.begin), time.fromisoformat(hours.until)
    wanted = {WEEKDAYS.index(day) for day in hours.days}
    for number in range(-1, days + 1):
        day = since + number * _DAY
        if day.weekday() in wanted:
            begun = max(_at(day, begin, zone), shift.begins_at)
            ended = min(_at(day if until > begin else day + _DAY, until, zone), shift.ends_at)
            if begun < ended:
                yield Shift(shift.person, begun, ended)


def _at(day: date, clock: time, zone: ZoneInfo) -> float:
    return datetime.combine(day, clock, zone).timestamp()
