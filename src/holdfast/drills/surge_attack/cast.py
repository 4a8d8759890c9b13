"""What the seed draws: who usually sends what, who is attacked when and how, who gets popular. Holdfast isn't told."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.audiences import Audience, draw_audiences
from holdfast.drills.stage.names import name_host, name_tenant
from holdfast.drills.surge_attack.scenario import AttackKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from holdfast.drills.scenario import CapMode, Range
    from holdfast.drills.surge_attack.scenario import Form, SurgeAttack

SEED_BITS: Final = 63
QUIET_STRETCH_MAX: Final = 1.4
"""Quiet before an episode lasts up to so many times what the scenario states, so that no onset can be foreseen."""
SMALL_EVERY: Final = 3
"""Every so many rounds of the four kinds of attack one hits small tenants."""
FAVOURITES: Final = 3
"""Tenants that get popular."""
ATTACK_FEATURES: Final = (
    ("user-agent", "python-requests/2.32.3"),
    ("user-agent", "Go-http-client/1.1"),
    ("path", "/search"),
    ("referer", "https://clicks.example/go"),
)
"""What the many sources of an attack have in common; `/search` is asked for by customers too, once in a hundred."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant with its usual traffic. `name` is that of its service too."""

    name: str
    usual_rps: float
    dispersion: float
    limit_rps: float
    small: bool
    audiences: tuple[Audience, ...]

    @property
    def host(self) -> str:
        """Its service's host."""
        return name_host(self.name)


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: on whom, from how many addresses, with what in common (nothing: it looks like everybody)."""

    kind: AttackKind
    tenant: Tenant
    sources: int
    feature: tuple[str, str] | None
    quiet_s: float
    seed: int

    @property
    def has_rule(self) -> bool:
        """Whether a rule exists that tells its requests from customers'."""
        return self.kind is not AttackKind.LOOK_ALIKE


@dataclass(frozen=True, slots=True)
class Crowd:
    """One flash crowd: whom it likes, and from how many addresses it comes."""

    tenant: Tenant
    sources: int
    quiet_s: float
    seed: int


Episode = Attack | Crowd


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays what: tenants, and for each of the location's modes what happens, in order."""

    tenants: tuple[Tenant, ...]
    episodes: Mapping[CapMode, tuple[Episode, ...]]
    seeds: Mapping[CapMode, int]
    """Of everybody's usual traffic."""

    @property
    def sources(self) -> int:
        """Addresses that all usual clients have together."""
        return sum(audience.pool.count for t in self.tenants for audience in t.audiences if audience.pool)


def draw_cast(scenario: SurgeAttack, form: Form, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario, form and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    tenants = _draw_tenants(scenario, chance)
    quieter = sorted((tenant for tenant in tenants if not tenant.small), key=lambda tenant: tenant.usual_rps)
    favourites = chance.sample(quieter[: len(quieter) // 2], FAVOURITES)
    roles = _Roles(
        popular=favourites,
        large=[tenant for tenant in quieter if tenant not in favourites],
        small=[tenant for tenant in tenants if tenant.small],
    )
    episodes = {mode: _draw_episodes(scenario, form, mode, roles, chance) for mode in form.episodes}
    return Cast(tenants, episodes, {mode: chance.getrandbits(SEED_BITS) for mode in form.episodes})


def _draw_tenants(scenario: SurgeAttack, chance: Random) -> tuple[Tenant, ...]:
    usual = scenario.usual
    plans = [(usual.large, False)] * usual.large.tenants + [(usual.small, True)] * usual.small.tenants
    addresses = usual.audiences * usual.clients
    return tuple(
        Tenant(
            name=name_tenant(number + 1),
            usual_rps=chance.uniform(plan.requests.least, plan.requests.most),
            dispersion=chance.uniform(1, usual.dispersion_max),
            limit_rps=plan.limit,
            small=small,
            audiences=draw_audiences(chance, usual.audiences, usual.clients, number * addresses),
        )
        for number, (plan, small) in enumerate(plans)
    )


@dataclass(slots=True)
class _Deck:
    """Tenants to draw from; none again before half of the others were, so that what it suffered is over by then."""

    tenants: Sequence[Tenant]
    chance: Random
    drawn: list[Tenant] = field(default_factory=list)

    def draw(self) -> Tenant:
        spared = self.drawn[-(len(self.tenants) // 2) :] if len(self.tenants) > 1 else []
        self.drawn.append(self.chance.choice([tenant for tenant in self.tenants if tenant not in spared]))
        return self.drawn[-1]


@dataclass(frozen=True, slots=True)
class _Roles:
    """Who gets popular, and who is attacked.

    They are apart: what a crowd meets isn't left over from an attack. The popular ones are of the quieter half of the
    large tenants, so that a crowd stays within what an upstream bears.
    """

    popular: Sequence[Tenant]
    large: Sequence[Tenant]
    small: Sequence[Tenant]


def _draw_episodes(
    scenario: SurgeAttack, form: Form, mode: CapMode, roles: _Roles, chance: Random
) -> tuple[Episode, ...]:
    """Attacks of all kinds, equally many but for the last ones, and crowds, shuffled."""
    count, kinds = form.episodes[mode], list(AttackKind)
    popular, small, large = (_Deck(each, chance) for each in (roles.popular, roles.small, roles.large))
    orders: list[int | None] = [*range(count.attacks), *[None] * count.crowds]
    chance.shuffle(orders)
    first = chance.randrange(len(kinds))
    return tuple(
        _draw_crowd(scenario, form, popular.draw(), chance)
        if number is None
        else _draw_attack(
            scenario, form, kinds[(first + number) % len(kinds)], (small if _is_small(number) else large).draw(), chance
        )
        for number in orders
    )


def _is_small(number: int) -> bool:
    return number // len(AttackKind) % SMALL_EVERY == SMALL_EVERY - 1


def _draw_attack(scenario: SurgeAttack, form: Form, kind: AttackKind, tenant: Tenant, chance: Random) -> Attack:
    addresses: dict[AttackKind, Range] = dict.fromkeys(AttackKind, scenario.attack.thousands)
    addresses |= {AttackKind.FEW_SOURCES: scenario.attack.few, AttackKind.RAMP: scenario.attack.hundreds}
    features = kind in (AttackKind.MANY_SOURCES, AttackKind.RAMP)
    return Attack(
        kind=kind,
        tenant=tenant,
        sources=_draw_count(chance, addresses[kind]),
        feature=chance.choice(ATTACK_FEATURES) if features else None,
        quiet_s=_draw_quiet_s(form, chance),
        seed=chance.getrandbits(SEED_BITS),
    )


def _draw_crowd(scenario: SurgeAttack, form: Form, tenant: Tenant, chance: Random) -> Crowd:
    return Crowd(
        tenant=tenant,
        sources=_draw_count(chance, scenario.crowd.clients),
        quiet_s=_draw_quiet_s(form, chance),
        seed=chance.getrandbits(SEED_BITS),
    )


def _draw_quiet_s(form: Form, chance: Random) -> float:
    return form.quiet * chance.uniform(1, QUIET_STRETCH_MAX)


def _draw_count(chance: Random, between: Range) -> int:
    return chance.randint(between.least, between.most)
