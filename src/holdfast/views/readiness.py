"""Whether standbys, and the store of last good copies, could take over, as people are shown it."""

from collections.abc import Sequence

from holdfast.model.noun import Noun
from holdfast.model.readiness import Outcome, Proof, ProofKind, Readiness, Verdict


class ProofDocument(Noun):
    """What was proved, when (Unix time, in seconds), by whom, and for how many seconds more that is good."""

    kind: ProofKind
    outcome: Outcome
    told: str
    at: float
    author: str
    good_for_s: float
    remaining_s: float


class StandbyDocument(Noun):
    """One standby: whether it could take over, why not, and what was proved of it."""

    service: str
    upstream: str | None
    standby: str
    readiness: Readiness
    alarm: bool
    reasons: tuple[str, ...]
    proofs: tuple[ProofDocument, ...]


class CopiesDocument(Noun):
    """The store of last good copies: for which services it is, and what is wrong with it (nothing, if it is empty)."""

    services: tuple[str, ...]
    problem: str = ""


class ReadinessDocument(Noun):
    """The standbys, those first that can't take over. `without` are services that were asked for and have none.

    `copies` is None where nothing that is shown has static routes.
    """

    now: float
    standbys: tuple[StandbyDocument, ...]
    without: tuple[str, ...] = ()
    ready: int = 0
    stale: int = 0
    not_ready: int = 0
    copies: CopiesDocument | None = None


def show_readiness(
    verdicts: Sequence[Verdict], without: tuple[str, ...], now: float, copies: CopiesDocument | None = None
) -> ReadinessDocument:
    """Verdicts at a moment (Unix time, in seconds)."""
    rank = {Readiness.NOT_READY: 0, Readiness.STALE: 1, Readiness.READY: 2}
    ordered = sorted(verdicts, key=lambda v: (rank[v.readiness], v.service, v.upstream or "", v.standby))
    counts = {readiness: sum(v.readiness is readiness for v in verdicts) for readiness in Readiness}
    return ReadinessDocument(
        now=now,
        standbys=tuple(_show(verdict, now) for verdict in ordered),
        without=without,
        ready=counts[Readiness.READY],
        stale=counts[Readiness.STALE],
        not_ready=counts[Readiness.NOT_READY],
        copies=copies,
    )


def _show(verdict: Verdict, now: float) -> StandbyDocument:
    return StandbyDocument(
        service=verdict.service,
        upstream=verdict.upstream,
        standby=verdict.standby,
        readiness=verdict.readiness,
        alarm=verdict.alarm,
        reasons=verdict.reasons,
        proofs=tuple(_show_proof(proof, now) for proof in verdict.proofs),
    )


def _show_proof(proof: Proof, now: float) -> ProofDocument:
    return ProofDocument(
        kind=proof.kind,
        outcome=proof.outcome,
        told=proof.told,
        at=proof.at,
        author=proof.author,
        good_for_s=proof.good_for_s,
        remaining_s=max(0.0, proof.at + proof.good_for_s - now),
    )
