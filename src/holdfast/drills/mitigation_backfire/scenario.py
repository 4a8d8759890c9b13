"""The scenario of the drill mitigation-backfire: what is proposed by hand, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.drills.scenario import RateRange, Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive, Rate
from holdfast.model.units import Share


class Location(Noun):
    """The location that all services are at: requests at once, and how long each takes."""

    in_flight: Positive
    answer: Period


class ClientLimit(Noun):
    """A sane limit of each client, and the mistyped prefix that makes one client of all of them."""

    requests: Rate
    meant_prefix: Annotated[int, Field(ge=1, le=32)]
    mistyped_prefix: Annotated[int, Field(ge=0, le=31)]


class Goals(Noun):
    """What must come of it, and what counts as harm when nothing protects."""

    reverted_max: Period
    bystander_success: Share
    harm_success: Share


class Form(Noun):
    """How much is measured: `rounds` of each mistake. What is usual is learnt for `learn`.

    A harmless mitigation is watched for `harmless` first (0: none is proposed), what is forced past the prediction
    for `watched`, and what is left of it afterwards for `after`.
    """

    learn: Period
    rounds: Positive
    harmless: Period | None = None
    watched: Period
    after: Period


class MitigationBackfire(Story):
    """The scenario of the drill mitigation-backfire."""

    drill: Literal["mitigation-backfire"]
    services: Annotated[int, Field(ge=2, le=100, strict=True)]
    requests: RateRange
    audiences: Positive
    clients: Positive
    location: Location
    client_timeout: Period
    client_limit: ClientLimit
    goals: Goals
    full: Form
    short: Form
