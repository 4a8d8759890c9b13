"""What generators send: everybody's usual traffic throughout, on top of it attacks; or growth towards capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import HostLoad, LoadPlan, RateWindow
from holdfast.drills.stage.audiences import disguise_as, plan_requests

if TYPE_CHECKING:
    from holdfast.drills.first_words.cast import Attack, Cast
    from holdfast.drills.first_words.scenario import FirstWords, Growth

ATTACK: Final = "attack"
REQUESTS_MAX: Final = 5_000_000
CONNECTIONS_BESIDE: Final = 1_024
"""Beyond one for each address: for those that wait for an answer."""
STEPS: Final = 200
"""Growth is even but for so many steps."""


def plan_usual(scenario: FirstWords, cast: Cast, port: int, seconds: float) -> LoadPlan:
    """Everybody's usual traffic; its streams are the tenants' names."""
    return _plan(scenario, cast, port, seconds, {each.name: _steady(each.usual_rps, seconds) for each in cast.tenants})


def plan_growth(scenario: FirstWords, cast: Cast, growth: Growth, port: int) -> LoadPlan:
    """Everybody's traffic as it grows, each tenant's as much as the others'."""
    whole_rps = scenario.location.in_flight / scenario.location.answer
    most = whole_rps / len(cast.tenants)
    least = growth.least * most
    step_s = growth.seconds / STEPS
    rates = tuple(
        RateWindow(n * step_s, (n + 1) * step_s, least + (most - least) * (n + 0.5) / STEPS) for n in range(STEPS)
    )
    return _plan(scenario, cast, port, growth.seconds, {each.name: rates for each in cast.tenants})


def plan_attack(scenario: FirstWords, attack: Attack, port: int) -> LoadPlan:
    """What an attack adds to its tenant's usual traffic."""
    seconds = attack.seconds
    extra_rps = attack.tenant.usual_rps * (scenario.attack.factor - 1)
    return LoadPlan(
        target_port=port,
        duration_s=seconds,
        hosts=plan_requests(
            attack.tenant.host, ATTACK, disguise_as(attack.tenant.audiences), _steady(extra_rps, seconds)
        ),
        seed=attack.seed,
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=attack.sources + CONNECTIONS_BESIDE,
        requests_max=REQUESTS_MAX,
        sources=attack.sources,
    )


def _plan(
    scenario: FirstWords, cast: Cast, port: int, seconds: float, rates: dict[str, tuple[RateWindow, ...]]
) -> LoadPlan:
    hosts: list[HostLoad] = []
    for tenant in cast.tenants:
        hosts.extend(plan_requests(tenant.host, tenant.name, tenant.audiences, rates[tenant.name]))
    return LoadPlan(
        target_port=port,
        duration_s=seconds,
        hosts=tuple(hosts),
        seed=cast.seed,
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=cast.sources + CONNECTIONS_BESIDE,
        requests_max=REQUESTS_MAX,
        sources=cast.sources,
    )


def _steady(rps: float, seconds: float) -> tuple[RateWindow, ...]:
    return (RateWindow(0, seconds, rps),)
