"""What the seed draws: how much each service is asked for and called, who is hit, and when control is killed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_route_push.platform_file import CALLS_PATH, PAGES_PATH
from holdfast.drills.instruments import HostLoad, LoadPlan, RateWindow
from holdfast.drills.stage.names import name_edge, name_host, service_names

if TYPE_CHECKING:
    from holdfast.drills.bad_route_push.scenario import BadRoutePush, Form

SEED_BITS: Final = 62
CONNECTIONS_BESIDE: Final = 512


@dataclass(frozen=True, slots=True)
class Served:
    """A service, its requests a second over all edges, and which share of them are calls of other services."""

    name: str
    rps: float
    calls: float


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays what. `kills` are moments within a rollout, as shares of its length."""

    services: tuple[Served, ...]
    dormant_in: str
    restarted: str
    kills: tuple[float, ...]
    seed: int

    @property
    def rps(self) -> float:
        """All requests a second."""
        return sum(served.rps for served in self.services)


def draw_cast(scenario: BadRoutePush, form: Form, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario, form and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    services = tuple(
        Served(
            name,
            chance.uniform(form.requests.least, form.requests.most),
            chance.uniform(form.calls.least, form.calls.most),
        )
        for name in service_names(form.services)
    )
    return Cast(
        services=services,
        dormant_in=chance.choice(services).name,
        restarted=name_edge(chance.randint(1, scenario.edges)),
        kills=tuple(chance.random() for _ in range(form.kills)),
        seed=chance.getrandbits(SEED_BITS),
    )


def plan_traffic(scenario: BadRoutePush, cast: Cast, edge_ports: list[int], seconds: float) -> list[LoadPlan]:
    """What each edge is asked for: all services, each edge as much; streams are the services' names."""
    return [
        LoadPlan(
            target_port=port,
            duration_s=seconds,
            hosts=tuple(
                HostLoad(name_host(served.name), (RateWindow(0, seconds, rps),), path=path, stream=served.name)
                for served in cast.services
                for path, rps in _part(served, scenario.edges)
            ),
            seed=cast.seed + number,
            timeout_ms=round(scenario.client_timeout * 1e3),
            connections_max=scenario.clients + CONNECTIONS_BESIDE,
            sources=scenario.clients,
            requests_max=10_000_000,
        )
        for number, port in enumerate(edge_ports)
    ]


def _part(served: Served, edges: int) -> tuple[tuple[str, float], ...]:
    """What one edge is asked for of a service, by path."""
    rps = served.rps / edges
    return (PAGES_PATH, rps * (1 - served.calls)), (CALLS_PATH, rps * served.calls)
