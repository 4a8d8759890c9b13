"""The scenario of the drill noisy-neighbour: what is played, how long, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.drills.scenario import Factor, LocationCap, Range, Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive, Rate
from holdfast.model.units import Share


class Protections(Noun):
    """What every tenant is given in the platform file; rates per second, `guaranteed` and `maximum` in flight."""

    guaranteed: Positive
    maximum: Positive
    limit: Rate
    client_limit: Rate


class Flood(Noun):
    """The flooded tenant's load, in multiples of its usual one."""

    factor: Factor
    sources: Range


class Goals(Noun):
    """What must come of it, and what counts as harm when nothing protects."""

    bystander_success: Share
    bystander_p99_ratio_max: Annotated[float, Field(ge=1)]
    kill_p99_max: Period
    harm_success: Share
    harm_p99_ratio: Factor


class Pairs(Noun):
    """How many pairs of blocks, without and with the flood, in each of the location's two modes."""

    queue: Positive
    reject: Positive


class Kills(Noun):
    """Kills given during the flood, on a platform of so many services and edges."""

    count: Positive
    services: Positive
    edges: Positive


class Form(Noun):
    """How much is measured. What isn't stated isn't measured."""

    block: Period
    pairs: Pairs
    kills: Kills
    heavy_factor: Factor | None = None
    new_connections: Rate | None = None
    sweep: tuple[Rate, ...] = ()
    side_pairs: Positive = 1


class NoisyNeighbour(Story):
    """The scenario of the drill noisy-neighbour."""

    drill: Literal["noisy-neighbour"]
    tenants: Annotated[int, Field(ge=2, le=500, strict=True)]
    requests: Rate
    location: LocationCap
    protections: Protections
    client_timeout: Period
    flood: Flood
    goals: Goals
    full: Form
    short: Form

    @property
    def flood_rps(self) -> float:
        """The flooded tenant's requests a second, its usual ones included."""
        return self.requests * self.flood.factor

    @model_validator(mode="after")
    def _check_walls(self) -> NoisyNeighbour:
        walls, cap = self.protections, self.location.in_flight
        needed = walls.maximum + (self.tenants - 1) * walls.guaranteed
        if needed > cap:
            raise ValueError(f"one tenant at its maximum and the others' guarantees need {needed} places of {cap}")
        return self
