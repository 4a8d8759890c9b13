"""From proofs to a verdict."""

from collections.abc import Mapping, Sequence
from typing import Final

from holdfast.model.readiness import Outcome, Proof, ProofKind, Readiness, StandbyName, Verdict
from holdfast.model.units import format_duration

VITAL: Final = (ProofKind.PROBES, ProofKind.LAG)
"""What may change at any time: if nothing is known of it for twice as long as a proof is good, it isn't ready."""
ALARM_AFTER: Final = 2.0
"""A proof that is so many times as old as it is good for, is an alarm."""
MISSING: Final[Mapping[ProofKind, str]] = {
    ProofKind.DRILL: "no failover to it was ever exercised",
    ProofKind.PROBES: "it was never asked",
    ProofKind.PARITY: "it was never compared with the primary",
    ProofKind.CERTIFICATES: "its certificates were never looked at",
    ProofKind.HEADROOM: "nobody looked whether there is room for it",
    ProofKind.LAG: "it was never asked how far behind it is",
}


def judge_standby(name: StandbyName, proofs: Sequence[Proof], known_since: float, now: float) -> Verdict:
    """What proofs come to; the latest of a kind counts. `known_since` is since when there is such a standby.

    Times are Unix, in seconds. What was never proved is as old as the standby.
    """
    latest = {proof.kind: proof for proof in sorted(proofs, key=lambda proof: proof.at)}
    against, doubts, alarms = list[str](), list[str](), list[str]()
    for kind in ProofKind:
        proof = latest.get(kind)
        if proof is None:
            doubts.append(MISSING[kind])
            if kind in VITAL and now - known_since >= GOOD_FOR_S[kind] * ALARM_AFTER:
                against.append(MISSING[kind])
        elif proof.outcome is Outcome.FAILED:
            against.append(proof.told)
        elif proof.outcome is Outcome.DOUBTFUL:
            doubts.append(proof.told)
        elif proof.outcome is Outcome.PASSED:
            _judge_age(proof, now, against, doubts, alarms)
    readiness = Readiness.NOT_READY if against else Readiness.STALE if doubts or alarms else Readiness.READY
    return Verdict(
        service=name.service,
        upstream=name.upstream,
        standby=name.standby,
        readiness=readiness,
        alarm=bool(against or alarms),
        reasons=tuple(dict.fromkeys((*against, *alarms, *doubts))),
        proofs=tuple(latest[kind] for kind in ProofKind if kind in latest),
    )


def _judge_age(proof: Proof, now: float, against: list[str], doubts: list[str], alarms: list[str]) -> None:
    age_s = now - proof.at
    if age_s < proof.good_for_s:
        return
    told = f"{proof.kind}: proved {format_age(age_s)} ago, and good for {format_age(proof.good_for_s)}"
    if age_s < proof.good_for_s * ALARM_AFTER:
        doubts.append(told)
    elif proof.kind in VITAL:
        against.append(told)
    else:
        alarms.append(told)


def format_age(seconds: float) -> str:
    """A span in its largest unit or two: `90d`, `1h5m`."""
    for unit_s in (86_400, 3_600, 60):
        if seconds >= unit_s * 2:
            return format_duration(seconds // unit_s * unit_s)
    return format_duration(max(0.0, round(seconds)))


GOOD_FOR_S: Final[Mapping[ProofKind, float]] = {
    ProofKind.DRILL: 90 * 86_400.0,
    ProofKind.PROBES: 300.0,
    ProofKind.PARITY: 3_600.0,
    ProofKind.CERTIFICATES: 86_400.0,
    ProofKind.HEADROOM: 86_400.0,
    ProofKind.LAG: 300.0,
}
"""How long proofs are good for."""
