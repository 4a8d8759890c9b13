"""Journalled events as changes: what each touched, and whom it had reached when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from holdfast.model.event import (
    ChangeNoted,
    ComponentSwitched,
    Event,
    MitigationAdjusted,
    MitigationEnded,
    MitigationStarted,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RevisionRolledBack,
    RolloutBegan,
    WaveBegan,
)
from holdfast.model.ledger import LedgerKind
from holdfast.model.mitigation import Measure, MitigationId, Shed
from holdfast.model.ports import Recorded
from holdfast.model.revision import ContentHash, Revision, RevisionNumber
from holdfast.model.rollout import Wave
from holdfast.rollout.waves import Cohort

Cohorts = Mapping[ContentHash, tuple[Cohort, ...]]
Touched = Mapping[RevisionNumber, frozenset[str] | None]
"""The services that a revision changes itself; None, or missing: everybody, as far as is known."""


@dataclass(frozen=True, slots=True)
class Reach:
    """From a Unix time (in seconds) on, these have it; None: all of them."""

    at: float
    services: frozenset[str] | None = None
    locations: frozenset[str] | None = None
    edges: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was changed, by whom and why, and whom it reached when, oldest first."""

    sequence: int | None
    kind: LedgerKind
    subject: str
    title: str
    author: str
    why: str
    reaches: tuple[Reach, ...]


@dataclass
class _Rollout:
    began: RolloutBegan
    change: Change
    begun: int = 0
    """Waves that have."""


class ChangeReader:
    """Reads changes out of events, in the journal's order.

    `cohorts` are those that rollouts speak of, `touched` what revisions without waves change; both may grow meanwhile.
    """

    def __init__(self, cohorts: Cohorts, touched: Touched) -> None:
        self._cohorts = cohorts
        self._touched = touched
        self._revisions: dict[RevisionNumber, Revision] = {}
        self._rollouts: dict[RevisionNumber, _Rollout] = {}
        self._measures: dict[MitigationId, tuple[Measure, tuple[str, ...] | None]] = {}

    def read(self, events: Iterable[Recorded]) -> tuple[Change, ...]:
        """Every change, by the time of its first event."""
        changes: dict[tuple[LedgerKind, str, int], Change] = {}
        for recorded in events:
            change = self._read_one(recorded)
            if change is not None:
                sequence = change.sequence or recorded.sequence
                changes[change.kind, change.subject, sequence] = change
        return tuple(changes.values())

    def _read_one(self, recorded: Recorded) -> Change | None:
        event = recorded.event
        match event:
            case RevisionProposed(revision=revision):
                self._revisions[revision.number] = revision
            case RolloutBegan() | WaveBegan() | RevisionInForce() | RevisionRolledBack():
                return self._read_rollout(recorded.sequence, event)
            case MitigationStarted() | MitigationAdjusted() | MitigationEnded():
                return self._read_mitigation(recorded.sequence, event)
            case OwnerLimitsSet():
                reach = Reach(event.at, frozenset({event.service}))
                return _make(
                    recorded.sequence, LedgerKind.LIMITS, event.service, f"limits of {event.service}", event, reach
                )
            case ComponentSwitched():
                title = f"{event.component} switched {'on' if event.on else 'off'}"
                return _make(recorded.sequence, LedgerKind.COMPONENT, event.component, title, event, Reach(event.at))
            case ChangeNoted(ends=None):
                kind = LedgerKind(event.kind.value)
                reach = Reach(event.at, frozenset(event.services) or None)
                return _make(recorded.sequence, kind, event.kind.value, f"{event.kind} told", event, reach)
        return None

    def _read_rollout(
        self, sequence: int, event: RolloutBegan | WaveBegan | RevisionInForce | RevisionRolledBack
    ) -> Change | None:
        rollout = self._rollouts.get(event.number)
        match event:
            case RolloutBegan():
                rollout = self._rollouts[event.number] = _Rollout(event, self._begin(sequence, event))
                return self._extend(rollout, event.at, 1)
            case WaveBegan():
                return self._extend(rollout, event.at, event.wave + 1) if rollout else None
            case RevisionInForce():
                if rollout:
                    return self._extend(rollout, event.at, len(rollout.began.waves))
                reach = Reach(event.at, self._touched.get(event.number))
                return replace(self._begin(sequence, event), reaches=(reach,))
            case RevisionRolledBack():
                if rollout is None:
                    return None
                back = (replace(reach, at=event.at) for reach in rollout.change.reaches)
                title = f"rollback of revision {event.number}"
                return Change(
                    sequence, LedgerKind.REVISION, str(event.number), title, event.author, event.why, tuple(back)
                )

    def _begin(self, sequence: int, event: RolloutBegan | RevisionInForce) -> Change:
        revision = self._revisions.get(event.number)
        author, why = (revision.author, revision.reason) if revision else (event.author, "")
        number = str(event.number)
        return Change(sequence, LedgerKind.REVISION, number, f"revision {number}", author, why, ())

    def _extend(self, rollout: _Rollout, at: float, begun: int) -> Change:
        """So many waves have begun by then."""
        waves = rollout.began.waves[rollout.begun : begun]
        rollout.begun = max(rollout.begun, begun)
        reaches = (self._reach(rollout, at, wave) for wave in waves)
        rollout.change = replace(rollout.change, reaches=(*rollout.change.reaches, *reaches))
        return rollout.change

    def _reach(self, rollout: _Rollout, at: float, wave: Wave) -> Reach:
        locations = frozenset(wave.locations) if wave.locations else None
        cohorts = self._cohorts.get(rollout.began.cohorts)
        if wave.cohort is None or cohorts is None or wave.cohort >= len(cohorts):
            return Reach(at, None, locations)
        return Reach(at, frozenset(cohorts[wave.cohort]), locations)

    def _read_mitigation(
        self, sequence: int, event: MitigationStarted | MitigationAdjusted | MitigationEnded
    ) -> Change | None:
        match event:
            case MitigationStarted(mitigation=mitigation):
                self._measures[mitigation.id] = mitigation.measure, mitigation.edges
                id_, title, why = mitigation.id, f"mitigation {mitigation.id}", mitigation.reason
            case MitigationAdjusted():
                self._measures[event.id] = event.measure, event.edges
                id_, title, why = event.id, f"adjustment of {event.id}", event.why
            case MitigationEnded():
                id_, title, why = event.id, f"end of {event.id}", event.why
        if id_ not in self._measures:
            return None
        measure, edges = self._measures[id_]
        services = frozenset({measure.service}) if measure.service else None
        locations = frozenset({measure.location}) if isinstance(measure, Shed) else None
        reach = Reach(event.at, services, locations, frozenset(edges) if edges is not None else None)
        return Change(sequence, LedgerKind.MITIGATION, id_, title, event.author, why, (reach,))


def _make(sequence: int, kind: LedgerKind, subject: str, title: str, event: Event, reach: Reach) -> Change:
    why = getattr(event, "why", "")
    return Change(sequence, kind, subject, title, event.author, why, (reach,))
