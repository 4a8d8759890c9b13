"""When the next heartbeat is sent, what proves one, and who is told when none was proved for too long.

Beats have names by the time they are sent at, so that a control that starts again goes on with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.incidents.paging_words import find_channel
from holdfast.model.letter import ChannelKind, LetterState, LetterStatus
from holdfast.model.paging import Heartbeat, Paging

BEATS_FOLLOWED_MAX: Final = 50
"""So many of the latest beats may still be proved."""
ROUNDS_MAX: Final = 5
"""How often people are told of one break."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat: its name, and when it was due (Unix time, in seconds)."""

    key: str
    at: float


@dataclass(frozen=True, slots=True)
class Break:
    """No heartbeat was proved since a Unix time, in seconds; people are told in rounds, from 1 on."""

    since: float
    round: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody is told of a break by one channel."""

    key: str
    person: str
    channel: str


def find_beat(heartbeat: Heartbeat, now: float) -> Beat:
    """The latest beat that is due at a Unix time, in seconds."""
    slot = int(now // heartbeat.every)
    return _name_beat(heartbeat, slot)


def list_beats(heartbeat: Heartbeat, now: float) -> tuple[Beat, ...]:
    """The beats that would still prove something, newest first."""
    slot = int(now // heartbeat.every)
    count = min(BEATS_FOLLOWED_MAX, int(heartbeat.overdue_after // heartbeat.every) + 1)
    return tuple(_name_beat(heartbeat, each) for each in range(slot, max(-1, slot - count), -1))


def _name_beat(heartbeat: Heartbeat, slot: int) -> Beat:
    return Beat(f"beat/{round(heartbeat.every * 1000)}/{slot}", slot * heartbeat.every)


def find_proved(beats: Sequence[Beat], states: Sequence[LetterState], confirmed: str | None) -> float | None:
    """When the newest beat was taken that is proved; with `confirmed`, that text must name it."""
    taken = {state.key: state.changed_at for state in states if state.status is LetterStatus.SENT}
    for beat in beats:
        if beat.key in taken and (confirmed is None or _names(confirmed, beat.key)):
            return taken[beat.key]
    return None


def _names(text: str, key: str) -> bool:
    """Whether a text holds a key, and not only the beginning of a longer one."""
    place = text.find(key)
    while place >= 0:
        if not text[place + len(key) : place + len(key) + 1].isdigit():
            return True
        place = text.find(key, place + 1)
    return False


def find_break(heartbeat: Heartbeat, proved_at: float, now: float) -> Break | None:
    """Whether heartbeats are overdue, and in which round people are told of it: one more for each time so long."""
    rounds = int((now - proved_at) // heartbeat.overdue_after)
    return Break(proved_at, min(rounds, ROUNDS_MAX)) if rounds >= 1 else None


def list_alarms(paging: Paging, broken: Break, on_call: str | None, members: Sequence[str]) -> tuple[Alarm, ...]:
    """Who is told of a break in its present round: who is on call first, then the default team one after the other.

    By all their channels of another kind than the broken one; by all channels if there is no other.
    """
    people = list(dict.fromkeys(person for person in (on_call, *members) if person is not None))
    if not people:
        return ()
    person = people[(broken.round - 1) % len(people)]
    channels = paging.people[person].channels
    kind = _find_kind(paging)
    others = [name for name, channel in channels.items() if find_channel(channel).kind is not kind]
    stem = f"beat-broken/{round(broken.since)}/{broken.round}/{person}"
    return tuple(Alarm(f"{stem}/{name}", person, name) for name in others or channels)


def _find_kind(paging: Paging) -> ChannelKind | None:
    to = paging.heartbeat.to if paging.heartbeat else None
    return find_channel(to).kind if to else None
