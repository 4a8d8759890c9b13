"""The scenario of the drill rogue-monitor: which bad builds are deployed, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.drills.rogues.build import Rogue
from holdfast.drills.scenario import Factor, RateRange, Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive, Rate
from holdfast.model.units import Share


class Location(Noun):
    """The location that all services are at: requests at once, and how long each takes."""

    in_flight: Positive
    answer: Period


class Goals(Noun):
    """What must come of it. `sensitive_ratio` is what a hitch of an upstream must show as, or nothing is shown."""

    success: Share
    p99_ratio_max: Annotated[float, Field(ge=1)]
    off_max: Period
    reverted_max: Period
    sensitive_ratio: Factor


class Form(Noun):
    """How much is measured: these rogues, one after another, each after `before` and followed by `after`."""

    learn: Period
    before: Period
    after: Period
    rogues: Annotated[tuple[Rogue, ...], Field(min_length=1)]
    drawn: Positive | None = None
    """How many of them the seed draws; all if left out."""


class RogueMonitor(Story):
    """The scenario of the drill rogue-monitor."""

    drill: Literal["rogue-monitor"]
    services: Positive
    graphql_services: Positive
    requests: RateRange
    hostile: Rate
    clients: Positive
    location: Location
    client_timeout: Period
    hitch: Period
    goals: Goals
    full: Form
    short: Form
