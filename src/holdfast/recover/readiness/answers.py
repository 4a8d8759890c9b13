"""What a standby answered, and whether that is what it should have: probes, parity, lag."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from holdfast.model.readiness import Outcome, Proof, ProofKind
from holdfast.model.recovery import Lag
from holdfast.model.route import Probe
from holdfast.model.units import format_duration
from holdfast.model.upstream import Standby
from holdfast.recover.readiness.judging import GOOD_FOR_S

COMPARED: Final = ("content-type", "content-encoding", "location", "cache-control", "vary", "www-authenticate")
"""Headers in which a standby must not differ from its primary."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""A probe that may write is never sent to a standby."""
TOLD_MAX: Final = 3
"""Differences that are told of one proof."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Asked:
    """A probe, and what primary and standby said to it; None: nothing."""

    probe: Probe
    primary: Reply | None
    standby: Reply | None

    @property
    def what(self) -> str:
        """The probe in a few words."""
        return f"{self.probe.method} {self.probe.path}"


def list_questions(probes: Sequence[Probe], standby: Standby) -> tuple[Probe, ...]:
    """What a standby is asked: the service's probes that only read, else the path of its health check."""
    safe = tuple(probe for probe in probes if probe.method in SAFE)
    if not safe and standby.health_check is not None:
        return (Probe(path=standby.health_check.path),)
    return safe


def prove_probes(asked: Sequence[Asked], now: float) -> Proof:
    """Whether all were answered as expected."""
    if not asked:
        why = "the service has no probe that only reads, and the standby no health check: nothing tells that it works"
        return _prove(ProofKind.PROBES, Outcome.DOUBTFUL, why, now)
    wrong = [
        f"{each.what}: {'no answer' if each.standby is None else each.standby.status}, expected {each.probe.expect}"
        for each in asked
        if each.standby is None or each.standby.status != each.probe.expect
    ]
    if wrong:
        return _prove(ProofKind.PROBES, Outcome.FAILED, _list(wrong), now)
    return _prove(ProofKind.PROBES, Outcome.PASSED, f"{_count(len(asked), 'probe')} answered as expected", now)


def prove_parity(primary: Standby, standby: Standby, asked: Sequence[Asked], now: float) -> Proof:
    """Whether a standby is declared like its primary, and answers like it. Where the primary says nothing, that tells
    nothing about the standby.
    """
    differing = [text for each in asked for text in _differ(each)]
    if differing:
        return _prove(ProofKind.PARITY, Outcome.FAILED, _list(differing), now)
    declared = list(_differ_declared(primary, standby))
    if declared:
        return _prove(ProofKind.PARITY, Outcome.DOUBTFUL, _list(declared), now)
    compared = sum(1 for each in asked if _is_told(each))
    told = f"declared alike, and alike in {_count(compared, 'answer')}" if compared else "declared alike"
    return _prove(ProofKind.PARITY, Outcome.PASSED, told, now)


def prove_lag(lag: Lag | None, reply: Reply | None, now: float) -> Proof:
    """Whether a standby says that it is near enough to its primary."""
    if lag is None:
        return _prove(ProofKind.LAG, Outcome.UNUSED, "the service says nowhere how far behind a standby is", now)
    if reply is None or not 200 <= reply.status < 300:
        said = "nothing" if reply is None else f"{reply.status}"
        return _prove(ProofKind.LAG, Outcome.FAILED, f"GET {lag.path}: {said}, so its lag isn't known", now)
    behind_s = read_lag(lag, reply)
    if behind_s is None:
        where = f"header {lag.header}" if lag.header else f"{lag.json_pointer or 'body'}"
        return _prove(ProofKind.LAG, Outcome.FAILED, f"GET {lag.path}: no number of seconds in its {where}", now)
    told = f"{behind_s:g} s behind, {format_duration(lag.max)} is the most"
    return _prove(ProofKind.LAG, Outcome.PASSED if behind_s <= lag.max else Outcome.FAILED, told, now)


def read_lag(lag: Lag, reply: Reply) -> float | None:
    """The seconds that an answer states, in a header or in JSON; None if it states none."""
    if lag.header:
        return _to_seconds(reply.headers.get(lag.header.lower()))
    try:
        value = json.loads(reply.body)
    except ValueError:
        return None
    for part in (lag.json_pointer or "").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = _descend(value, key)
    return _to_seconds(value)


def _descend(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        return value[int(key)]
    return None


def _to_seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _is_told(asked: Asked) -> bool:
    """Whether the primary says how it should be: what it, or an edge in its place, answers while it is lost doesn't."""
    return asked.primary is not None and asked.primary.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _differ(asked: Asked) -> Iterator[str]:
    if not _is_told(asked) or asked.primary is None or asked.standby is None:
        return
    if asked.primary.status != asked.standby.status:
        yield f"{asked.what}: {asked.standby.status}, the primary says {asked.primary.status}"
        return
    for name in COMPARED:
        ours, theirs = asked.standby.headers.get(name, ""), asked.primary.headers.get(name, "")
        if ours.lower() != theirs.lower():
            yield f"{asked.what}: {name} is {ours[:80] or 'missing'}, the primary's is {theirs[:80] or 'missing'}"


def _differ_declared(primary: Standby, standby: Standby) -> Iterator[str]:
    if primary.protocol != standby.protocol:
        yield f"it speaks {standby.protocol}, the primary {primary.protocol}"
    if primary.timeouts != standby.timeouts:
        yield "its timeouts differ from the primary's"
    if primary.health_check != standby.health_check:
        yield "its health check differs from the primary's"
    if len(standby.endpoints) < len(primary.endpoints):
        fewer, all_ = _count(len(standby.endpoints), "endpoint"), len(primary.endpoints)
        yield f"it has {fewer}, the primary {all_}"


def _prove(kind: ProofKind, outcome: Outcome, told: str, now: float) -> Proof:
    return Proof(kind=kind, outcome=outcome, at=now, told=told, good_for_s=GOOD_FOR_S[kind])


def _list(texts: Sequence[str]) -> str:
    rest = len(texts) - TOLD_MAX
    return "; ".join(texts[:TOLD_MAX]) + (f"; and {rest} more" if rest > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
