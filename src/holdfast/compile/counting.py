"""What edges count of every service: how Envoy is told to, and how it is read back.

An ordinary request is counted once, by the limit that it passes anyway; what it costs beside that is a few comparisons
of numbers. Only what is refused, fails or is slow is counted apart, by access loggers that write counters.
"""

import re
from enum import IntEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.compile.logging import both, logger, slower_than, status_below, status_from
from holdfast.compile.observed import OBSERVED
from holdfast.model.inner import CAUSE_HEADER
from holdfast.model.platform import Mode
from holdfast.model.telemetry import METRICS, SLOW_S, Metric

ENFORCED: Final = "enforced"
"""Begins the names of what the limits of an enforced service count; those of an observed one begin otherwise."""
ANSWERS: Final = "answers"
"""Begins the names of what access loggers count."""
DOWNSTREAM_TIME: Final = "http.edge.downstream_rq_time"
"""How long answers took, in milliseconds."""
GIVEN_UP: Final = "gone"
"""What is counted of requests that were never answered: their clients had left."""
UNKNOWN_HOSTS: Final = f"{ANSWERS}.4xx.service..cause.unknown-host"
"""Requests for hosts that the platform doesn't know."""


class Kind(IntEnum):
    """What one of Envoy's counters says of a service: the rows of `WEIGHTS`."""

    PASSED = 0
    """Came as far as the service's own limit."""
    LIMITED = 1
    MITIGATED_FIRST = 2
    """Refused by a mitigation before the limit had seen it; the next is refused after."""
    MITIGATED_LAST = 3
    REJECTED_FIRST = 4
    REJECTED_LAST = 5
    SHED = 6
    FAILED = 7
    CLIENT_ERROR = 8
    SLOW = 9
    SLOWER = 10
    SLOWEST = 11
    WALLED = 12
    GIVEN_UP = 13
    """Left without the beginning of an answer, after a while."""


class ServiceCount(NamedTuple):
    """What a counter is of."""

    service: str
    kind: Kind


def _weigh(**metrics: int) -> list[int]:
    return [metrics.get(metric.name.lower(), 0) for metric in Metric]


WEIGHTS: Final[NDArray[np.int64]] = np.array(
    [
        _weigh(offered=1, admitted=1),
        _weigh(limited=1, admitted=-1),
        _weigh(mitigated=1, offered=1),
        _weigh(mitigated=1, admitted=-1),
        _weigh(rejected=1, offered=1),
        _weigh(rejected=1, admitted=-1),
        _weigh(shed=1, admitted=-1),
        _weigh(failed=1),
        _weigh(client_errors=1),
        _weigh(slow=1),
        _weigh(slower=1),
        _weigh(slowest=1),
        _weigh(shed=1, walled=1, admitted=-1),
        _weigh(given_up=1),
    ],
    dtype=np.int64,
).reshape(len(Kind), METRICS)
"""Shape (kinds, METRICS): what one more of a kind adds to a service's metrics. All that passes the limit is offered,
and admitted unless something behind it refuses; what refuses before it adds to what is offered."""

_SLOW_KINDS: Final = (Kind.SLOW, Kind.SLOWER, Kind.SLOWEST)
_CAUSES: Final[tuple[tuple[str, Kind | None], ...]] = (
    ("limit.service", None),
    ("limit.location", Kind.SHED),
    ("limit.", Kind.MITIGATED_LAST),
    ("bulkhead", Kind.WALLED),
    ("kill", Kind.MITIGATED_FIRST),
    ("hold", Kind.MITIGATED_FIRST),
    ("read-only", Kind.MITIGATED_FIRST),
    ("block", Kind.MITIGATED_FIRST),
    ("deny", Kind.MITIGATED_FIRST),
    ("accept.graphql", Kind.REJECTED_LAST),
    ("no-route", Kind.REJECTED_LAST),
    ("accept.", Kind.REJECTED_FIRST),
)
"""How the causes of refusals begin, as answers state them; the first that fits counts. The limit counts its own.

What bears another cause was admitted: then the edge tells in whose place it answers.
"""
_LIMIT: Final = re.compile(
    rf"(?:{ENFORCED}|{OBSERVED})\.(?P<passed>[^.]+)\.http_local_rate_limit\.enabled"
    rf"|{ENFORCED}\.(?P<limited>[^.]+)\.http_local_rate_limit\.rate_limited"
)
_ANSWER: Final = re.compile(rf"{ANSWERS}\.(?P<what>[^.]+)\.service\.(?P<service>[^.]+)\.cause\.(?P<cause>.*)")


def name_limit(service: str, mode: Mode) -> str:
    """What a service's limit is counted as."""
    return f"{ENFORCED if mode is Mode.ENFORCE else OBSERVED}.{service}"


def compile_counting() -> list[dict[str, Any]]:
    """Access loggers that count, as their JSON form. None is told anything that a client wrote."""
    refused = both(status_from(400), status_below(500))
    slow = (_counter(f"slow{n}", slower_than(seconds)) for n, seconds in enumerate(SLOW_S))
    given_up = both(status_below(100), slower_than(SLOW_S[1]))
    return [_counter("4xx", refused), _counter("5xx", status_from(500)), *slow, _counter(GIVEN_UP, given_up)]


def read_count(name: str) -> ServiceCount | None:
    """What one of Envoy's counters is of; None for one that says nothing of a service."""
    if found := _LIMIT.fullmatch(name):
        if service := found["passed"]:
            return ServiceCount(service, Kind.PASSED)
        return ServiceCount(found["limited"], Kind.LIMITED)
    if found := _ANSWER.fullmatch(name):
        kind = _kind_of_answer(found["what"], found["cause"])
        return None if kind is None else ServiceCount(found["service"], kind)
    return None


def _kind_of_answer(what: str, cause: str) -> Kind | None:
    refusal = next((found for found in _CAUSES if cause.startswith(found[0])), None)
    if what.startswith("slow"):
        return None if refusal else _SLOW_KINDS[int(what.removeprefix("slow"))]
    if refusal:
        return refusal[1]
    if what == GIVEN_UP:
        return Kind.GIVEN_UP
    return Kind.CLIENT_ERROR if what == "4xx" else Kind.FAILED


def _counter(name: str, when: dict[str, Any]) -> dict[str, Any]:
    tags = [
        {"name": "service", "value_format": "%ROUTE_NAME%"},
        {"name": "cause", "value_format": f"%RESP({CAUSE_HEADER})%"},
    ]
    counter = {"stat": {"name": name, "tags": tags}, "value_fixed": 1}
    return logger("stats", "stats.v3.Config", when, stat_prefix=ANSWERS, counters=[counter])
