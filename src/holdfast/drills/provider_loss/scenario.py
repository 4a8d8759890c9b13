"""The scenario of the drill provider-loss: which sites there are, how the first is lost, and what must come of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from holdfast.drills.scenario import Range, Story
from holdfast.model.noun import Noun
from holdfast.model.scalars import Natural, Period, Positive, Rate
from holdfast.model.units import Share


class Loss(StrEnum):
    """How the primary site is lost."""

    KILLED = "killed"
    """Its processes are gone: connections are refused."""
    BLACKHOLED = "blackholed"
    """Packets to it are swallowed."""
    HUNG = "hung"
    """Connections are made, and nothing is answered."""
    SLOW = "slow"
    """Answers take longer than clients wait."""
    FLAPPING = "flapping"
    """Its processes are gone, back, gone again, at uneven intervals."""
    HALF_GONE = "half-gone"
    """One of its machines is killed."""
    CUT_OFF = "cut-off"
    """All edges but one of a location have lost the way to it."""
    CROWDED = "crowded"
    """Its processes are gone, while so much is asked for that the standby can't carry it all."""


class Machines(Noun):
    """Each of a site's machines: requests that it works on at once, and how long each takes."""

    in_flight: Positive
    answer: Period


class Recovery(Noun):
    """How services are to fail over, and how edges look after what they send to."""

    after: Period
    stay: Period
    ramp: Period
    connect: Period
    per_try: Period
    check: Period


class Mail(Noun):
    """Deferrable requests: from so many senders, each of them one after the other, at a rate."""

    senders: Positive
    rate: Rate
    order_by: Annotated[str, Field(pattern=r"^[a-z-]+$")]


class Goals(Noun):
    """What must come of it. Failed reads are told in seconds' worth of all reads; harm is a success of reads below."""

    killed_max: Period
    silent_max: Period
    ramp_failed_max: Natural
    critical_success: Share
    harm_success: Share


class Form(Noun):
    """How much is played: each kind of loss so many times, each for so long, with quiet before."""

    settle: Period
    lost: Period
    flapping: Period
    back: Period
    """The longest that is waited for everything to be back."""
    losses: dict[Loss, Positive]


class ProviderLoss(Story):
    """The scenario of the drill provider-loss."""

    drill: Literal["provider-loss"]
    clients: Positive
    client_timeout: Period
    machines_each: Annotated[int, Field(ge=2, le=8, strict=True)]
    primary: Machines
    standby: Machines
    standby_carries: Rate
    """What is declared of the standby: requests a second."""
    reads: Range
    """Reads a second of each service at each edge: the seed draws one."""
    writes: Rate
    crowd: Rate
    """On top of it at each edge, sheddable, while the standby is crowded."""
    slow_answer: Period
    flap_down: Period
    flap_up: Period
    """Each interval of flapping lasts from a tenth of this up to it."""
    recovery: Recovery
    mail: Mail
    goals: Goals
    full: Form
    short: Form
