"""The scenario of the drill platform-surge: what is played, how long, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.drills.scenario import CapMode, Factor, Story
from holdfast.model.noun import Noun
from holdfast.model.platform import Criticality, InFlight
from holdfast.model.scalars import Natural, Period, Positive
from holdfast.model.units import Share


class Location(Noun):
    """What all share: `in_flight` requests at once, each of which takes `answer`."""

    in_flight: Positive
    answer: Period

    @property
    def capacity_rps(self) -> float:
        """Requests a second that it can answer."""
        return self.in_flight / self.answer


class TrafficClass(Noun):
    """Services of one criticality, their share of all requests, and how often a failed request of theirs is retried."""

    services: Positive
    share: Share
    retries: Natural = 2


class Surge(Noun):
    """Everybody's requests rise from `usual` to `factor` times what the location can do, and stay there."""

    usual: Share
    factor: Factor
    rise_min: Period
    rise_max: Period
    seconds: Period


class Goals(Noun):
    """What must come of it, and what counts as harm when nothing protects."""

    critical_success: Share
    goodput_of_peak: Share
    harm_success: Share


class Form(Noun):
    """How much is measured: surges by the location's mode, each between `quiet` before and `after`.

    A smaller location (`in_flight`) has a smaller surge, for machines that are busy with other things too.
    """

    in_flight: Positive | None = None
    learn: Period
    quiet: Period
    after: Period
    rise: Period | None = None
    seconds: Period | None = None
    surges: dict[CapMode, Natural]


class PlatformSurge(Story):
    """The scenario of the drill platform-surge."""

    drill: Literal["platform-surge"]
    location: Location
    classes: dict[Criticality, TrafficClass]
    in_flight: InFlight
    client_timeout: Period
    clients: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    surge: Surge
    goals: Goals
    full: Form
    short: Form

    def scale(self, form: Form) -> PlatformSurge:
        """The same for the location that a form states."""
        places = form.in_flight or self.location.in_flight
        location = self.location.model_copy(update={"in_flight": places})
        walls = self.in_flight.model_copy(update={"maximum": min(places, self.in_flight.maximum)})
        return self.model_copy(update={"location": location, "in_flight": walls})

    @property
    def usual_rps(self) -> float:
        """Everybody's usual requests a second, together."""
        return self.surge.usual * self.location.capacity_rps

    @property
    def surge_rps(self) -> float:
        """Everybody's requests a second at the height of the surge, together."""
        return self.surge.factor * self.location.capacity_rps

    @model_validator(mode="after")
    def _check_classes(self) -> PlatformSurge:
        whole = sum(each.share for each in self.classes.values())
        if abs(whole - 1) > 1e-9:
            raise ValueError(f"the classes' shares add up to {whole:.0%}")
        critical = sum(each.share for name, each in self.classes.items() if name in CRITICAL)
        if critical * self.surge.factor >= 1:
            raise ValueError(f"critical classes alone ask for {critical * self.surge.factor:.0%} of the capacity")
        return self


CRITICAL = (Criticality.CRITICAL_PLUS, Criticality.CRITICAL)
BY_RANK = (*CRITICAL, Criticality.SHEDDABLE_PLUS, Criticality.SHEDDABLE)
"""The most critical first."""
