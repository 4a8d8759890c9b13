"""What the seed draws: everybody's usual traffic, and which bad builds are deployed in which order."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import HostLoad, LoadPlan, RateWindow
from holdfast.drills.rogue_monitor.queries import USUAL, list_hostile, render_body
from holdfast.drills.stage.names import name_host, service_names

if TYPE_CHECKING:
    from holdfast.drills.rogue_monitor.scenario import Form, RogueMonitor
    from holdfast.drills.rogues.build import Rogue

SEED_BITS: Final = 63
CONNECTIONS_BESIDE: Final = 1_024
USUAL_STREAM: Final = "usual"
HOSTILE_STREAM: Final = "hostile"
_AS_JSON: Final = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Cast:
    """Each service's usual requests a second, in order, and the rogues in order."""

    usual_rps: tuple[float, ...]
    rogues: tuple[Rogue, ...]
    seed: int


def draw_cast(scenario: RogueMonitor, form: Form, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario, form and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    rates = [chance.uniform(scenario.requests.least, scenario.requests.most) for _ in list_services(scenario)]
    rogues = chance.sample(form.rogues, form.drawn or len(form.rogues))
    return Cast(tuple(rates), tuple(rogues), chance.getrandbits(SEED_BITS))


def list_services(scenario: RogueMonitor) -> list[tuple[str, bool]]:
    """Every service, and whether it takes GraphQL only."""
    names = service_names(scenario.services + scenario.graphql_services)
    return [(name, number >= scenario.services) for number, name in enumerate(names)]


def plan_traffic(scenario: RogueMonitor, cast: Cast, port: int, seconds: float) -> LoadPlan:
    """Everybody's usual traffic, and hostile queries among that of the GraphQL services."""
    hosts: list[HostLoad] = []
    for (name, graphql), rps in zip(list_services(scenario), cast.usual_rps, strict=True):
        host = name_host(name)
        if graphql:
            hosts += _ask_queries(host, USUAL, RateWindow(0, seconds, rps), USUAL_STREAM)
            hosts += _ask_queries(host, list_hostile(), RateWindow(0, seconds, scenario.hostile), HOSTILE_STREAM)
        else:
            hosts.append(HostLoad(host, (RateWindow(0, seconds, rps),), stream=USUAL_STREAM))
    return LoadPlan(
        target_port=port,
        duration_s=seconds,
        hosts=tuple(hosts),
        seed=cast.seed,
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=scenario.clients + CONNECTIONS_BESIDE,
        sources=scenario.clients,
        requests_max=5_000_000,
    )


def _ask_queries(host: str, documents: tuple[str, ...], whole: RateWindow, stream: str) -> list[HostLoad]:
    """All of them equally often."""
    rates = (RateWindow(whole.start_s, whole.end_s, whole.rps / len(documents)),)
    return [
        HostLoad(host, rates, "POST", "/graphql", _AS_JSON, render_body(document), stream=stream)
        for document in documents
    ]
