"""A drill's scenario: what is played, how long, and what must come of it. The seed draws the rest."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from holdfast.model.noun import Noun
from holdfast.model.platform import Period, Positive, Rate
from holdfast.model.units import WRITTEN, Share

SUFFIX = ".yaml"
CapMode = Literal["queue", "reject"]
"""What a location does with requests above its cap."""
Factor = Annotated[float, Field(gt=1)]


class ScenarioInvalid(Exception):
    """There is no such scenario, or its file has mistakes; the message tells all of them."""


class LocationCap(Noun):
    """The cap that all tenants share, and how long the upstreams behind it take."""

    in_flight: Positive
    answer: Period
    slowest_answer: Period


class Protections(Noun):
    """What every tenant is given in the platform file; rates per second, `guaranteed` and `maximum` in flight."""

    guaranteed: Positive
    maximum: Positive
    limit: Rate
    client_limit: Rate


class Sources(Noun):
    """How many addresses the flood comes from: the seed draws a number from this range."""

    least: Positive = Field(alias="from")
    most: Positive = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> Sources:
        if self.least > self.most:
            raise ValueError(f"from {self.least} is above to {self.most}")
        return self


class Flood(Noun):
    """The flooded tenant's load, in multiples of its usual one."""

    factor: Factor
    sources: Sources


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


class NoisyNeighbour(Noun):
    """The scenario of the drill noisy-neighbour."""

    drill: Literal["noisy-neighbour"]
    title: str
    incident: str
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


def list_scenarios() -> list[NoisyNeighbour]:
    """Every scenario that comes with Holdfast, by name."""
    folder = files(__package__) / "scenarios"
    texts = {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(SUFFIX)}
    return [_read(texts[name], name) for name in sorted(texts)]


def load_scenario(name: str) -> NoisyNeighbour:
    """A scenario by its name, or from a file whose path ends in .yaml. Raises ScenarioInvalid."""
    if name.endswith(SUFFIX):
        try:
            return _read(Path(name).read_text("utf-8"), name)
        except OSError as error:
            raise ScenarioInvalid(f"{name} can't be read: {error.strerror}") from error
    known = {each.drill: each for each in list_scenarios()}
    if name not in known:
        raise ScenarioInvalid(f"there is no drill {name!r}; there are: {', '.join(known)}")
    return known[name]


def _read(text: str, name: str) -> NoisyNeighbour:
    try:
        return NoisyNeighbour.model_validate(yaml.safe_load(text), context=WRITTEN)
    except yaml.YAMLError as error:
        raise ScenarioInvalid(f"{name} isn't YAML: {error}") from error
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'the scenario'}: {each['msg']}" for each in error.errors()]
        raise ScenarioInvalid("\n".join([f"{name} has mistakes:", *wrong])) from error
