"""The scenario of the drill first-words: what is played, how long, and what must come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.drills.scenario import Factor, LocationCap, Range, RateRange, Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Period, Positive, Rate
from holdfast.model.units import Share


class Usual(Noun):
    """What every tenant usually sends, and its limit in the platform file."""

    tenants: Annotated[int, Field(ge=3, le=99, strict=True)]
    requests: RateRange
    limit: Rate
    audiences: Positive
    clients: Positive


class Attack(Noun):
    """An attack from a few addresses: the tenant's requests rise to `factor` times the usual."""

    factor: Factor
    sources: Range


class Escalation(Noun):
    """How the team is paged: a channel has a page within `taken_within` or is given up, a person answers in `wait`."""

    taken_within: Period
    wait: Period


class Growth(Noun):
    """Everybody's traffic grows from `least` of what the location can do to all of it, evenly over `seconds`."""

    least: Share
    seconds: Period


class Goals(Noun):
    """What must come of it."""

    first_page_max: Period
    first_post_max: Period
    follower_told_max: Period
    next_channel_max: Period
    warned_ahead_min: Period
    harm_success: Share


class Form(Noun):
    """How much is played. What is usual is learnt for `learn`; each attack takes `attack_for`, and they are `apart`;
    growth only where it is stated.
    """

    learn: Period
    attacks: Annotated[int, Field(ge=2, le=50, strict=True)]
    attack_for: Period
    apart: Period
    escalation: Escalation
    heartbeat: Period
    maintenance: Period
    growth: Growth | None = None


class FirstWords(Story):
    """The scenario of the drill first-words."""

    drill: Literal["first-words"]
    usual: Usual
    location: LocationCap
    client_timeout: Period
    attack: Attack
    goals: Goals
    full: Form
    short: Form
