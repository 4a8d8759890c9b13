"""Failovers in the journal: those that people say they exercised, and those that happened."""

from collections.abc import Iterable, Iterator

from holdfast.model.event import ChangeNoted, Event, MitigationEnded, MitigationStarted
from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver, Mitigation, MitigationId
from holdfast.model.note import NoteKind
from holdfast.model.ports import Recorded
from holdfast.model.readiness import Outcome, Proof, ProofKind, StandbyName
from holdfast.recover.readiness.judging import GOOD_FOR_S, format_age

EXERCISED_S = 30.0
"""A failover that lasted so long proves that the standby can carry the service."""
REVERTED = "reverted"
"""How the reason begins of what was taken back since it did harm."""


class DrillsSeen:
    """Reads the journal for what proves that a standby can take over."""

    def __init__(self) -> None:
        self._under_way: dict[MitigationId, Mitigation] = {}

    def read(self, recorded: Iterable[Recorded], intent: Intent) -> Iterator[tuple[StandbyName, Proof]]:
        """The proofs in what comes next in the journal."""
        for each in recorded:
            yield from self._read(each.event, intent)

    def _read(self, event: Event, intent: Intent) -> Iterator[tuple[StandbyName, Proof]]:
        match event:
            case ChangeNoted(kind=NoteKind.DRILL, ends=None):
                for service in event.services:
                    for name in find_standbys(intent, service, None):
                        yield name, _prove(event.at, event.author, event.why)
            case MitigationStarted(mitigation=mitigation) if isinstance(mitigation.measure, FailOver):
                self._under_way[mitigation.id] = mitigation
            case MitigationEnded():
                begun = self._under_way.pop(event.id, None)
                if begun is not None:
                    yield from _read_failover(begun, event, intent)


def _read_failover(begun: Mitigation, end: MitigationEnded, intent: Intent) -> Iterator[tuple[StandbyName, Proof]]:
    measure, lasted_s = begun.measure, end.at - begun.started_at
    if not isinstance(measure, FailOver) or lasted_s < EXERCISED_S or end.why.startswith(REVERTED):
        return
    told = f"{begun.id}: it took over for {format_age(lasted_s)} ({begun.reason})"
    for service in sorted(intent.find_services(measure)):
        for name in find_standbys(intent, service, measure):
            yield name, _prove(end.at, begun.author, told)


def find_standbys(intent: Intent, service: str, measure: FailOver | None) -> Iterator[StandbyName]:
    """The standbys of a service that a failover leads to; without one, all of them."""
    owned = intent.services.get(service)
    if owned is None:
        return
    for upstream_name, upstream in owned.service.each_upstream():
        names = list(upstream.standbys)
        chosen = names if measure is None else [measure.to] if measure.to else names[:1]
        for name in names:
            if name in chosen:
                yield StandbyName(service, upstream_name, name)


def _prove(at: float, author: str, told: str) -> Proof:
    kind = ProofKind.DRILL
    return Proof(kind=kind, outcome=Outcome.PASSED, at=at, told=told, good_for_s=GOOD_FOR_S[kind], author=author)
