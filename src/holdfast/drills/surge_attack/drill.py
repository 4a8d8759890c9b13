"""The drill surge-attack on real processes: Holdfast, Envoys, upstream and load generators, all ended afterwards."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_load
from holdfast.drills.peers.contenders import start_peer_scene
from holdfast.drills.peers.places import Setting
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.core_meter import CoreMeter
from holdfast.drills.stage.history import History
from holdfast.drills.stage.machine import describe_machine, divide_cores, read_cpu_s
from holdfast.drills.stage.site import start_stage
from holdfast.drills.surge_attack.cast import draw_cast
from holdfast.drills.surge_attack.episodes import ModeRun, Stand, estimate_s, play_episode
from holdfast.drills.surge_attack.evidence import make_page
from holdfast.drills.surge_attack.measures import measure_run
from holdfast.drills.surge_attack.platform_file import list_limits, write_platform
from holdfast.drills.surge_attack.traffic import plan_usual
from holdfast.model.platform import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holdfast.drills.scenario import CapMode
    from holdfast.drills.stage.site import Scene
    from holdfast.drills.surge_attack.scenario import Form, SurgeAttack

SPARE: Final = 1.5
SPARE_S: Final = 60.0
"""The usual traffic is planned for so much longer than is expected, and ended when it is no longer needed."""


def play(scenario: SurgeAttack, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return SurgeAttackDrill(scenario, order, watcher).play()


def choose_form(scenario: SurgeAttack, order: Order) -> Form:
    """How much is measured."""
    if order.peer is not None and not order.short:
        return scenario.beside[order.peer]
    return scenario.short if order.short else scenario.full


class SurgeAttackDrill:
    """One run of the drill."""

    def __init__(self, scenario: SurgeAttack, order: Order, watcher: Watcher) -> None:
        self._scenario = scenario
        self._order = order
        self._form = choose_form(scenario, order)
        self._progress = Progress(watcher)
        self._cores = divide_cores()
        self._cast = draw_cast(scenario, self._form, order.seed)
        self._aftermaths: list[Aftermath] = []

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        build_instrument("load")
        order = self._order
        sheet = Sheet(self._scenario, order.seed, order.protected, order.short, order.peer)
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            runs = {mode: self._play_mode(Path(folder) / mode, mode) for mode in self._form.episodes}
        attacks = measure_run(sheet, runs)
        measure_aftermath(sheet, self._aftermaths)
        return conclude(sheet, self._progress, machine, make_page(self._scenario, runs, attacks))

    def _play_mode(self, folder: Path, mode: CapMode) -> ModeRun:
        """All episodes with a location that queues, or one that rejects, on a Holdfast (or a peer) of its own."""
        self._progress.begin(f"{self._order.peer or 'Holdfast'} starts, location {mode}s above its cap", 5)
        with self._set_scene(folder, mode) as scene:
            episodes = self._cast.episodes[mode]
            expected_s = estimate_s(self._scenario, self._form, episodes)
            plan = plan_usual(self._scenario, self._cast, mode, scene.port, SPARE * expected_s + SPARE_S)
            self._progress.begin(f"learning what is usual, then {len(episodes)} episodes", expected_s)
            with start_load(plan, self._cores.beside) as usual:
                history = History(scene.teller, usual.started_ns)
                stand = Stand(self._scenario, self._form, self._cores, scene.port, scene.upstream, usual, history)
                return self._play_episodes(stand, scene, mode)

    @contextmanager
    def _set_scene(self, folder: Path, mode: CapMode) -> Iterator[Scene]:
        location = self._scenario.location
        options = UpstreamOptions(
            cap=location.in_flight,
            when_full=mode,
            answer_ms=location.answer * 1e3,
            capacity_answer_ms_max=location.slowest_answer * 1e3,
        )
        if self._order.peer is not None:
            setting = Setting(list_limits(self._scenario), self._scenario.walls[mode].maximum, self._cores)
            with start_peer_scene(self._order.peer, folder, setting, options) as scene:
                yield scene
            return
        mitigating = Mode.ENFORCE if self._order.protected else Mode.OBSERVE

        def write(edge_ports: Sequence[int], upstream_port: int) -> str:
            return write_platform(self._scenario, mode, edge_ports, upstream_port, mitigating)

        with start_stage(folder, self._cores, write, options) as stage:
            places = stage.site.holdfast.places
            with look_afterwards(places, self._aftermaths, protected=self._order.protected):
                yield stage.scene

    def _play_episodes(self, stand: Stand, scene: Scene, mode: CapMode) -> ModeRun:
        self._progress.load(sum(tenant.usual_rps for tenant in self._cast.tenants), 0.0)
        time.sleep(self._form.learn)
        watch = scene.watch_pids
        meter, watch_s, began = CoreMeter(self._cores.edge, scene.edge_pids), read_cpu_s(watch), time.monotonic()
        runs = tuple(play_episode(stand, episode, self._progress.note) for episode in self._cast.episodes[mode])
        seconds = time.monotonic() - began
        return ModeRun(
            usual=stand.usual.finish_early(),
            episodes=runs,
            history=stand.history,
            core_use=meter.read(),
            watch_core_share=(read_cpu_s(watch) - watch_s) / seconds,
        )
