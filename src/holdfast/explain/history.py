"""What a journal says, kept by what is asked of it: what held at a time, and what became of it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from holdfast.model.event import (
    Event,
    FindingClosed,
    FindingOpened,
    FindingUpdated,
    MitigationAdjusted,
    MitigationEnded,
    MitigationStarted,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    TenantTold,
)
from holdfast.model.finding import Finding, FindingId
from holdfast.model.mitigation import Mitigation, MitigationId
from holdfast.model.platform import Limits
from holdfast.model.revision import Revision, RevisionNumber

MITIGATIONS_MAX: Final = 20_000
FINDINGS_MAX: Final = 20_000
CHOICES_MAX: Final = 1_000
"""Of one service's owner. Of everything the newest are kept."""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class PastMitigation:
    """A mitigation in each of its forms, with the Unix times (in seconds) from when they held, and its end."""

    forms: tuple[tuple[float, Mitigation], ...]
    ended: MitigationEnded | None = None
    told: tuple[TenantTold, ...] = ()

    def at(self, at: float) -> Mitigation:
        """Its form at a time; its first before that."""
        index = bisect_right([since for since, _ in self.forms], at)
        return self.forms[max(0, index - 1)][1]

    def held(self, at: float) -> bool:
        """Whether it was in force at a time."""
        return self.forms[0][0] <= at and (self.ended is None or at < self.ended.at)


@dataclass(frozen=True, slots=True)
class PastFinding:
    """A finding as it was known last, and when it was closed (Unix time, in seconds)."""

    finding: Finding
    closed_at: float | None = None


@dataclass
class History:
    """Events by what is asked of them. Taking an event a second time changes nothing that is told."""

    revisions: dict[RevisionNumber, Revision] = field(default_factory=dict)
    _in_force: list[tuple[float, RevisionNumber]] = field(default_factory=list)
    _mitigations: dict[MitigationId, PastMitigation] = field(default_factory=dict)
    _findings: dict[FindingId, PastFinding] = field(default_factory=dict)
    _choices: dict[str, tuple[OwnerLimitsSet, ...]] = field(default_factory=dict)

    def take(self, events: Iterable[Event]) -> None:
        """Take in events, in the journal's order."""
        for event in events:
            self._take_one(event)

    def revision_at(self, at: float) -> tuple[Revision, float] | None:
        """The revision in force at a time, and since when; None if there was none."""
        index = bisect_right([since for since, _ in self._in_force], at)
        if not index:
            return None
        since, number = self._in_force[index - 1]
        revision = self.revisions.get(number)
        return (revision, since) if revision else None

    @property
    def in_force(self) -> RevisionNumber | None:
        """The revision in force now."""
        return self._in_force[-1][1] if self._in_force else None

    def owner_limits_at(self, at: float) -> Mapping[str, Limits]:
        """What owners had chosen at a time, by service."""
        chosen = {service: self.choice_at(service, at) for service in self._choices}
        return {service: each.limits for service, each in chosen.items() if each and each.limits}

    def choice_at(self, service: str, at: float) -> OwnerLimitsSet | None:
        """The choice of a service's owner that held at a time."""
        return next((each for each in reversed(self._choices.get(service, ())) if each.at <= at), None)

    def mitigation(self, mitigation: MitigationId) -> PastMitigation | None:
        """A mitigation, whether it is over or not."""
        return self._mitigations.get(mitigation)

    def mitigations_at(self, at: float) -> tuple[Mitigation, ...]:
        """What was mitigated at a time, oldest first."""
        return tuple(past.at(at) for past in self._mitigations.values() if past.held(at))

    def finding(self, finding: FindingId) -> PastFinding | None:
        """A finding, whether it is over or not."""
        return self._findings.get(finding)

    def _take_one(self, event: Event) -> None:
        match event:
            case RevisionProposed():
                self.revisions[event.revision.number] = event.revision
            case RevisionInForce():
                if event.number != self.in_force:
                    self._in_force.append((event.at, event.number))
            case OwnerLimitsSet():
                if event not in self._choices.get(event.service, ()):
                    kept = self._choices.get(event.service, ())
                    self._choices[event.service] = (*kept, event)[-CHOICES_MAX:]
            case MitigationStarted() | MitigationAdjusted() | MitigationEnded() | TenantTold():
                self._take_mitigation(event)
            case FindingOpened() | FindingUpdated() | FindingClosed():
                self._take_finding(event)

    def _take_mitigation(self, event: MitigationStarted | MitigationAdjusted | MitigationEnded | TenantTold) -> None:
        if isinstance(event, MitigationStarted):
            first = ((event.mitigation.started_at, event.mitigation),)
            self._mitigations.setdefault(event.mitigation.id, PastMitigation(first))
            _forget_oldest(self._mitigations, MITIGATIONS_MAX)
            return
        key = event.mitigation if isinstance(event, TenantTold) else event.id
        past = self._mitigations.get(key)
        if past is None:
            return
        match event:
            case MitigationAdjusted():
                adjusted = _adjust(past.forms[-1][1], event)
                if (event.at, adjusted) not in past.forms:
                    past = replace(past, forms=(*past.forms, (event.at, adjusted)))
            case MitigationEnded():
                past = replace(past, ended=event)
            case TenantTold():
                past = replace(past, told=tuple(dict.fromkeys((*past.told, event))))
        self._mitigations[key] = past

    def _take_finding(self, event: FindingOpened | FindingUpdated | FindingClosed) -> None:
        past = self._findings.get(event.id)
        if not isinstance(event, FindingClosed):
            closed_at = past.closed_at if past else None
            self._findings[event.id] = PastFinding(event.finding, closed_at)
        elif past is not None:
            self._findings[event.id] = replace(past, closed_at=event.at)
        _forget_oldest(self._findings, FINDINGS_MAX)


def _adjust(mitigation: Mitigation, event: MitigationAdjusted) -> Mitigation:
    return mitigation.model_copy(
        update={"measure": event.measure, "edges": event.edges, "expires_at": event.expires_at}
    )


def _forget_oldest(kept: dict[K, V], count_max: int) -> None:
    if len(kept) > count_max:
        del kept[next(iter(kept))]
