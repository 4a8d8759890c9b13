"""A revision on its way, the one that went back last, and a freeze, as documents."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Protocol

from holdfast.model.event import Event, RevisionRolledBack
from holdfast.model.noun import Noun
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.model.rollout import Freeze, Rollout, Wave
from holdfast.model.scalars import Name
from holdfast.model.state import RevisionEntry, State

FREEZE_S_MAX: Final = 366 * 86_400.0
"""The longest that changes may be frozen for; one that isn't for a time lasts until it is ended."""


class WaveState(StrEnum):
    """How far a wave is."""

    DONE = "done"
    NOW = "now"
    TO_COME = "to come"


class WaveDocument(Noun):
    """A step of a rollout: how many services go over in it, and at which locations (None: all).

    `number` counts from 1. `shared` is true of what all services share, such as listeners; `services` is 0 then.
    """

    number: int
    services: int
    shared: bool
    locations: tuple[Name, ...] | None
    state: WaveState


class RolloutDocument(Noun):
    """A revision on its way: all waves up to `wave` (counted from 1) have it, everybody else has `base`.

    `reached` of the `services` that go over have it somewhere. `since` is when the latest wave began. `paused` says why
    no further wave begins, `waits_for` what has to be before one may; both are empty if there is nothing to say.
    `bakes_s` is how long that takes if all is well, None where it isn't known. `evidence` is what speaks against it so
    far. Times are Unix times, in seconds.
    """

    number: RevisionNumber
    base: RevisionNumber
    author: str
    reason: str
    began_at: float
    since: float
    wave: int
    waves: tuple[WaveDocument, ...]
    reached: int
    services: int
    paused: str = ""
    waits_for: str = ""
    bakes_s: float | None = None
    evidence: tuple[str, ...] = ()


class RolledBackDocument(Noun):
    """A revision that went back: when (Unix time, in seconds), by whom, why, and what spoke for it.

    `wave` (counted from 1) is the last that had it. It, `author` and `evidence` are missing where that was too long
    ago.
    """

    number: RevisionNumber
    at: float
    why: str
    author: str | None = None
    wave: int | None = None
    evidence: tuple[str, ...] = ()


class FreezeDocument(Noun):
    """Nothing new goes out: since when, until when (Unix times, in seconds; None: until it is ended), and why."""

    since: float
    author: str
    why: str
    until: float | None
    remaining_s: float | None


class RolloutsDocument(Noun):
    """What is on its way, what went back since the revision in force came in force, and whether anything may go out."""

    now: float
    in_force: RevisionNumber | None
    proving: RevisionNumber | None
    rollout: RolloutDocument | None
    rolled_back: RolledBackDocument | None
    freeze: FreezeDocument | None


class Standing(Protocol):
    """How a rollout is, as whoever watches it knows."""

    @property
    def waits_for(self) -> str:
        """What has to be before the next wave may begin; empty if nothing."""

    @property
    def bakes_s(self) -> float | None:
        """How long the wave is still looked at, in seconds, if all is well; None if that can't be told."""

    @property
    def evidence(self) -> tuple[str, ...]:
        """What speaks against the revision so far."""


def show_rollouts(state: State, standing: Standing | None, recent: Iterable[Event], now: float) -> RolloutsDocument:
    """Everything about rollouts. `recent` are the latest events, newest first."""
    return RolloutsDocument(
        now=now,
        in_force=state.in_force,
        proving=state.proving,
        rollout=show_rollout(state, standing),
        rolled_back=show_rolled_back(state, recent),
        freeze=show_freeze(state.freeze, now),
    )


def show_rollout(state: State, standing: Standing | None) -> RolloutDocument | None:
    """The revision on its way, if there is one."""
    rollout = state.rollout
    if rollout is None:
        return None
    entry = state.revisions.get(rollout.number)
    return RolloutDocument(
        number=rollout.number,
        base=rollout.base,
        author=entry.revision.author if entry else "",
        reason=entry.revision.reason if entry else "",
        began_at=rollout.began_at,
        since=rollout.since,
        wave=rollout.wave + 1,
        waves=tuple(_show_wave(rollout, number, wave) for number, wave in enumerate(rollout.waves)),
        reached=_count_services(rollout.waves[: rollout.wave + 1]),
        services=_count_services(rollout.waves),
        paused=rollout.paused,
        waits_for=standing.waits_for if standing else "",
        bakes_s=standing.bakes_s if standing else None,
        evidence=standing.evidence if standing else (),
    )


def show_rolled_back(state: State, recent: Iterable[Event]) -> RolledBackDocument | None:
    """The revision that went back last; None if another came in force since, or none ever went back."""
    entry = _find_rolled_back(state)
    if entry is None:
        return None
    number = entry.revision.number
    event = next((e for e in recent if isinstance(e, RevisionRolledBack) and e.number == number), None)
    return RolledBackDocument(
        number=number,
        at=entry.since,
        why=entry.why,
        author=event.author if event else None,
        wave=event.wave + 1 if event else None,
        evidence=event.evidence if event else (),
    )


def show_freeze(freeze: Freeze | None, now: float) -> FreezeDocument | None:
    """The freeze, if it isn't over."""
    if freeze is None or (freeze.until is not None and freeze.until <= now):
        return None
    remaining_s = None if freeze.until is None else freeze.until - now
    return FreezeDocument(
        since=freeze.since, author=freeze.author, why=freeze.why, until=freeze.until, remaining_s=remaining_s
    )


def _find_rolled_back(state: State) -> RevisionEntry | None:
    rolled_back = [entry for entry in state.revisions.values() if entry.status is RevisionStatus.ROLLED_BACK]
    last = max(rolled_back, key=lambda entry: entry.since, default=None)
    in_force = state.revisions.get(state.in_force) if state.in_force is not None else None
    if last is None or (in_force is not None and in_force.since > last.since):
        return None
    return last


def _count_services(waves: Iterable[Wave]) -> int:
    """A cohort that goes over at one location first, and then everywhere, counts once."""
    return sum({wave.cohort: wave.services for wave in waves}.values())


def _show_wave(rollout: Rollout, number: int, wave: Wave) -> WaveDocument:
    return WaveDocument(
        number=number + 1,
        services=wave.services,
        shared=wave.cohort is None,
        locations=wave.locations,
        state=_state_of(number, rollout.wave),
    )


def _state_of(number: int, now: int) -> WaveState:
    if number == now:
        return WaveState.NOW
    return WaveState.DONE if number < now else WaveState.TO_COME
