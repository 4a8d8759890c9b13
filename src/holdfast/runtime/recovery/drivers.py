"""All drivers together: made, given what edges report, kept running, ended."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

from holdfast.runtime.control import Control
from holdfast.runtime.known_traffic import KnownTraffic
from holdfast.runtime.recovery.assets import AssetKeeper
from holdfast.runtime.recovery.endpoints import EndpointFeeds
from holdfast.runtime.recovery.failing_over import FailingOver
from holdfast.runtime.recovery.machines import Machines
from holdfast.runtime.recovery.readiness import ReadinessProver
from holdfast.runtime.recovery.reclaims import ReclaimWatch
from holdfast.runtime.recovery.restore_operations import RestoreOperations
from holdfast.runtime.recovery.restoring import Restorer
from holdfast.runtime.recovery.spool_operations import SpoolOperations
from holdfast.runtime.recovery.spooling import Spooling
from holdfast.runtime.state_dir import StateDir
from holdfast.runtime.watch.watcher import Watcher


@dataclass(frozen=True, slots=True)
class Drivers:
    """What control does about losses, and what people ask of it."""

    readiness: ReadinessProver
    failing_over: FailingOver
    restorer: Restorer
    restoration: RestoreOperations
    machines: Machines
    assets: AssetKeeper
    spool: SpoolOperations
    work: Sequence[Callable[[], Coroutine[None, None, None]]]

    def close(self) -> None:
        """End what they have begun beside control's loop."""
        self.assets.close()
        self.readiness.close()


def make_drivers(
    control: Control, places: StateDir, watcher: Watcher, traffic: KnownTraffic, *, watching: bool
) -> Drivers:
    """All of them, at rest. Without `watching` nothing fails over by itself: nobody says how upstreams do."""
    assets = AssetKeeper(control, places.assets, places.edges)
    readiness = ReadinessProver(control, traffic.recall_usage, places.edges, places.readiness, lambda: assets.standing)
    failing_over = FailingOver(control, readiness.find_unready)
    restorer = Restorer(control, watcher.lookout.read_services, traffic.recall_usage, places.edges)
    feeds = EndpointFeeds(control, control.world.clock, places.discovered, control.world.discovered)
    reclaims = ReclaimWatch(control)
    spooling = Spooling(control, places.path.resolve() / "spool", places.path.resolve() / "edges")
    work = [feeds.run, reclaims.run, assets.run, spooling.run, readiness.run, restorer.run]
    return Drivers(
        readiness,
        failing_over,
        restorer,
        RestoreOperations(control, restorer),
        Machines(control, feeds, reclaims),
        assets,
        SpoolOperations(control, spooling),
        [*work, failing_over.run] if watching else work,
    )
