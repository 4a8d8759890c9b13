"""What edges would have refused: asked of each edge's Envoy, and told apart from what isn't known."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from holdfast.adapters.envoy.admin import CLUSTERS_ASKED_MAX, EnvoyAdmin
from holdfast.agent.settings import admin_socket
from holdfast.compile import COUNTS_PATTERN, read_counts
from holdfast.model.observed import EdgeCounts
from holdfast.model.platform import Platform

CountObserved = Callable[[Platform], Awaitable[Mapping[str, EdgeCounts | None]]]
"""Asks every edge of a platform for its counts; None for an edge that doesn't answer."""


async def count_observed(folders: Mapping[str, Path]) -> Mapping[str, EdgeCounts | None]:
    """The counts of edges whose agents have these folders; None for an edge that doesn't answer."""
    answers = await asyncio.gather(*(_ask_edge(folder) for folder in folders.values()))
    return dict(zip(folders, answers, strict=True))


async def _ask_edge(folder: Path) -> EdgeCounts | None:
    try:
        async with EnvoyAdmin(admin_socket(folder)) as admin:
            stats = await admin.stats(COUNTS_PATTERN)
            services = sorted(await asyncio.to_thread(read_counts, stats))
            in_flight: dict[str, int] = {}
            for first in range(0, len(services), CLUSTERS_ASKED_MAX):
                in_flight |= await admin.count_in_flight(services[first : first + CLUSTERS_ASKED_MAX])
    except (ConnectionError, ValueError):
        return None
    return await asyncio.to_thread(read_counts, stats, in_flight)
