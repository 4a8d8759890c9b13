"""The scenario of the drill spot-reclaim: machines, what they serve, how often they are taken back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.drills.scenario import Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive, Rate, Size
from holdfast.model.units import Share


class Machines(Noun):
    """How many machines stay and how many may be taken back, how long each takes for an answer.

    A machine that is gone is no longer listed after `listed_for`, and another has taken its place then.
    """

    stable: Positive
    ephemeral: Annotated[int, Field(ge=2, le=64, strict=True)]
    answer: Period
    listed_for: Period


class Files(Noun):
    """So many files of a size."""

    count: Positive
    size: Size
    requests: Rate


class Goals(Noun):
    """What counts as harm where nothing protects: this share of GETs fails, or more."""

    harm_failed: Share


class Pauses(Noun):
    """Between two kills: the seed draws one in between."""

    least: Period = Field(alias="from")
    most: Period = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> Pauses:
        if self.least > self.most:
            raise ValueError(f"from {self.least:g} s is above to {self.most:g} s")
        return self


class Form(Noun):
    """How much is measured: how many machines are killed, the notice of the one that is announced.

    All are gone for `gone`.
    """

    settle: Period
    kills: Positive
    between: Pauses
    notice: Period
    gone: Period
    requests_min: Positive


class SpotReclaim(Story):
    """The scenario of the drill spot-reclaim."""

    drill: Literal["spot-reclaim"]
    edges: Annotated[int, Field(ge=1, le=8, strict=True)]
    clients: Positive
    client_timeout: Period
    machines: Machines
    ephemeral_max: Share
    small: Files
    large: Files
    api: Rate
    goals: Goals
    full: Form
    short: Form
