"""The scenario of the drill bad-route-push: who is there, what is pushed how often, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.drills.scenario import RateRange, Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive
from holdfast.model.units import Share

WAVE_MIN = 50
FAILING_MIN = 0.02
"""What is demanded of the time until a revision is back holds for waves of so many services that lose so much."""


class Location(Noun):
    """The location that all services are at: requests at once, and how long each takes."""

    in_flight: Positive
    answer: Period


class Shares(Noun):
    """Shares: the seed draws one in between for each service."""

    least: Share = Field(alias="from")
    most: Share = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> Shares:
        if not 0 < self.least <= self.most < 1:
            raise ValueError(f"from {self.least:.2%} to {self.most:.2%} is no range of shares within 0% and 100%")
        return self


class Goals(Noun):
    """What must come of it, and what counts as harm when a push goes to everybody at once.

    `failed_max` is of the requests that the first wave's services get in the time that a wave is watched.
    """

    failed_max: Share
    rolled_back_p95: Period
    harm_success: Share


class Form(Noun):
    """How much is measured.

    Each service is asked for so many `requests`, of which a share are `calls` of other services. What is usual is
    learnt for `learn`. A wave is watched for `bake`; the bad revision is forced past its plan `pushes` times, and after
    each there is quiet for `settle`. Control is killed `kills` times, each in a rollout whose waves bake `kills_bake`.
    """

    services: Annotated[int, Field(ge=100, le=10_000, strict=True)]
    requests: RateRange
    calls: Shares
    first: Share
    learn: Period
    bake: Period
    pushes: Positive
    settle: Period
    kills: Positive
    kills_bake: Period


class BadRoutePush(Story):
    """The scenario of the drill bad-route-push."""

    drill: Literal["bad-route-push"]
    edges: Annotated[int, Field(ge=2, le=8, strict=True)]
    clients: Positive
    location: Location
    client_timeout: Period
    goals: Goals
    full: Form
    short: Form
