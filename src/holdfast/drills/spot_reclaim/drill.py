"""The drill spot-reclaim on real processes: Holdfast, Envoys, machines and generators, all ended afterwards."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_route_push.timing import DrillClock
from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import build_instrument, start_load
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.sheet import Sheet
from holdfast.drills.spot_reclaim.acts import Announced, Gone, Kills, Stage, play_announced, play_gone, play_kills
from holdfast.drills.spot_reclaim.answers import collect_answers
from holdfast.drills.spot_reclaim.evidence import make_page, tell_failures
from holdfast.drills.spot_reclaim.measures import Run, measure_cores, measure_harm, measure_run
from holdfast.drills.spot_reclaim.operator import SpotOperator
from holdfast.drills.spot_reclaim.platform_file import write_protected, write_unprotected
from holdfast.drills.spot_reclaim.prober import probe_assets
from holdfast.drills.spot_reclaim.provider import Provider
from holdfast.drills.spot_reclaim.traffic import list_assets, plan_traffic
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.core_meter import CoreMeter
from holdfast.drills.stage.holdfast_process import HoldfastFailed, HoldfastProcess
from holdfast.drills.stage.machine import describe_machine, divide_cores, find_free_ports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.instruments import LoadResult, LoadRun
    from holdfast.drills.report.page import Page
    from holdfast.drills.spot_reclaim.scenario import SpotReclaim

UNWATCHED: Final = ("--no-watch",)
SEED_BITS: Final = 32
TRAFFIC_S_MAX: Final = 900.0
"""The traffic is planned for so long, and ended when it is no longer needed."""
SERVING_S_MAX: Final = 30.0
LOOK_S: Final = 0.1
REST_S: Final = 3.0
"""Between two acts: what was asked in the one is answered before the other begins."""


def play(scenario: SpotReclaim, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return SpotReclaimDrill(scenario, order, watcher).play()


class SpotReclaimDrill:
    """One run of the drill."""

    def __init__(self, scenario: SpotReclaim, order: Order, watcher: Watcher) -> None:
        self._scenario = scenario
        self._order = order
        self._form = scenario.short if order.short else scenario.full
        self._progress = Progress(watcher)
        self._cores = divide_cores()
        self._chance = Random(order.seed)  # noqa: S311 - to be repeated, not to be unguessable
        self._aftermaths: list[Aftermath] = []

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        build_instrument("load")
        sheet = Sheet(self._scenario, self._order.seed, self._order.protected, self._order.short)
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            page = self._play_in(Path(folder), sheet)
        return conclude(sheet, self._progress, machine, page)

    def _play_in(self, folder: Path, sheet: Sheet[SpotReclaim]) -> Page:
        scenario, is_protected = self._scenario, self._order.protected
        port, *edge_ports = find_free_ports(1 + scenario.edges)
        feed = folder / "machines.json"
        self._progress.begin("Holdfast starts", 10)
        with ExitStack() as stack:
            provider = stack.enter_context(Provider(scenario.machines, feed, port, self._cores.beside))
            if is_protected:
                text = write_protected(scenario, edge_ports, feed)
            else:
                text = write_unprotected(scenario, edge_ports, [each.endpoint for each in provider.alive])
            arguments = () if is_protected else UNWATCHED
            holdfast = stack.enter_context(HoldfastProcess(folder / "site", text, self._cores, arguments))
            stack.enter_context(look_afterwards(holdfast.places, self._aftermaths, protected=is_protected))
            operator = stack.enter_context(SpotOperator(holdfast.places))
            self._await_serving(edge_ports)
            loads = self._start_traffic(stack, edge_ports)
            clock = DrillClock.since(loads[0].started_ns)
            stage = Stage(scenario, self._form, provider, edge_ports, clock, self._chance, self._progress.note)
            time.sleep(self._form.settle)
            meter = CoreMeter(self._cores.edge, [envoy.pid for envoy in holdfast.envoys.values()])
            run = self._play_acts(stage, operator, loads)
            measure_cores(sheet, meter.read())
        self._progress.note(tell_failures(run))
        measure = measure_run if is_protected else measure_harm
        measure(sheet, run)
        measure_aftermath(sheet, self._aftermaths)
        return make_page(scenario, run)

    def _play_acts(self, stage: Stage, operator: SpotOperator, loads: Sequence[LoadRun]) -> Run:
        form, announced = self._form, None
        self._progress.begin("machines are killed", form.kills * (form.between.least + form.between.most) / 2)
        kills = play_kills(stage)
        time.sleep(REST_S)
        if self._order.protected:
            self._progress.begin("a machine is announced", form.notice + form.settle)
            announced = play_announced(stage, operator)
            time.sleep(REST_S)
        self._progress.begin("all machines are gone", form.gone)
        gone = play_gone(stage, form.gone, list_assets(self._scenario), is_awaited=self._order.protected)
        self._progress.begin("the traffic ends", self._scenario.client_timeout)
        return _conclude(stage, [load.finish_early() for load in loads], kills, gone, announced)

    def _start_traffic(self, stack: ExitStack, edge_ports: list[int]) -> list[LoadRun]:
        scenario = self._scenario
        self._progress.load(scenario.small.requests + scenario.large.requests + scenario.api, 0.0)
        plans = plan_traffic(scenario, edge_ports, self._chance.getrandbits(SEED_BITS), TRAFFIC_S_MAX)
        return [stack.enter_context(start_load(plan, self._cores.beside)) for plan in plans]

    def _await_serving(self, edge_ports: Sequence[int]) -> None:
        """Every edge serves every file: machines are known and healthy by then."""
        deadline = time.monotonic() + SERVING_S_MAX
        while not all(probe.is_right for probe in probe_assets(edge_ports, list_assets(self._scenario))):
            if time.monotonic() > deadline:
                raise HoldfastFailed(f"not every file was served within {SERVING_S_MAX:g} s")
            time.sleep(LOOK_S)


def _conclude(
    stage: Stage, results: Sequence[LoadResult], kills: Kills, gone: Gone, announced: Announced | None
) -> Run:
    lateness_ms = max(result.summary.lateness_ms_p99 for result in results)
    return Run(collect_answers(results, stage.clock), lateness_ms, kills, gone, announced)
