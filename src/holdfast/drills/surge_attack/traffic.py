"""What generators send: everybody's usual traffic throughout, and on top of it an attack or a flash crowd."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import LoadPlan
from holdfast.drills.stage.audiences import Audience, disguise_as, plan_requests
from holdfast.drills.stage.rates import draw_unsteady, plan_bulge, plan_rise
from holdfast.drills.surge_attack.scenario import AttackKind

if TYPE_CHECKING:
    from holdfast.drills.instruments import RateWindow
    from holdfast.drills.scenario import CapMode
    from holdfast.drills.surge_attack.cast import Attack, Cast, Crowd
    from holdfast.drills.surge_attack.scenario import SurgeAttack

ATTACK: Final = "attack"
CROWD: Final = "crowd"
CROWD_REFERER: Final = "https://news.example/front"
REQUESTS_MAX: Final = 5_000_000
CONNECTIONS_BESIDE: Final = 1_024
"""Beyond one for each address: for those that wait for an answer."""


def plan_usual(scenario: SurgeAttack, cast: Cast, mode: CapMode, port: int, seconds: float) -> LoadPlan:
    """Everybody's usual traffic; its streams are the tenants' names."""
    chance = Random(cast.seeds[mode])  # noqa: S311 - to be repeated, not to be unguessable
    hosts = tuple(
        load
        for tenant in cast.tenants
        for load in plan_requests(
            tenant.host,
            tenant.name,
            tenant.audiences,
            draw_unsteady(chance, tenant.usual_rps, tenant.dispersion, seconds),
        )
    )
    return LoadPlan(
        target_port=port,
        duration_s=seconds,
        hosts=hosts,
        seed=cast.seeds[mode],
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=cast.sources + CONNECTIONS_BESIDE,
        requests_max=REQUESTS_MAX,
        sources=cast.sources,
    )


def plan_attack(scenario: SurgeAttack, attack: Attack, port: int, seconds: float) -> LoadPlan:
    """What an attack adds to its tenant's usual traffic."""
    extra_rps = attack.tenant.usual_rps * (scenario.attack.factor - 1)
    ramp_s = scenario.attack.ramp if attack.kind is AttackKind.RAMP else 0.0
    audiences = _share_feature(attack) if attack.feature else disguise_as(attack.tenant.audiences)
    return _plan_extra(scenario, attack, ATTACK, audiences, plan_rise(extra_rps, ramp_s, seconds), port)


def plan_crowd(scenario: SurgeAttack, crowd: Crowd, port: int, seconds: float) -> LoadPlan:
    """What a flash crowd adds: people with the usual browsers who all come by one story."""
    extra_rps = crowd.tenant.usual_rps * (scenario.crowd.factor - 1)
    audiences = tuple(replace(each, referer=CROWD_REFERER) for each in disguise_as(crowd.tenant.audiences))
    rise_s = min(scenario.crowd.rise, seconds / 3)
    return _plan_extra(scenario, crowd, CROWD, audiences, plan_bulge(extra_rps, rise_s, seconds), port)


def find_excess_s(scenario: SurgeAttack, attack: Attack) -> float:
    """Seconds from an attack's beginning until its tenant is asked for more than its limit: 0 unless it rises."""
    if attack.kind is not AttackKind.RAMP:
        return 0.0
    extra_rps = attack.tenant.usual_rps * (scenario.attack.factor - 1)
    return scenario.attack.ramp * max(0.0, attack.tenant.limit_rps - attack.tenant.usual_rps) / extra_rps


def _share_feature(attack: Attack) -> tuple[Audience, ...]:
    """What customers send, but for the one thing that all of the attack's requests have in common."""
    name, value = attack.feature or ("", "")
    customers = disguise_as(attack.tenant.audiences)
    if name == "path":
        return tuple(replace(each, paths=((value, 1.0),)) for each in customers)
    if name == "referer":
        return tuple(replace(each, referer=value) for each in customers)
    return tuple(replace(each, user_agent=value) for each in customers)


def _plan_extra(
    scenario: SurgeAttack,
    episode: Attack | Crowd,
    stream: str,
    audiences: tuple[Audience, ...],
    rates: tuple[RateWindow, ...],
    port: int,
) -> LoadPlan:
    return LoadPlan(
        target_port=port,
        duration_s=rates[-1].end_s,
        hosts=plan_requests(episode.tenant.host, stream, audiences, rates),
        seed=episode.seed,
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=episode.sources + CONNECTIONS_BESIDE,
        requests_max=REQUESTS_MAX,
        sources=episode.sources,
    )
