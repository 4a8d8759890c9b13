"""The drill noisy-neighbour on real processes: Holdfast, Envoys, upstream and load generators, all ended afterwards."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from holdfast.drills.blocks import LEAD_S, FloodLoad, Side, Stand, plan_flood, run_block, run_gated
from holdfast.drills.cast import Cast, draw_cast
from holdfast.drills.drill_platform import write_platform
from holdfast.drills.holdfast_process import HoldfastProcess
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_upstream
from holdfast.drills.kills import KillsRun, estimate_kills_s, run_kills
from holdfast.drills.machine import Cores, describe_machine, describe_versions, divide_cores, find_free_ports
from holdfast.drills.measures import (
    Pairs,
    Sheet,
    add_passing_rate,
    add_side_run,
    measure_kills,
    measure_mode,
)
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.result import DrillResult, judge
from holdfast.drills.scenario import CapMode, Form, NoisyNeighbour
from holdfast.model.platform import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holdfast.drills.blocks import Block
    from holdfast.drills.kill_timer import TimedKill

WARM_UP_S: Final = 0.5
BETWEEN_S: Final = 0.2
"""About what the start of the generators takes, and the rest between two blocks."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be played: a scenario, whole or short, with or without protections, and the seed of the rest."""

    scenario: NoisyNeighbour
    seed: int
    short: bool = False
    protected: bool = True

    @property
    def form(self) -> Form:
        """How much is measured."""
        return self.scenario.short if self.short else self.scenario.full


@dataclass(slots=True)
class Evidence:
    """All that was measured, for a report that shows more than the result's measures."""

    modes: dict[CapMode, Pairs] = field(default_factory=dict)
    sides: dict[str, Pairs] = field(default_factory=dict)
    kills: KillsRun | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A running Holdfast, its edges' ports, and where it expects the upstream."""

    holdfast: HoldfastProcess
    edge_ports: list[int]
    upstream_port: int


@dataclass(frozen=True, slots=True)
class Played:
    """A finished drill: its result, why it is invalid if it is, and what it rests on."""

    result: DrillResult
    invalid_because: tuple[str, ...]
    cast: Cast
    evidence: Evidence


class NoisyNeighbourDrill:
    """One run of the drill."""

    def __init__(self, order: Order, watcher: Watcher) -> None:
        self._order = order
        self._scenario = order.scenario
        self._form = order.form
        self._progress = Progress(watcher)
        self._cores: Cores = divide_cores()
        self._cast = draw_cast(order.scenario, order.seed)
        self._sheet = Sheet(order.scenario, order.seed, order.protected, order.short)
        self._evidence = Evidence()

    def play(self) -> Played:
        """Play it from start to end. Raises InstrumentError, BuildError, HoldfastFailed, KillsFailed, LocationBusy."""
        machine = describe_machine(self._cores)
        self._progress.note(f"seed {self._order.seed} draws {self._cast.victim} to be flooded")
        build_instrument("load")
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            self._play_blocks(Path(folder) / "blocks")
            if self._order.protected:
                self._play_kills(Path(folder) / "kills")
        for reason in self._sheet.invalid_because:
            self._progress.note(f"invalid: {reason}")
        verdict = judge(self._sheet.measures, self._sheet.invalid_because)
        self._progress.note(f"verdict: {verdict}")
        result = DrillResult(
            scenario=self._scenario.drill,
            protected=self._order.protected,
            seed=self._order.seed,
            short=self._order.short,
            verdict=verdict,
            measures=self._sheet.measures,
            timeline=tuple(self._progress.timeline),
            versions=describe_versions(),
            machine=machine,
        )
        return Played(result, tuple(self._sheet.invalid_because), self._cast, self._evidence)

    def _play_blocks(self, folder: Path) -> None:
        """Both modes of the location behind the same edges, which are told nothing of the change."""
        with self._start_site(folder, self._scenario.tenants, edges=1) as site:
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
        upstream_port, *edge_ports = find_free_ports(1 + edges)
        text = write_platform(
            self._scenario,
            services=services,
            edge_ports=edge_ports,
            upstream_port=upstream_port,
            mode=Mode.ENFORCE if self._order.protected else Mode.OBSERVE,
        )
        with HoldfastProcess(folder, text, self._cores) as holdfast:
            yield Site(holdfast, edge_ports, upstream_port)
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
