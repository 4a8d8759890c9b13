"""What the seed draws: how much is asked for, in which order the site is lost how, and when it flaps."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.provider_loss.places import EDGES, LOCATIONS, SERVICES
from holdfast.drills.provider_loss.scenario import Loss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.provider_loss.scenario import Form, ProviderLoss

SEED_BITS: Final = 62
SHORTEST: Final = 0.1
"""An interval of flapping lasts at least this share of the longest."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One loss of the primary site.

    `pause_s` is spent before it, so that it comes at no particular moment. `machine` is the one that goes where one
    does, `edge` the one that keeps its way where others lose it, `flaps_s` how long the site is down and up in turn.
    """

    loss: Loss
    pause_s: float
    machine: int
    edge: str
    flaps_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Reads a second of each service at each of its location's edges; what happens, in order; seeds of the traffic."""

    reads_rps: Mapping[str, float]
    troubles: tuple[Trouble, ...]
    seeds: Mapping[str, int]
    """Of each edge's traffic."""
    mail_seed: int
    crowd_seed: int


def draw_cast(scenario: ProviderLoss, form: Form, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario, form and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    reads = {served.name: chance.uniform(scenario.reads.least, scenario.reads.most) for served in SERVICES}
    losses = [loss for loss, times in form.losses.items() for _ in range(times)]
    chance.shuffle(losses)
    return Cast(
        reads_rps=reads,
        troubles=tuple(_draw_trouble(scenario, form, loss, chance) for loss in losses),
        seeds={edge: chance.getrandbits(SEED_BITS) for edge in EDGES},
        mail_seed=chance.getrandbits(SEED_BITS),
        crowd_seed=chance.getrandbits(SEED_BITS),
    )


def _draw_trouble(scenario: ProviderLoss, form: Form, loss: Loss, chance: Random) -> Trouble:
    return Trouble(
        loss=loss,
        pause_s=chance.uniform(0, form.settle),
        machine=chance.randrange(scenario.machines_each),
        edge=chance.choice(LOCATIONS["us"]),
        flaps_s=_draw_flaps_s(scenario, form, chance) if loss is Loss.FLAPPING else (),
    )


def _draw_flaps_s(scenario: ProviderLoss, form: Form, chance: Random) -> tuple[float, ...]:
    """Down, up, down, and so on, at least as long as stated; it ends being down."""
    flaps: list[float] = []
    while sum(flaps) < form.flapping or len(flaps) % 2 == 0:
        longest_s = scenario.flap_up if len(flaps) % 2 else scenario.flap_down
        flaps.append(chance.uniform(SHORTEST * longest_s, longest_s))
    return tuple(flaps)
