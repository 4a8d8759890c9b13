"""Standbys and services on their way back, to look at in the console."""

from collections.abc import Callable

from fakes.incident_pages import FakeIncidents
from fakes.kept_messages import FakeMessages
from fakes.moves import FakeMoves
from holdfast.model.platform import Criticality
from holdfast.model.readiness import Outcome, Proof, ProofKind, StandbyName, Verdict
from holdfast.model.restoration import Health, Stage
from holdfast.recover.readiness import judge_standby
from holdfast.recover.readiness.judging import GOOD_FOR_S
from holdfast.views.live_spool import LiveSpoolDocument
from holdfast.views.readiness import CopiesDocument, ReadinessDocument, show_readiness
from holdfast.views.restoration import RestorationDocument, ReturningDocument

DAY_S = 86_400.0
HOSTILE = "<script>alert('seen')</script>"
"""What an outsider may send, in what a standby answers and a person writes."""


class FakeRecovery(FakeMoves, FakeIncidents):
    """The part of `adapters.console.port.LiveSource` about incidents, standbys, messages, and whoever comes back."""

    clock: Callable[[], float]
    messages: FakeMessages

    def readiness(self, tenant: str | None) -> ReadinessDocument:
        return show_standbys(self.clock(), tenant)

    def restoration(self, tenant: str | None) -> RestorationDocument:
        return show_coming_back(self.clock(), tenant)

    def spool(self, tenant: str | None) -> LiveSpoolDocument:
        return self.messages.show(tenant)


def prove(kind: ProofKind, at: float, told: str, outcome: Outcome = Outcome.PASSED, author: str = "holdfast") -> Proof:
    return Proof(kind=kind, outcome=outcome, at=at, told=told, good_for_s=GOOD_FOR_S[kind], author=author)


def list_proofs(now: float, drill_age_s: float = 12 * DAY_S) -> list[Proof]:
    """All that there is to prove, passed."""
    return [
        prove(ProofKind.DRILL, now - drill_age_s, "moved to west for ten minutes, all well", author="ann"),
        prove(ProofKind.PROBES, now - 21, "2 probes answered as expected"),
        prove(ProofKind.PARITY, now - 21, "declared alike, and alike in 2 answers"),
        prove(ProofKind.CERTIFICATES, now - 21, "edges speak to upstreams without TLS", Outcome.UNUSED),
        prove(ProofKind.HEADROOM, now - 21, "1,320 requests/s at peaks, of 2,000 that site west carries"),
        prove(ProofKind.LAG, now - 21, "0.8 s behind, 30s is the most"),
    ]


def show_standbys(now: float, tenant: str | None) -> ReadinessDocument:
    """One that is ready, one that was never drilled, one whose answers are wrong and not even text."""
    failed = prove(ProofKind.PROBES, now - 10, f"GET /login: 500, expected 200 {HOSTILE}", Outcome.FAILED)
    of_all = {
        "acme-shop": list_proofs(now),
        "globex-api": [p for p in list_proofs(now) if p.kind is not ProofKind.DRILL],
        "acme-login": [*list_proofs(now, 200 * DAY_S), failed],
    }
    verdicts: list[Verdict] = [
        judge_standby(StandbyName(service, None, "west"), proofs, now - 300 * DAY_S, now)
        for service, proofs in of_all.items()
        if tenant is None or service.startswith(tenant)
    ]
    problem = f"no last good copies are kept, nginx has no Lua module {HOSTILE}"
    copies = CopiesDocument(services=("acme-shop",), problem=problem) if tenant in {None, "acme"} else None
    return show_readiness(verdicts, (), now, copies)


def show_coming_back(now: float, tenant: str | None) -> RestorationDocument:
    """One that is let in for a part, one that waits for it, and one that people hold."""

    def describe(service: str, stage: Stage, **more: object) -> ReturningDocument:
        said: dict[str, object] = {
            "service": service,
            "tenant": service.partition("-")[0],
            "criticality": Criticality.CRITICAL,
            "stage": stage,
            "health": Health.GOOD,
            "waits_for": "",
            "stuck": False,
            "pinned": False,
            "depends_on": (),
            "let_in_per_s": None,
            "usual_per_s": 420.0,
            "offered_per_s": 900.0,
            "admitted_per_s": 0.0,
            "failing": 0.0,
            "hold": "m-41",
            "since": now - 94,
            "changed_at": now - 2,
            "author": "ann",
            "reason": f"power is back at east {HOSTILE}",
        }
        return ReturningDocument.model_validate(said | more)

    services = (
        describe("acme-login", Stage.RAMPING, let_in_per_s=142.0),
        describe("acme-shop", Stage.HELD, waits_for="acme-login, which isn't let in for all that comes yet"),
        describe(
            "globex-search", Stage.HELD, waits_for="people to release it", pinned=True, stuck=True,
            health=Health.UNKNOWN, criticality=Criticality.SHEDDABLE_PLUS,
        ),
    )  # fmt: skip
    mine = tuple(each for each in services if tenant in {None, each.tenant})
    held = sum(each.stage is Stage.HELD for each in mine)
    return RestorationDocument(now=now, services=mine, held=held, ramping=len(mine) - held)
