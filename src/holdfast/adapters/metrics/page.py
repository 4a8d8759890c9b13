"""The page that Prometheus reads."""

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from holdfast.adapters.metrics.choice import ServiceChoice
from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.health import EndingTally, expose_health
from holdfast.adapters.metrics.letters import expose_letters
from holdfast.adapters.metrics.paging import expose_paging
from holdfast.adapters.metrics.reading import MetricsReading, MetricsSource
from holdfast.adapters.metrics.recovery import expose_recovery
from holdfast.adapters.metrics.rollout import RollbackTally, expose_rollout
from holdfast.adapters.metrics.spool import expose_spool
from holdfast.adapters.metrics.status_site import expose_status_site
from holdfast.adapters.metrics.tally import TrafficTally
from holdfast.adapters.metrics.traffic import expose_traffic

FRESH_S: Final = 1.0
"""A page is given again for so long, so that many readers cost as much as one."""


class MetricsPage:
    """Writes the page. What is read is read in the event loop, all else is done in a thread."""

    def __init__(self, source: MetricsSource, tally: TrafficTally) -> None:
        self._source = source
        self._tally = tally
        self._choice = ServiceChoice()
        self._endings = EndingTally()
        self._rollbacks = RollbackTally()
        self._busy = asyncio.Lock()
        self._page: tuple[float, bytes] | None = None

    async def render(self) -> bytes:
        """All metrics in Prometheus' text format (version 0.0.4)."""
        async with self._busy:
            now = asyncio.get_running_loop().time()
            if self._page is None or now - self._page[0] >= FRESH_S:
                self._page = now, await self._write()
            return self._page[1]

    async def _write(self) -> bytes:
        of_concern = frozenset(self._source.services_of_concern())
        services = await asyncio.to_thread(self._choice.choose, self._tally, of_concern)
        reading = self._source.read_metrics(services)
        return await asyncio.to_thread(self._render, reading, services)

    def _render(self, reading: MetricsReading, services: list[str]) -> bytes:
        self._endings.take(reading.state)
        self._rollbacks.take(reading.state)
        page, registry = Exposition(), CollectorRegistry()
        expose_traffic(page, self._tally, reading, services)
        expose_health(page, reading, self._endings)
        expose_rollout(page, reading, self._rollbacks)
        expose_recovery(page, reading)
        expose_spool(page, reading)
        expose_status_site(page, reading)
        expose_letters(page, reading)
        expose_paging(page, reading)
        registry.register(page)
        ProcessCollector(namespace="holdfast", registry=registry)
        return generate_latest(registry)
