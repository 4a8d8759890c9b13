"""The drill bad-route-push on real processes: Holdfast, Envoys, upstream and generators, all ended afterwards."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_route_push.answers import collect_answers
from holdfast.drills.bad_route_push.cast import draw_cast, plan_traffic
from holdfast.drills.bad_route_push.evidence import make_page
from holdfast.drills.bad_route_push.kills import play_kills
from holdfast.drills.bad_route_push.measures import Outage, Run, measure_outage, measure_run
from holdfast.drills.bad_route_push.operator import Operator
from holdfast.drills.bad_route_push.platform_file import Edition, PlatformFile
from holdfast.drills.bad_route_push.pushes import PushRefused, force, play_halves, refuse_bad
from holdfast.drills.bad_route_push.restart import play_dormant
from holdfast.drills.bad_route_push.rollouts import read_rollouts
from holdfast.drills.bad_route_push.stand import Stand, Texts
from holdfast.drills.bad_route_push.timing import DrillClock
from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_load, start_upstream
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.report.page import Page
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import measure_aftermath, read_aftermath
from holdfast.drills.stage.core_meter import CoreMeter
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import describe_machine, divide_cores, find_free_ports
from holdfast.drills.stage.names import name_edge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.bad_route_push.answers import Answers
    from holdfast.drills.bad_route_push.scenario import BadRoutePush
    from holdfast.drills.instruments import LoadRun

UNWATCHED: Final = ("--no-watch",)
TRAFFIC_S_MAX: Final = 3_000.0
"""The traffic is planned for so long at the most, and ended when it is no longer needed."""
TRAFFIC_SHORT_S_MAX: Final = 600.0
PUSH_S, ROLLOUT_S, KILL_S = 25.0, 10.0, 20.0
"""About what a push with its plan, a rollout besides its baking, and a kill take."""


def play(scenario: BadRoutePush, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return BadRoutePushDrill(scenario, order, watcher).play()


class BadRoutePushDrill:
    """One run of the drill."""

    def __init__(self, scenario: BadRoutePush, order: Order, watcher: Watcher) -> None:
        self._scenario = scenario
        self._order = order
        self._form = scenario.short if order.short else scenario.full
        self._progress = Progress(watcher)
        self._cores = divide_cores()
        self._cast = draw_cast(scenario, self._form, order.seed)

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        build_instrument("load")
        sheet = Sheet(self._scenario, self._order.seed, self._order.protected, self._order.short)
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            page = self._play_on(Path(folder) / "site", sheet)
        return conclude(sheet, self._progress, machine, page)

    def _play_on(self, folder: Path, sheet: Sheet[BadRoutePush]) -> Page:
        upstream_port, *edge_ports = find_free_ports(1 + self._scenario.edges)
        texts = Texts(PlatformFile(self._scenario, self._form, edge_ports, upstream_port))
        arguments = () if self._order.protected else UNWATCHED
        self._progress.begin("Holdfast starts", 10)
        options = UpstreamOptions(
            cap=self._scenario.location.in_flight,
            answer_ms=self._scenario.location.answer * 1e3,
            port=upstream_port,
        )
        with ExitStack() as stack:
            stack.enter_context(start_upstream(options, self._cores.beside))
            first = texts.of(Edition.BEFORE)
            holdfast = stack.enter_context(HoldfastProcess(folder, first, self._cores, arguments))
            operator = stack.enter_context(Operator(holdfast.places))
            loads = self._start_traffic(stack, edge_ports)
            clock = DrillClock.since(loads[0].started_ns)
            port_of = {name_edge(number): port for number, port in enumerate(edge_ports, start=1)}
            stand = Stand(self._form, self._cast, holdfast, port_of, operator, texts, clock, self._progress.note)
            play = self._play_protected if self._order.protected else self._play_outage
            return play(stand, loads, sheet)

    def _start_traffic(self, stack: ExitStack, edge_ports: list[int]) -> list[LoadRun]:
        longest_s = TRAFFIC_SHORT_S_MAX if self._order.short else TRAFFIC_S_MAX
        self._progress.load(self._cast.rps, 0.0)
        plans = plan_traffic(self._scenario, self._cast, edge_ports, longest_s)
        return [stack.enter_context(start_load(plan, self._cores.beside)) for plan in plans]

    def _play_protected(self, stand: Stand, loads: Sequence[LoadRun], sheet: Sheet[BadRoutePush]) -> Page:
        form = self._form
        self._learn(stand, form.learn)
        meter = CoreMeter(self._cores.edge, [envoy.pid for envoy in stand.holdfast.envoys.values()])
        self._progress.begin("two harmless changes", form.bake * 4 + PUSH_S)
        halves = play_halves(stand)
        self._progress.begin("where they meet, the plan stops them", PUSH_S)
        refusal = refuse_bad(stand, stand.texts.of(Edition.BOTH))
        self._progress.begin("more endpoints than the pool of addresses has", form.settle)
        exhausting = refuse_bad(stand, stand.texts.of(Edition.NAMED, crowded_in=self._cast.dormant_in), past_plan=True)
        self._progress.begin("forced past the plan", form.pushes * (PUSH_S + form.settle))
        pushes = tuple(force(stand, refusal.answer.dangers) for _ in range(form.pushes))
        use = meter.read()
        self._progress.begin("dormant until a restart", PUSH_S + 2 * form.settle)
        dormant = play_dormant(stand)
        self._progress.begin("control is killed", form.kills * KILL_S)
        kills = play_kills(stand)
        answers, lateness_ms = self._end_traffic(stand, loads)
        aftermath = read_aftermath(stand.holdfast.places)
        stand.holdfast.stop()
        rollouts = read_rollouts(stand.holdfast.places, stand.clock)
        run = Run(answers, lateness_ms, use, rollouts, halves, refusal, exhausting, pushes, dormant, kills)
        page = make_page(self._scenario, run, measure_run(sheet, run))
        measure_aftermath(sheet, [aftermath])
        return page

    def _play_outage(self, stand: Stand, loads: Sequence[LoadRun], sheet: Sheet[BadRoutePush]) -> Page:
        form = self._form
        self._learn(stand, form.settle)
        for edition in (Edition.NAMED, Edition.BOTH):
            self._progress.begin(f"{edition} to everybody at once", PUSH_S)
            answer = stand.operator.propose_past_plan(stand.texts.of(edition), at_once=True)
            if answer.number is None:
                raise PushRefused(f"{edition} was refused: {answer.code} {answer.detail}")
        pushed_s = stand.clock.now_s()
        self._progress.begin("nobody watches", form.bake)
        time.sleep(form.bake)
        over_s = stand.clock.now_s()
        answers, lateness_ms = self._end_traffic(stand, loads)
        measure_outage(sheet, Outage(answers, lateness_ms, pushed_s, over_s))
        return Page(self._scenario.title, self._scenario.incident)

    def _learn(self, stand: Stand, seconds: float) -> None:
        """Have what is usual be learnt; what will be handed in is written meanwhile."""
        self._progress.begin("learning what is usual", seconds)
        until_s = stand.clock.now_s() + seconds
        for edition in (Edition.TIDIED, Edition.NAMED, Edition.BOTH):
            stand.texts.of(edition)
        if self._order.protected:
            stand.texts.of(Edition.NAMED, dormant_in=self._cast.dormant_in)
            for edition in (Edition.NAMED, Edition.WIDER):
                stand.texts.of(edition, bake_s=self._form.kills_bake)
        time.sleep(max(0.0, until_s - stand.clock.now_s()))

    def _end_traffic(self, stand: Stand, loads: Sequence[LoadRun]) -> tuple[Answers, float]:
        results = [load.finish_early() for load in loads]
        for edge, result in enumerate(results, start=1):
            told = ", ".join(f"{status}: {count:,}" for status, count in sorted(result.summary.statuses.items()))
            self._progress.note(f"{name_edge(edge)} answered {told}")
        names = tuple(served.name for served in self._cast.services)
        return collect_answers(results, names, stand.clock), max(r.summary.lateness_ms_p99 for r in results)
