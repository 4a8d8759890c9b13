"""What clients ask the edges for: small files, large ones, and the API beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import HostLoad, LoadPlan, RateWindow
from holdfast.drills.spot_reclaim.contents import API, API_PATH, LARGE, SMALL, name_assets
from holdfast.drills.spot_reclaim.platform_file import HOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.spot_reclaim.scenario import SpotReclaim

CONNECTIONS_MAX: Final = 512


def list_assets(scenario: SpotReclaim) -> tuple[str, ...]:
    """The paths of all files."""
    small, large = scenario.small, scenario.large
    return (*name_assets(SMALL, small.count, small.size), *name_assets(LARGE, large.count, large.size))


def plan_traffic(scenario: SpotReclaim, edge_ports: Sequence[int], seed: int, seconds: float) -> list[LoadPlan]:
    """One plan for each edge, each as much; streams are the kinds of what is asked for."""
    loads: list[tuple[str, tuple[str, ...], float]] = [(API, (API_PATH,), scenario.api)]
    for kind, files in ((SMALL, scenario.small), (LARGE, scenario.large)):
        loads.append((kind, name_assets(kind, files.count, files.size), files.requests))
    return [
        LoadPlan(
            target_port=port,
            duration_s=seconds,
            hosts=tuple(
                HostLoad(
                    HOST,
                    (RateWindow(0, seconds, rps / len(paths) / len(edge_ports)),),
                    path=path,
                    stream=kind,
                )
                for kind, paths, rps in loads
                for path in paths
            ),
            seed=seed + number,
            timeout_ms=round(scenario.client_timeout * 1e3),
            connections_max=CONNECTIONS_MAX,
            sources=scenario.clients,
            requests_max=5_000_000,
        )
        for number, port in enumerate(edge_ports)
    ]
