"""The drill platform-surge on real processes: Holdfast, Envoy, upstream and load generator, all ended afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_load
from holdfast.drills.platform_surge.cast import draw_cast
from holdfast.drills.platform_surge.evidence import make_page
from holdfast.drills.platform_surge.measures import ModeRun, measure_run
from holdfast.drills.platform_surge.platform_file import write_platform
from holdfast.drills.platform_surge.traffic import plan_traffic
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.core_meter import CoreMeter
from holdfast.drills.stage.history import History
from holdfast.drills.stage.machine import describe_machine, divide_cores
from holdfast.drills.stage.site import start_stage
from holdfast.model.platform import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.platform_surge.cast import SurgeTimes
    from holdfast.drills.platform_surge.scenario import PlatformSurge
    from holdfast.drills.scenario import CapMode
    from holdfast.drills.stage.core_meter import CoreUse
    from holdfast.drills.stage.site import Stage


def play(scenario: PlatformSurge, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return PlatformSurgeDrill(scenario, order, watcher).play()


class PlatformSurgeDrill:
    """One run of the drill."""

    def __init__(self, scenario: PlatformSurge, order: Order, watcher: Watcher) -> None:
        self._order = order
        self._form = scenario.short if order.short else scenario.full
        self._scenario = scenario = scenario.scale(self._form)
        self._progress = Progress(watcher)
        self._cores = divide_cores()
        self._cast = draw_cast(scenario, self._form, order.seed)
        self._aftermaths: list[Aftermath] = []

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        build_instrument("load")
        sheet = Sheet(self._scenario, self._order.seed, self._order.protected, self._order.short)
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            runs = {mode: self._play_mode(Path(folder) / mode, mode) for mode in self._form.surges}
        scored = measure_run(sheet, runs)
        measure_aftermath(sheet, self._aftermaths)
        return conclude(sheet, self._progress, machine, make_page(self._scenario, runs, scored))

    def _play_mode(self, folder: Path, mode: CapMode) -> ModeRun:
        """All surges with a location that queues, or one that rejects, on a Holdfast of its own."""
        protecting = Mode.ENFORCE if self._order.protected else Mode.OBSERVE

        def write(edge_ports: Sequence[int], upstream_port: int) -> str:
            return write_platform(self._scenario, edge_ports, upstream_port, protecting)

        self._progress.begin(f"Holdfast starts, location {mode}s above its cap", 5)
        location = self._scenario.location
        options = UpstreamOptions(cap=location.in_flight, when_full=mode, answer_ms=location.answer * 1e3)
        with (
            start_stage(folder, self._cores, write, options) as stage,
            look_afterwards(stage.site.holdfast.places, self._aftermaths, protected=self._order.protected),
        ):
            return self._play_surges(stage, mode)

    def _play_surges(self, stage: Stage, mode: CapMode) -> ModeRun:
        plan = plan_traffic(self._scenario, self._form, self._cast, mode, stage.port)
        surges = self._cast.surges[mode]
        self._progress.begin(f"learning what is usual, then {len(surges)} surges", plan.duration_s)
        edges = stage.site.edge_pids
        with start_load(plan, self._cores.beside) as load:
            history = History(stage.api, load.started_ns)
            uses = tuple(self._follow_surge(history, surge, edges) for surge in surges)
            history.follow(max(0.0, plan.duration_s - history.now_s()), lambda: False)
            return ModeRun(load.wait(), surges, history, uses)

    def _follow_surge(self, history: History, surge: SurgeTimes, edges: Sequence[int]) -> CoreUse:
        """Follow a surge from before to its end; who used the edges' core at its height."""
        self._progress.load(self._scenario.usual_rps, 0.0)
        history.follow(surge.onset_s - history.now_s(), lambda: False)
        self._progress.note(f"everything rises to {self._scenario.surge_rps:,.0f}/s")
        self._progress.load(self._scenario.usual_rps, self._scenario.surge_rps - self._scenario.usual_rps)
        history.follow(surge.height_s - history.now_s(), lambda: False)
        meter = CoreMeter(self._cores.edge, edges)
        history.follow(surge.over_s - history.now_s(), lambda: False)
        self._progress.note("everything is back to usual")
        return meter.read()
