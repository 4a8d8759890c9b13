"""The drill rogue-monitor on real processes: Holdfast, its analyser, Envoy, upstream and generator."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_load
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.rogue_monitor.cast import draw_cast, plan_traffic
from holdfast.drills.rogue_monitor.deployments import OFF_WAIT_S_MAX, Run, Stand, await_analyser, deploy, hitch
from holdfast.drills.rogue_monitor.evidence import make_page
from holdfast.drills.rogue_monitor.measures import measure_run
from holdfast.drills.rogue_monitor.platform_file import write_platform
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.machine import describe_machine, divide_cores
from holdfast.drills.stage.site import start_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.rogue_monitor.scenario import RogueMonitor
    from holdfast.drills.stage.site import Stage

DEPLOYMENT_S: Final = 15.0
"""About what a bad build takes until it is off, and back."""
SPARE_S: Final = 60.0


def play(scenario: RogueMonitor, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return RogueMonitorDrill(scenario, order, watcher).play()


class RogueMonitorDrill:
    """One run of the drill."""

    def __init__(self, scenario: RogueMonitor, order: Order, watcher: Watcher) -> None:
        self._scenario = scenario
        self._order = order
        self._form = scenario.short if order.short else scenario.full
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
            run = self._play_rogues(Path(folder))
        measure_run(sheet, run)
        measure_aftermath(sheet, self._aftermaths)
        return conclude(sheet, self._progress, machine, make_page(self._scenario, run))

    def _play_rogues(self, folder: Path) -> Run:
        def write(edge_ports: Sequence[int], upstream_port: int) -> str:
            return write_platform(self._scenario, edge_ports, upstream_port)

        self._progress.begin("Holdfast starts", 5)
        location = self._scenario.location
        options = UpstreamOptions(cap=location.in_flight, answer_ms=location.answer * 1e3)
        with (
            start_stage(folder / "site", self._cores, write, options) as stage,
            look_afterwards(stage.site.holdfast.places, self._aftermaths, protected=self._order.protected),
        ):
            return self._play_under_load(stage, folder / "builds")

    def _play_under_load(self, stage: Stage, builds: Path) -> Run:
        form, rogues = self._form, self._cast.rogues
        expected_s = form.learn + len(rogues) * (form.before + DEPLOYMENT_S + form.after) + 2 * self._scenario.hitch
        longest_s = expected_s + len(rogues) * OFF_WAIT_S_MAX + SPARE_S
        plan = plan_traffic(self._scenario, self._cast, stage.port, longest_s)
        self._progress.begin(f"{len(rogues)} bad builds of the analyser", expected_s)
        self._progress.load(sum(self._cast.usual_rps), 0.0)
        with start_load(plan, self._cores.beside) as usual:
            stand = Stand(self._scenario, form, self._cores, stage, usual, builds)
            await_analyser(stand)
            time.sleep(form.learn)
            deployments = tuple(deploy(stand, rogue, self._progress.note) for rogue in rogues)
            self._progress.note("the upstream stands still once, which must show")
            stood_still = hitch(stand)
            return Run(usual.finish_early(), deployments, stood_still)
