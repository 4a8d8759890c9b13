"""The drill noisy-neighbour on real processes: Holdfast, Envoys, upstream and load generators, all ended afterwards."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_upstream
from holdfast.drills.noisy_neighbour.blocks import LEAD_S, FloodLoad, Side, Stand, plan_flood, run_block, run_gated
from holdfast.drills.noisy_neighbour.cast import Cast, draw_cast
from holdfast.drills.noisy_neighbour.evidence import Evidence, make_page
from holdfast.drills.noisy_neighbour.kills import estimate_kills_s, run_kills
from holdfast.drills.noisy_neighbour.measures import (
    Pairs,
    add_passing_rate,
    add_side_run,
    measure_kills,
    measure_mode,
)
from holdfast.drills.noisy_neighbour.platform_file import write_platform
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.scenario import CapMode
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.machine import Cores, describe_machine, divide_cores
from holdfast.drills.stage.site import Site, start_site
from holdfast.model.platform import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holdfast.drills.noisy_neighbour.blocks import Block
    from holdfast.drills.noisy_neighbour.kill_timer import TimedKill
    from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour

WARM_UP_S: Final = 0.5
BETWEEN_S: Final = 0.2
"""About what the start of the generators takes, and the rest between two blocks."""


def play(scenario: NoisyNeighbour, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return NoisyNeighbourDrill(scenario, order, watcher).play()


class NoisyNeighbourDrill:
    """One run of the drill."""

    def __init__(self, scenario: NoisyNeighbour, order: Order, watcher: Watcher) -> None:
        self._order = order
        self._scenario = scenario
        self._form = scenario.short if order.short else scenario.full
        self._progress = Progress(watcher)
        self._cores: Cores = divide_cores()
        self._cast: Cast = draw_cast(scenario, order.seed)
        self._aftermaths: list[Aftermath] = []
        self._sheet = Sheet(scenario, order.seed, order.protected, order.short)
        self._evidence = Evidence()

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        self._progress.note(f"seed {self._order.seed} draws {self._cast.victim} to be flooded")
        build_instrument("load")
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            self._play_blocks(Path(folder) / "blocks")
            if self._order.protected:
                self._play_kills(Path(folder) / "kills")
        measure_aftermath(self._sheet, self._aftermaths)
        page = make_page(self._scenario, self._cast, self._evidence, self._sheet.measures)
        return conclude(self._sheet, self._progress, machine, page)

    def _play_blocks(self, folder: Path) -> None:
        """Both modes of the location behind the same edges, which are told nothing of the change."""
        with (
            self._start_site(folder, self._scenario.tenants, edges=1) as site,
            look_afterwards(site.holdfast.places, self._aftermaths, protected=self._order.protected),
        ):
            for mode in get_args(CapMode):
                with self._open_stand(site, mode) as stand:
                    run_block(stand, WARM_UP_S, None)
                    self._play_mode(stand, mode)
                    if mode == "queue" and self._order.protected:
                        self._play_sides(stand)

    def _play_mode(self, stand: Stand, mode: CapMode) -> None:
        count = getattr(self._form.pairs, mode)
        self._begin(f"location {mode}s above its cap: {_count(count, 'pair')}", count)
        pairs = self._play_pairs(stand, plan_flood(self._scenario), count)
        self._evidence.modes[mode] = pairs
        measure_mode(self._sheet, mode, pairs)

    def _play_sides(self, stand: Stand) -> None:
        """What is reported beside what decides: more requests, new connections, and the sweep of rates."""
        form, count = self._form, self._form.side_pairs
        floods = {}
        if form.heavy_factor is not None:
            floods["heavy"] = FloodLoad(self._scenario.requests * form.heavy_factor)
        if form.new_connections is not None:
            floods["connections"] = FloodLoad(form.new_connections, keep_alive=False)
        swept = {f"sweep_{rate:.0f}": FloodLoad(rate) for rate in form.sweep}
        ratios = {}
        for name, flood in (floods | swept).items():
            self._begin(f"{name.replace('_', ' ')}: {_count(count, 'pair')}, {flood.rps:,.0f}/s", count)
            pairs = self._evidence.sides[name] = self._play_pairs(stand, flood, count)
            ratios[name] = add_side_run(self._sheet, name, pairs)
        if swept:
            add_passing_rate(self._sheet, form.sweep, [ratios[name] for name in swept])

    def _play_pairs(self, stand: Stand, flood: FloodLoad, count: int) -> Pairs:
        """Blocks without and with the flood in turn; which comes first in a pair is drawn."""
        pairs, seconds, gated = Pairs(Side(), Side()), self._form.block, not self._order.short
        for number in range(1, count + 1):
            sides = [("without flood", pairs.solo, None), ("with flood", pairs.flood, flood)]
            for name, side, load in reversed(sides) if self._cast.draw_flood_first() else sides:
                self._tell_load(load)
                block = run_gated(stand, seconds, load, side, gated=gated)
                self._progress.note(f"pair {number} of {count}, {name}: {_tell_block(block)}")
        return pairs

    def _play_kills(self, folder: Path) -> None:
        wanted = self._form.kills
        with self._start_site(folder, wanted.services, wanted.edges) as site, self._open_stand(site, "queue") as stand:
            run_block(stand, WARM_UP_S, None)
            title = (
                f"{wanted.count} kills during the flood, {wanted.services:,} services, {_count(wanted.edges, 'edge')}"
            )
            self._progress.begin(title, estimate_kills_s(wanted.count))
            self._tell_load(plan_flood(self._scenario))
            run = run_kills(stand, site.holdfast.places, wanted.services, wanted.count, self._tell_kill)
        self._evidence.kills = run
        measure_kills(self._sheet, run, wanted.count)

    @contextmanager
    def _start_site(self, folder: Path, services: int, edges: int) -> Iterator[Site]:
        """Holdfast on a platform file that depends on nothing that was drawn."""
        self._progress.begin(f"Holdfast starts: {services:,} services, {_count(edges, 'edge')}", 5)
        mode = Mode.ENFORCE if self._order.protected else Mode.OBSERVE

        def write(edge_ports: Sequence[int], upstream_port: int) -> str:
            return write_platform(
                self._scenario, services=services, edge_ports=edge_ports, upstream_port=upstream_port, mode=mode
            )

        with start_site(folder, self._cores, edges, write) as site:
            yield site
            self._progress.begin("Holdfast stops", 2)

    @contextmanager
    def _open_stand(self, site: Site, mode: CapMode) -> Iterator[Stand]:
        """An upstream behind the edges of a site."""
        location = self._scenario.location
        options = UpstreamOptions(
            cap=location.in_flight,
            when_full=mode,
            capacity_host=self._cast.victim_host,
            answer_ms=location.answer * 1e3,
            capacity_answer_ms_max=location.slowest_answer * 1e3,
            port=site.upstream_port,
        )
        envoys = list(site.holdfast.envoys.values())
        with start_upstream(options, self._cores.beside) as upstream:
            yield Stand(self._scenario, self._cast, self._cores, upstream, envoys, site.edge_ports)

    def _begin(self, title: str, pairs: int) -> None:
        block_s = self._form.block + LEAD_S / 2 + BETWEEN_S
        self._progress.begin(title, 2 * pairs * block_s)

    def _tell_load(self, flood: FloodLoad | None) -> None:
        usual_rps = sum(self._cast.usual_rps.values())
        self._progress.load(usual_rps, flood.rps - self._scenario.requests if flood else 0.0)

    def _tell_kill(self, kill: TimedKill) -> None:
        self._progress.note(f"{kill.service} killed, in force after {kill.in_force_ms:.1f} ms")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _tell_block(block: Block | None) -> str:
    if block is None:
        return "thrown away, the generator was late every time"
    p99 = f"p99 {block.latency_ms_p99:.1f} ms" if block.success > 0.99 else "no p99"
    told = f"{len(block.bystanders):,} requests, {block.success:.2%} answered, {p99}"
    return f"{told}; {block.flood_rps:,.0f}/s to the victim, edge core {block.edge_core_share:.0%}"
