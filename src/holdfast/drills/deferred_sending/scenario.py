"""The scenario of the drill deferred-sending: who sends how much, how often it is broken, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.drills.scenario import Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive, Rate
from holdfast.model.units import Share


class Goals(Noun):
    """What must come of it. Harm is a share of refused messages above, in the services that are hit."""

    delivered_max: Period
    harm_refused: Share


class Form(Noun):
    """How much is played: so many services, of which a share is in the first wave, and so many pushes."""

    services: Annotated[int, Field(ge=10, le=1_000, strict=True)]
    first: Share
    rate: Rate
    learn: Period
    bake: Period
    pushes: Positive
    broken: Period
    """If it wasn't rolled back by then, the operator does it."""
    settle: Period


class DeferredSending(Story):
    """The scenario of the drill deferred-sending."""

    drill: Literal["deferred-sending"]
    edges: Annotated[int, Field(ge=2, le=8, strict=True)]
    in_flight: Positive
    answer: Period
    order_by: Annotated[str, Field(pattern=r"^[a-z-]+$")]
    goals: Goals
    full: Form
    short: Form
