"""What every drill's scenario says, and the nouns that several of them share. The seed draws the rest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive, Rate

CapMode = Literal["queue", "reject"]
"""What a location does with requests above its cap."""
Factor = Annotated[float, Field(gt=1)]


class Story(Noun):
    """A scenario: its drill, what is played in a line, and the incident that it replays."""

    drill: str
    title: str
    incident: str


class LocationCap(Noun):
    """The cap that all tenants share, and how long the upstreams behind it take."""

    in_flight: Positive
    answer: Period
    slowest_answer: Period


class Range(Noun):
    """Whole numbers, both ends included: the seed draws one."""

    least: Positive = Field(alias="from")
    most: Positive = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> Range:
        if self.least > self.most:
            raise ValueError(f"from {self.least} is above to {self.most}")
        return self


class RateRange(Noun):
    """Rates per second: the seed draws one in between."""

    least: Rate = Field(alias="from")
    most: Rate = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> RateRange:
        if self.least > self.most:
            raise ValueError(f"from {self.least:g} is above to {self.most:g}")
        return self
