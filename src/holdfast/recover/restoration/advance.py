"""Staged restoration: who is let in now, how much, and what everybody else waits for. Pure.

A service is let in when all that it depends on is back or takes as much as usual and is well, when its own probes are
answered, when nobody more critical is held who could be let in, and when not too much starts at the same time. What is
stuck (held by people, or by something that doesn't get well) holds up those that depend on it, and nobody else.

All that must outlast control is in the holds themselves, which are mitigations: the clocks alone start anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.mitigation import Hold, Mitigation
from holdfast.model.restoration import Health, Place, Returning, Sight, Stage, Standing
from holdfast.recover.restoration.health import assess
from holdfast.recover.restoration.order import find_ranks, list_in_order
from holdfast.recover.restoration.ramp import CALM_S, assess_ill, binds, is_usual, ramp, start_rate
from holdfast.recover.restoration.steps import LetIn, Prolong, Step

HOLD_S: Final = 3_600.0
"""How long a hold lasts unless it is prolonged: also if nobody is there to end it."""
PROLONG_LEFT_S: Final = 1_800.0
STARTING_MAX: Final = 10
"""Services that start at the same time."""
STARTING_SHARE: Final = 0.25
"""What starts at the same time is usually asked for this share, at most, of what a location or site carries."""
STUCK_S: Final = 60.0
"""How long something must keep a service from coming back before those less critical don't wait for it."""
REFUSED_MAX: Final = 0.1
"""Of a service that others depend on, no more than this share may be refused before they are let in."""
UNSEEN: Final = Sight()

Clocks = Mapping[tuple[str, str], float]
"""Since when (Unix time, in seconds) something has held without a break, by what it is and whom it is about."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is known at a moment (Unix time, in seconds).

    `returning` are those on their way back; `places` and `sights` are of those and of all that they depend on.
    `capacity` is what locations and sites carry, in requests per second, where that is declared.
    """

    now: float
    returning: Mapping[str, Returning]
    places: Mapping[str, Place]
    sights: Mapping[str, Sight]
    capacity: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advance:
    """What is to be done, how everybody stands, and the clocks for the next look."""

    steps: tuple[Step, ...]
    standings: tuple[Standing, ...]
    clocks: Clocks


def read_returning(mitigations: Iterable[Mitigation]) -> dict[str, Returning]:
    """Whoever is on the way back, by service: the latest hold of each."""
    found: dict[str, Returning] = {}
    for mitigation in sorted(mitigations, key=lambda m: m.started_at):
        measure = mitigation.measure
        if isinstance(measure, Hold):
            found[measure.service] = Returning(
                service=measure.service,
                hold=mitigation.id,
                began_at=mitigation.started_at,
                changed_at=max(mitigation.started_at, mitigation.expires_at - HOLD_S),
                expires_at=mitigation.expires_at,
                let_in_rps=measure.requests_per_s,
                pinned=measure.pinned,
                author=mitigation.author,
                reason=mitigation.reason,
                edges=mitigation.edges,
            )
    return found


def advance(situation: Situation, clocks: Clocks) -> Advance:
    """The next steps of a restoration."""
    look = _Look(situation, clocks)
    waiting = look.find_waiting()
    clocks = look.run_clocks(waiting)
    steps: list[Step] = []
    for name, returning in situation.returning.items():
        steps.extend(look.ramp(name, returning, clocks))
    released, reasons = look.release(waiting, clocks)
    steps.extend(released)
    steps.extend(_prolong(situation, steps))
    return Advance(tuple(steps), look.tell(waiting, reasons, clocks), clocks)


@dataclass(frozen=True, slots=True)
class _Wait:
    """What a held service waits for; `is_blocked` if that won't come by itself."""

    why: str
    is_blocked: bool


_IN_A_CIRCLE: Final = _Wait("itself", is_blocked=True)
"""What depends on itself can't come back by itself; files that say so are refused, but two revisions may together."""


