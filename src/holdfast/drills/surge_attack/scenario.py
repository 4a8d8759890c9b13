"""The scenario of the drill surge-attack: what is played, how long, and what must come of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.drills.peers.names import PeerName
from holdfast.drills.scenario import CapMode, Factor, LocationCap, Range, RateRange, Story
from holdfast.model.noun import Noun
from holdfast.model.platform import InFlight  # noqa: TC001 - pydantic reads it
from holdfast.model.scalars import Natural, Period, Positive, Rate
from holdfast.model.units import Share


class AttackKind(StrEnum):
    """How an attack looks; all are of the same size."""

    FEW_SOURCES = "few-sources"
    """A handful of addresses that otherwise send what everybody does."""
    MANY_SOURCES = "many-sources"
    """Thousands of addresses with one thing in common: a program, a path or a referer."""
    LOOK_ALIKE = "look-alike"
    """Thousands of addresses that send what everybody does: no rule tells them from customers."""
    RAMP = "ramp"
    """Hundreds of addresses with one thing in common, more from second to second."""


class Plan(Noun):
    """What a kind of tenant usually sends, and its limits in the platform file."""

    tenants: Positive
    requests: RateRange
    limit: Rate


class Usual(Noun):
    """Everybody's usual traffic. `dispersion` is variance over mean of the requests in a second, 1 for Poisson."""

    large: Plan
    small: Plan
    dispersion_max: Annotated[float, Field(ge=1)]
    audiences: Positive
    clients: Positive


class Attack(Noun):
    """An attack: the tenant's requests rise to `factor` times the usual. Addresses by kind."""

    factor: Factor
    seconds: Period
    ramp: Period
    few: Range
    hundreds: Range
    thousands: Range


class Crowd(Noun):
    """A flash crowd: the tenant's requests rise to `factor` times the usual, which its upstream bears."""

    factor: Factor
    seconds: Period
    rise: Period
    clients: Range


class Goals(Noun):
    """What must come of it, and what counts as harm when nothing protects."""

    named_p50_max: Period
    named_p95_max: Period
    contained_p95_max: Period
    contained_ratio_max: Annotated[float, Field(ge=1)]
    bystander_success: Share
    good_clients_served: Share
    harm_success: Share
    harm_p99_ratio: Factor


class Episodes(Noun):
    """How many of each in one mode of the location; attacks of all kinds in turn."""

    attacks: Natural
    crowds: Natural


class Form(Noun):
    """How much is measured. What is usual is learnt for `learn`; `quiet` comes before each attack or crowd."""

    learn: Period
    quiet: Period
    after: Period
    attack_seconds: Period | None = None
    crowd_seconds: Period | None = None
    episodes: dict[CapMode, Episodes]


FormsBeside = dict[PeerName, Form]
"""How much is measured of others than Holdfast."""


class SurgeAttack(Story):
    """The scenario of the drill surge-attack."""

    drill: Literal["surge-attack"]
    usual: Usual
    location: LocationCap
    walls: dict[CapMode, InFlight]
    client_timeout: Period
    attack: Attack
    crowd: Crowd
    goals: Goals
    full: Form
    short: Form
    beside: FormsBeside

    @model_validator(mode="after")
    def _check_walls(self) -> SurgeAttack:
        forms = (self.full, self.short, *self.beside.values())
        missing = {mode for form in forms for mode in form.episodes} - self.walls.keys()
        if missing:
            raise ValueError(f"no walls are stated for a location that {'s or '.join(sorted(missing))}s")
        return self

    @model_validator(mode="after")
    def _check_attacks(self) -> SurgeAttack:
        for plan in (self.usual.large, self.usual.small):
            least = plan.requests.least * self.attack.factor
            if least <= plan.limit:
                raise ValueError(f"an attack of {least:g}/s stays within the limit of {plan.limit:g}/s")
        return self
