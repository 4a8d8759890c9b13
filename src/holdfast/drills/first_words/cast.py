"""What the seed draws: who usually sends what, and who is attacked when. Holdfast isn't told."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.audiences import Audience, draw_audiences
from holdfast.drills.stage.names import name_host, name_tenant

if TYPE_CHECKING:
    from holdfast.drills.first_words.scenario import FirstWords, Form

SEED_BITS: Final = 63
APART_STRETCH_MAX: Final = 1.4
"""Attacks are up to so many times as far apart as the scenario states, so that no onset can be foreseen."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant with its usual traffic. `name` is that of its service too."""

    name: str
    usual_rps: float
    audiences: tuple[Audience, ...]

    @property
    def host(self) -> str:
        """Its service's host."""
        return name_host(self.name)


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: on whom, from how many addresses, how long it takes, and how long it is quiet before."""

    tenant: Tenant
    sources: int
    seconds: float
    quiet_s: float
    seed: int


@dataclass(frozen=True, slots=True)
class Cast:
    """All that was drawn. `kept_up` is whose component is maintained, and never attacked."""

    tenants: tuple[Tenant, ...]
    attacks: tuple[Attack, ...]
    kept_up: Tenant
    seed: int
    """Of everybody's usual traffic."""

    @property
    def sources(self) -> int:
        """Addresses that all usual clients have together."""
        return sum(audience.pool.count for t in self.tenants for audience in t.audiences if audience.pool)


def draw_cast(scenario: FirstWords, form: Form, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario, form and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    tenants = _draw_tenants(scenario, chance)
    kept_up, *others = chance.sample(tenants, len(tenants))
    attacks = tuple(_draw_attack(scenario, form, others[n % len(others)], chance) for n in range(form.attacks))
    return Cast(tenants, attacks, kept_up, chance.getrandbits(SEED_BITS))


def _draw_tenants(scenario: FirstWords, chance: Random) -> tuple[Tenant, ...]:
    usual = scenario.usual
    addresses = usual.audiences * usual.clients
    return tuple(
        Tenant(
            name=name_tenant(number + 1),
            usual_rps=chance.uniform(usual.requests.least, usual.requests.most),
            audiences=draw_audiences(chance, usual.audiences, usual.clients, number * addresses),
        )
        for number in range(usual.tenants)
    )


def _draw_attack(scenario: FirstWords, form: Form, tenant: Tenant, chance: Random) -> Attack:
    return Attack(
        tenant=tenant,
        sources=chance.randint(scenario.attack.sources.least, scenario.attack.sources.most),
        seconds=form.attack_for,
        quiet_s=form.apart * chance.uniform(1, APART_STRETCH_MAX),
        seed=chance.getrandbits(SEED_BITS),
    )