class _Look:
    """One look at a situation."""

    def __init__(self, situation: Situation, clocks: Clocks) -> None:
        self._s = situation
        self._clocks = clocks
        members = {name: situation.places.get(name, Place(rank=0)) for name in situation.returning}
        self._places = {**situation.places, **members}
        self._order = [n for n in list_in_order(self._places) if n in situation.returning]
        self._ranks = find_ranks(self._places)
        names = {*self._places, *situation.sights}
        self._ill = {name: assess_ill(assess(situation.sights.get(name))) for name in names}

    def find_waiting(self) -> dict[str, _Wait | None]:
        """What each held service waits for by itself, in order; None if it could be let in."""
        waiting: dict[str, _Wait | None] = {}
        for name in self._order:
            returning = self._s.returning[name]
            if returning.stage is Stage.HELD:
                waiting[name] = self._find_wait(name, returning, waiting)
        return waiting

    def _find_wait(self, name: str, returning: Returning, before: Mapping[str, _Wait | None]) -> _Wait | None:
        if returning.pinned:
            return _Wait("people to release it", is_blocked=True)
        for needed in self._places[name].depends_on:
            wait = self._wait_for(needed, before)
            if wait is not None:
                return wait
        if self._s.sights.get(name, UNSEEN).is_pending:
            return _Wait("its probes to be asked", is_blocked=False)
        ill = self._ill.get(name)
        return None if ill is None else _Wait(f"its own health: {ill}", is_blocked=True)

    def _wait_for(self, needed: str, before: Mapping[str, _Wait | None]) -> _Wait | None:
        """What must come of a service before those that depend on it."""
        returning, ill = self._s.returning.get(needed), self._ill.get(needed)
        if returning is not None and returning.stage is Stage.HELD:
            wait = before.get(needed, _IN_A_CIRCLE)
            return _Wait(f"{needed}, which is held", is_blocked=wait is not None and wait.is_blocked)
        if ill is not None:
            return _Wait(f"{needed}: {ill}", is_blocked=True)
        if returning is None or self._is_up(returning, self._clocks):
            return None
        return _Wait(f"{needed}, which isn't let in for all that comes yet", is_blocked=returning.pinned)

    def _is_up(self, returning: Returning, clocks: Clocks) -> bool:
        """Whether those that depend on it would find it as it usually is."""
        sight = self._s.sights.get(returning.service, UNSEEN)
        if not is_usual(returning, self._places[returning.service]) or binds(sight, REFUSED_MAX):
            return False
        return self._held_for("well", returning.service, clocks) >= CALM_S

    def run_clocks(self, waiting: Mapping[str, _Wait | None]) -> Clocks:
        """The clocks after this look: what still holds keeps its time, what doesn't is forgotten."""
        holds = [("well", name) for name, r in self._s.returning.items() if r.stage is Stage.RAMPING]
        holds = [key for key in holds if self._ill.get(key[1]) is None]
        holds += [("stuck", name) for name, wait in waiting.items() if wait is not None and wait.is_blocked]
        return {key: self._clocks.get(key, self._s.now) for key in holds}

    def _held_for(self, what: str, about: str, clocks: Clocks) -> float:
        since = clocks.get((what, about))
        return -1.0 if since is None else self._s.now - since

    def _is_stuck(self, name: str, clocks: Clocks) -> bool:
        return self._s.returning[name].pinned or self._held_for("stuck", name, clocks) >= STUCK_S

    def ramp(self, name: str, returning: Returning, clocks: Clocks) -> tuple[Step, ...]:
        """The next step of a service that is let in."""
        well_s = self._held_for("well", name, clocks)
        sight = self._s.sights.get(name, UNSEEN)
        return ramp(returning, self._places[name], sight, self._ill.get(name), well_s, self._s.now)

    def release(self, waiting: Mapping[str, _Wait | None], clocks: Clocks) -> tuple[Sequence[Step], Mapping[str, str]]:
        """Whoever is let in now; and what those wait for that could be, by their own."""
        starting = [
            name
            for name, returning in self._s.returning.items()
            if returning.stage is Stage.RAMPING and not self._is_up(returning, clocks)
        ]
        released: list[Step] = []
        reasons: dict[str, str] = {}
        first: str | None = None
        for name in waiting:
            if waiting[name] is None:
                why = self._find_hindrance(name, first, starting)
                if why is None:
                    starting.append(name)
                    released.append(self._let_in(name))
                    continue
                reasons[name] = why
            if first is None and not self._is_stuck(name, clocks):
                first = name
        return released, reasons

    def _find_hindrance(self, name: str, first: str | None, starting: Sequence[str]) -> str | None:
        """`first` is the most critical service that is held and not stuck: nobody less critical goes before it."""
        if first is not None and self._ranks[first] < self._ranks[name]:
            return f"{first}, which is more critical"
        return self._find_full(name, starting)

    def _find_full(self, name: str, starting: Sequence[str]) -> str | None:
        """What has no room for one more to start beside those that do."""
        if len(starting) >= STARTING_MAX:
            return f"room: {len(starting)} services start at the moment"
        place = self._places[name]
        for share in place.shares:
            taken = [self._places[each].usual_rps for each in starting if share in self._places[each].shares]
            room = self._s.capacity.get(share, float("inf")) * STARTING_SHARE
            if taken and sum(taken) + place.usual_rps > room:
                return f"room at {share}: {len(taken)} services start there at the moment"
        return None

    def _let_in(self, name: str) -> Step:
        needed = [each for each in self._places[name].depends_on if each in self._places]
        why = f"all that it depends on is well: {', '.join(needed)}" if needed else "its turn has come"
        return LetIn(self._s.returning[name], start_rate(self._places[name]), why)

    def tell(
        self, waiting: Mapping[str, _Wait | None], reasons: Mapping[str, str], clocks: Clocks
    ) -> tuple[Standing, ...]:
        """How everybody stands, in the order in which they come back."""
        standings = []
        for name in self._order:
            wait = waiting.get(name)
            why = wait.why if wait is not None else reasons.get(name, "")
            health, _ = assess(self._s.sights.get(name))
            stuck = name in waiting and self._is_stuck(name, clocks)
            standings.append(Standing(name, why, Health.UNKNOWN if name not in self._s.sights else health, stuck))
        return tuple(standings)


def _prolong(situation: Situation, steps: Sequence[Step]) -> tuple[Step, ...]:
    """While somebody looks after them, holds don't run out."""
    changed = {step.returning.service for step in steps}
    return tuple(
        Prolong(returning, "prolonged: it isn't back yet")
        for name, returning in situation.returning.items()
        if name not in changed and returning.expires_at - situation.now < PROLONG_LEFT_S
    )
