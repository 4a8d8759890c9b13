"""What metrics are made of, read from control and the watch."""

from collections.abc import Collection
from typing import Final

from holdfast import __version__
from holdfast.adapters.metrics import MetricsReading, WatchHealth
from holdfast.adapters.metrics.reading import FeedReading
from holdfast.runtime.components import Components
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.tellers import Tellers
from holdfast.runtime.live.spool import LiveSpool
from holdfast.runtime.recovery.drivers import Drivers
from holdfast.runtime.watch.guard import TICK_S, WORDS, Level
from holdfast.runtime.watch.watcher import Watcher

CONCERN_MAX: Final = 500
"""Services of concern that have metrics of their own."""


class LiveMetrics:
    """`adapters.metrics.MetricsSource` over a running control. Belongs to control's event loop."""

    def __init__(
        self,
        control: Control,
        watcher: Watcher,
        components: Components,
        drivers: Drivers,
        spool: LiveSpool,
        tellers: Tellers,
    ) -> None:
        self._control = control
        self._drivers = drivers
        self._spool = spool
        self._tellers = tellers
        self._watcher = watcher
        self._components = components
        self._started_at = control.world.clock()

    def read_metrics(self, services: Collection[str]) -> MetricsReading:
        """Everything now, and readings of these services."""
        control, lookout, guard = self._control, self._watcher.lookout, self._watcher.guard
        degraded = () if guard.level is Level.FULL else (WORDS[guard.level],)
        return MetricsReading(
            started_at=self._started_at,
            version=__version__,
            state=control.state,
            intent=control.intent,
            statuses=control.world.fleet.statuses(),
            edges=lookout.read_edges(),
            locations=lookout.read_locations(),
            services=lookout.read_services(services),
            components=(self._components.status,),
            watch=WatchHealth(guard.share * TICK_S[guard.level], guard.lag_s, degraded),
            journal_writable=control.journal_writable,
            unrecorded=len(control.core.unrecorded),
            standbys=self._drivers.readiness.judge_all(),
            assets=self._drivers.assets.standing,
            now=control.world.clock(),
            feeds={
                cluster: FeedReading(bool(feed.problem), feed.read_at)
                for cluster, feed in self._drivers.machines.feeds.items()
            },
            spool=self._spool.read(),
            status_site=self._tellers.site.standing,
            outboxes=self._tellers.outboxes.read_figures(),
            subscribers=self._tellers.subscribing.desk.figures,
            paging=self._tellers.paging.operations.read(),
        )

    def services_of_concern(self) -> Collection[str]:
        """Services that something is found of, or that are mitigated."""
        state = self._control.state
        found = [f.service for f in state.findings.values()] + [f.service for f in self._watcher.findings]
        mitigated = [m.measure.service for m in state.mitigations.values()]
        return sorted({name for name in (*found, *mitigated) if name})[:CONCERN_MAX]
