"""What the seed draws: who sends how much of its class's requests, and how fast each surge rises."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.names import name_host, name_tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.platform_surge.scenario import Form, PlatformSurge
    from holdfast.drills.scenario import CapMode
    from holdfast.model.platform import Criticality

SEED_BITS: Final = 63
LEAST_SHARE, MOST_SHARE = 0.5, 1.5
QUIET_STRETCH_MAX: Final = 1.5


@dataclass(frozen=True, slots=True)
class Member:
    """A service, and its share of all requests."""

    name: str
    criticality: Criticality
    share: float

    @property
    def host(self) -> str:
        """Its host."""
        return name_host(self.name)


@dataclass(frozen=True, slots=True)
class SurgeTimes:
    """One surge, in seconds since the traffic's start: quiet from `began_s`, a rise from `onset_s` to `height_s`."""

    began_s: float
    onset_s: float
    height_s: float
    over_s: float


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays what, and when in each of the location's modes."""

    members: tuple[Member, ...]
    surges: Mapping[CapMode, tuple[SurgeTimes, ...]]
    seeds: Mapping[CapMode, int]


def list_members(scenario: PlatformSurge) -> list[tuple[str, Criticality]]:
    """Every service with its criticality, as the platform file has them."""
    ranks = [rank for rank, group in scenario.classes.items() for _ in range(group.services)]
    return [(name_tenant(number), rank) for number, rank in enumerate(ranks, start=1)]


def draw_cast(scenario: PlatformSurge, form: Form, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario, form and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    weights = [(name, rank, chance.uniform(LEAST_SHARE, MOST_SHARE)) for name, rank in list_members(scenario)]
    whole = {rank: sum(weight for _, of, weight in weights if of is rank) for rank in scenario.classes}
    return Cast(
        members=tuple(Member(n, rank, scenario.classes[rank].share * w / whole[rank]) for n, rank, w in weights),
        surges={mode: _draw_surges(scenario, form, count, chance) for mode, count in form.surges.items()},
        seeds={mode: chance.getrandbits(SEED_BITS) for mode in form.surges},
    )


def _draw_surges(scenario: PlatformSurge, form: Form, count: int, chance: Random) -> tuple[SurgeTimes, ...]:
    surges, at_s = [], form.learn
    for _ in range(count):
        onset_s = at_s + form.quiet * chance.uniform(1, QUIET_STRETCH_MAX)
        height_s = onset_s + (form.rise or chance.uniform(scenario.surge.rise_min, scenario.surge.rise_max))
        over_s = height_s + (form.seconds or scenario.surge.seconds)
        surges.append(SurgeTimes(at_s, onset_s, height_s, over_s))
        at_s = over_s + form.after
    return tuple(surges)
