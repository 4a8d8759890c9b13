"""What clients ask for: each edge's services, reads and writes apart, and a crowd on top of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import HostLoad, LoadPlan, RateWindow
from holdfast.drills.provider_loss.places import LOCATIONS, REPORTS, SERVICES
from holdfast.drills.stage.names import name_host

if TYPE_CHECKING:
    from holdfast.drills.provider_loss.cast import Cast
    from holdfast.drills.provider_loss.places import Served
    from holdfast.drills.provider_loss.scenario import ProviderLoss

READS, WRITES, CROWD = "reads", "writes", "crowd"
READ_PATH: Final = "/items"
WRITE_PATH: Final = "/orders"
CONNECTIONS_BESIDE: Final = 1_024
"""More than clients that keep alive need, so that nothing waits for one while much is unanswered."""


def name_stream(service: str, kind: str) -> str:
    """What the requests of one kind for one service are known by."""
    return f"{service}:{kind}"


def plan_traffic(scenario: ProviderLoss, cast: Cast, edge: str, port: int, seconds: float) -> LoadPlan:
    """What one edge is asked for: reads and writes of its location's services."""
    services = [served for served in SERVICES if edge in LOCATIONS[served.location]]
    hosts = [
        load
        for served in services
        for load in (_read(served, cast.reads_rps[served.name], seconds), _write(served, scenario.writes, seconds))
    ]
    return _plan(scenario, port, cast.seeds[edge], hosts, seconds)


def plan_crowd(scenario: ProviderLoss, cast: Cast, port: int, seconds: float) -> LoadPlan:
    """What many more ask for of a service that may go without."""
    host = name_host(REPORTS.name)
    rates = (RateWindow(0, seconds, scenario.crowd),)
    load = HostLoad(host, rates, path=READ_PATH, stream=name_stream(REPORTS.name, CROWD))
    return _plan(scenario, port, cast.crowd_seed, [load], seconds)


def _plan(scenario: ProviderLoss, port: int, seed: int, hosts: list[HostLoad], seconds: float) -> LoadPlan:
    return LoadPlan(
        target_port=port,
        duration_s=seconds,
        hosts=tuple(hosts),
        seed=seed,
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=scenario.clients + CONNECTIONS_BESIDE,
        sources=scenario.clients,
        requests_max=4_000_000,
    )


def _read(served: Served, rps: float, seconds: float) -> HostLoad:
    rates = (RateWindow(0, seconds, rps),)
    return HostLoad(name_host(served.name), rates, path=READ_PATH, stream=name_stream(served.name, READS))


def _write(served: Served, rps: float, seconds: float) -> HostLoad:
    return HostLoad(
        name_host(served.name),
        (RateWindow(0, seconds, rps),),
        method="POST",
        path=WRITE_PATH,
        body="one",
        stream=name_stream(served.name, WRITES),
    )
