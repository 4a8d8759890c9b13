"""What a drill reports: measures against goals, a timeline, a verdict."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from holdfast.model.noun import Noun


class Verdict(StrEnum):
    """Whether all goals were met. Invalid: what was measured can't tell."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INVALID = "invalid"


def _to_finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


class Measure(Noun):
    """One number. `value` is None where it has no end, as the p99 of requests of which over 1 % failed.

    `goal` and `ok` are None where nothing is demanded, `ok` alone where the sample can't tell. `samples` says how
    many requests, blocks or kills it rests on.
    """

    value: Annotated[float | None, BeforeValidator(_to_finite)]
    unit: str
    goal: str | None = None
    ok: bool | None = None
    samples: int | None = None


class Moment(Noun):
    """Something that happened, in seconds since the drill began."""

    at_s: float
    what: str


class DrillResult(Noun):
    """A finished drill. Its JSON form is what tables in the documentation are made from.

    `peer` names what was played with in place of Holdfast, if anything.
    """

    scenario: str
    protected: bool
    peer: str | None = None
    seed: int
    short: bool
    verdict: Verdict
    measures: dict[str, Measure]
    timeline: tuple[Moment, ...]
    versions: dict[str, str]
    machine: dict[str, Any] = Field(default_factory=dict)


def judge(measures: dict[str, Measure], invalid_because: list[str]) -> Verdict:
    """Invalid if there is any reason for it, else whether every goal is met."""
    if invalid_because:
        return Verdict.INVALID
    return Verdict.FAIL if any(measure.ok is False for measure in measures.values()) else Verdict.PASS
