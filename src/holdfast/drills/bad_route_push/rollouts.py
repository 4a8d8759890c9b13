"""What became of rollouts, as control's journal has it: read when control has ended, by the scorer alone."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.model.event import RevisionInForce, RevisionRolledBack, RolloutBegan, WaveBegan
from holdfast.model.rollout import Cohorts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.bad_route_push.timing import DrillClock
    from holdfast.model.event import Event
    from holdfast.model.revision import RevisionNumber
    from holdfast.runtime.state_dir import StateDir


@dataclass(frozen=True, slots=True)
class PastRollout:
    """A revision that went out, in seconds on the drill's clock; infinite for what never came.

    `first` are the services of its first wave; `wave` is the last that was given it, counted from 0, of `waves`.
    """

    began_s: float
    first: frozenset[str]
    waves: int
    wave: int = 0
    in_force_s: float = math.inf
    rolled_back_s: float = math.inf
    why: str = ""


def read_rollouts(places: StateDir, clock: DrillClock) -> dict[RevisionNumber, PastRollout]:
    """Every rollout that ever began, by its revision's number."""
    found: dict[RevisionNumber, PastRollout] = {}
    with closing(SqlJournal(places.journal)) as journal:
        for recorded in journal.read():
            event = recorded.event
            if isinstance(event, RolloutBegan):
                cohorts = Cohorts.model_validate_json(journal.load_text(event.cohorts)).cohorts
                first = event.waves[0].cohort
                services = frozenset(cohorts[first]) if first is not None else frozenset[str]()
                found[event.number] = PastRollout(clock.to_s(event.at), services, len(event.waves))
            else:
                found |= _follow(found, event, clock)
    return found


def _follow(
    known: Mapping[RevisionNumber, PastRollout], event: Event, clock: DrillClock
) -> dict[RevisionNumber, PastRollout]:
    match event:
        case WaveBegan(number=number, wave=wave) if number in known:
            return {number: replace(known[number], wave=wave)}
        case RevisionInForce(number=number, at=at) if number in known:
            return {number: replace(known[number], in_force_s=clock.to_s(at))}
        case RevisionRolledBack(number=number, at=at, why=why) if number in known:
            return {number: replace(known[number], rolled_back_s=clock.to_s(at), why=why)}
    return {}
