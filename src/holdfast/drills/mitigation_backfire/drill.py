"""The drill mitigation-backfire on real processes: Holdfast, Envoy, upstream and generator, all ended afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_load
from holdfast.drills.mitigation_backfire.cast import draw_cast, plan_traffic
from holdfast.drills.mitigation_backfire.evidence import make_page
from holdfast.drills.mitigation_backfire.measures import measure_run
from holdfast.drills.mitigation_backfire.platform_file import write_platform
from holdfast.drills.mitigation_backfire.rounds import Run, Stand, play_round
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.history import History
from holdfast.drills.stage.machine import describe_machine, divide_cores
from holdfast.drills.stage.site import start_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.mitigation_backfire.scenario import MitigationBackfire
    from holdfast.drills.stage.site import Stage

UNWATCHED: Final = ("--no-watch",)
"""How `holdfast up` is told to watch nothing: nothing is predicted, and nothing is reverted."""
SPARE: Final = 1.5
SPARE_S: Final = 60.0
"""The traffic is planned for so much longer than is expected, and ended when it is no longer needed."""


def play(scenario: MitigationBackfire, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return MitigationBackfireDrill(scenario, order, watcher).play()


class MitigationBackfireDrill:
    """One run of the drill."""

    def __init__(self, scenario: MitigationBackfire, order: Order, watcher: Watcher) -> None:
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
            run = self._play_rounds(Path(folder) / "site")
        scored = measure_run(sheet, run)
        measure_aftermath(sheet, self._aftermaths)
        return conclude(sheet, self._progress, machine, make_page(self._scenario, run, scored))

    def _play_rounds(self, folder: Path) -> Run:
        def write(edge_ports: Sequence[int], upstream_port: int) -> str:
            return write_platform(self._scenario, edge_ports, upstream_port)

        self._progress.begin("Holdfast starts" if self._order.protected else "Holdfast starts, watching nothing", 5)
        arguments = () if self._order.protected else UNWATCHED
        location = self._scenario.location
        options = UpstreamOptions(cap=location.in_flight, answer_ms=location.answer * 1e3)
        with (
            start_stage(folder, self._cores, write, options, arguments) as stage,
            look_afterwards(stage.site.holdfast.places, self._aftermaths, protected=self._order.protected),
        ):
            return self._play_under_load(stage)

    def _play_under_load(self, stage: Stage) -> Run:
        form, mistakes = self._form, self._cast.mistakes
        expected_s = form.learn + len(mistakes) * ((form.harmless or 0.0) + form.watched + form.after + 1)
        plan = plan_traffic(self._scenario, self._cast, stage.port, SPARE * expected_s + SPARE_S)
        self._progress.begin(f"learning what is usual, then {len(mistakes)} mistakes", expected_s)
        with start_load(plan, self._cores.beside) as usual:
            history = History(stage.api, usual.started_ns)
            stand = Stand(form, stage.api, usual, history)
            history.follow(form.learn, lambda: False)
            rounds = tuple(play_round(stand, mistake, self._progress.note) for mistake in mistakes)
            return Run(usual.finish_early(), rounds, history)
