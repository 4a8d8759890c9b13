"""The pacer at a real control on fake edges: waves go on, and whatever harms is taken back byte by byte."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

import numpy as np
import pytest

from fakes.control import Bench, put_in_force, until
from fakes.loop import in_loop
from holdfast.engine.command import FreezeChanges, PauseRollout, ResumeRollout
from holdfast.model.event import RevisionRolledBack
from holdfast.model.resource import Resource, ResourceKey
from holdfast.model.revision import RevisionStatus
from holdfast.model.telemetry import METRICS, EdgeReport, Metric
from holdfast.runtime.operations import Operations
from holdfast.runtime.rollouts import Pacer
from holdfast.views.revisions import ProposalDocument

NAMES = tuple(f"s{number:02}" for number in range(60))
LESS = " ".join(NAMES[1:])
TEXT = " ".join(NAMES)
BAKE_S = 30.0


@pytest.fixture
def bench() -> Bench:
    return Bench()


@asynccontextmanager
async def begin(bench: Bench, *, reporting: bool = False) -> AsyncIterator[tuple[Operations, Pacer]]:
    """A rollout under way: every service goes over to other walls, in three cohorts."""
    async with bench.run() as operations:
        pacer = Pacer(bench.control, reporting=reporting)
        await put_in_force(operations, TEXT)
        yield operations, pacer


async def roll_out(operations: Operations, text: str = LESS) -> None:
    answer = await operations.propose("ann", text, "p.yaml", "")
    assert isinstance(answer, ProposalDocument)
    assert answer.revision.status is RevisionStatus.ROLLING_OUT


async def pass_time(bench: Bench, pacer: Pacer, for_s: float) -> None:
    """Look as often as the pacer does, at the clock's time."""
    end = bench.now + for_s
    while bench.now < end:
        bench.now += 1.0
        await pacer.look_once()


def take_photo(bench: Bench) -> list[dict[ResourceKey, Resource]]:
    return [dict(edge.has) for edge in bench.fleet.edges]


def rolled_back(bench: Bench) -> Iterator[RevisionRolledBack]:
    return (each.event for each in bench.journal.read() if isinstance(each.event, RevisionRolledBack))


@in_loop
async def test_waves_follow_each_other_until_everybody_has_the_revision(bench: Bench) -> None:
    async with begin(bench) as (operations, pacer):
        before = take_photo(bench)
        await roll_out(operations)
        waves = bench.control.state.rollout.waves if bench.control.state.rollout else ()
        assert [wave.services for wave in waves] == [2, 2, 10, 48]
        changed = []
        for _ in waves:
            changed.append(sum(b != a for b, a in zip(before, take_photo(bench), strict=True)))
            await pass_time(bench, pacer, BAKE_S + 2)
        assert changed[0] < len(bench.fleet.edges)
        assert changed[1] == len(bench.fleet.edges)
        assert bench.control.state.rollout is None
        assert bench.control.state.in_force == 2
        assert [sorted(each) for each in bench.served()] == [sorted(NAMES[1:])] * 3
        assert pacer.standing is None


@in_loop
async def test_what_an_edge_refuses_is_taken_back_byte_by_byte(bench: Bench) -> None:
    async with begin(bench) as (operations, pacer):
        before = take_photo(bench)
        bench.fleet.prompt = False
        await roll_out(operations)
        for edge in bench.fleet.edges:
            edge.refused = {each.key: each.version for each in edge.lags(bench.fleet.wanted[edge.location]).upserts}
        await pass_time(bench, pacer, 3)
        (event,) = rolled_back(bench)
        assert "refuses" in event.why
        assert bench.control.state.rollout is None
        assert bench.control.state.revisions[2].status is RevisionStatus.ROLLED_BACK
        for edge in bench.fleet.edges:
            edge.refused = {}
            edge.deliver(bench.fleet.wanted[edge.location])
        assert take_photo(bench) == before


@in_loop
async def test_what_harms_the_wave_only_is_taken_back_within_seconds(bench: Bench) -> None:
    async with begin(bench, reporting=True) as (operations, pacer):
        await pacer.look_once()
        before = take_photo(bench)
        traffic = Traffic(bench, pacer)
        for _ in range(120):
            traffic.report({})
        await roll_out(operations)
        await pacer.look_once()
        began_at = bench.now
        while bench.control.state.rollout is not None and bench.now < began_at + BAKE_S:
            reached = bench.control.publisher.reached
            traffic.report({location: each.services for location, each in reached.items()})
            await pacer.look_once()
        (event,) = rolled_back(bench)
        assert event.wave <= 1
        assert any("requests" in line for line in event.evidence)
        assert take_photo(bench) == before


@in_loop
async def test_nothing_goes_on_while_no_edge_reports(bench: Bench) -> None:
    async with begin(bench, reporting=True) as (operations, pacer):
        await roll_out(operations)
        await pass_time(bench, pacer, 5 * BAKE_S)
        assert bench.control.state.rollout is not None
        assert bench.control.state.rollout.wave == 0
        assert pacer.standing is not None
        assert "report" in pacer.standing.waits_for


@in_loop
async def test_a_rollout_stands_still_while_it_is_paused_or_changes_are_frozen(bench: Bench) -> None:
    async with begin(bench) as (operations, pacer):
        await roll_out(operations)
        await bench.control.submit(PauseRollout("ann", "lunch"))
        await pass_time(bench, pacer, 3 * BAKE_S)
        assert bench.control.state.rollout is not None
        assert bench.control.state.rollout.wave == 0
        await bench.control.submit(ResumeRollout("ann"))
        await bench.control.submit(FreezeChanges("ann", "holidays", 100.0))
        await pass_time(bench, pacer, 90)
        assert bench.control.state.rollout.wave == 0
        await pass_time(bench, pacer, 20)
        assert bench.control.state.rollout.wave == 1


@in_loop
async def test_a_restart_takes_up_the_rollout_where_it_was_and_edges_are_sent_nothing(bench: Bench) -> None:
    async with begin(bench) as (operations, pacer):
        await roll_out(operations)
        await pass_time(bench, pacer, BAKE_S + 2)
        assert bench.control.state.rollout is not None
        wave, had = bench.control.state.rollout.wave, take_photo(bench)
    bench.fleet.forget()
    async with bench.run():
        state = bench.control.state
        assert state.rollout is not None
        assert state.rollout.wave == wave > 0
        assert take_photo(bench) == had
        pacer = Pacer(bench.control, reporting=False)
        await pass_time(bench, pacer, 5 * BAKE_S)
        assert bench.control.state.in_force == 2


@in_loop
async def test_rolling_back_is_not_held_up_by_a_full_disk(bench: Bench) -> None:
    async with begin(bench) as (operations, pacer):
        before = take_photo(bench)
        await roll_out(operations)
        bench.journal.full = True  # type: ignore[attr-defined]
        answer = await operations.rollouts.abort("ann", "it harms")
        assert take_photo(bench) == before
        assert bench.control.state.rollout is None, answer
        bench.journal.full = False  # type: ignore[attr-defined]
        await until(lambda: list(rolled_back(bench)))
        await pass_time(bench, pacer, 2)


class Traffic:
    """Every edge reports a few requests of each service a second."""

    def __init__(self, bench: Bench, pacer: Pacer) -> None:
        self.bench, self.pacer, self.sequence = bench, pacer, 0

    def report(self, failing: Mapping[str, frozenset[str]]) -> None:
        """Most requests of these services fail at these locations, and none elsewhere."""
        self.bench.now += 1.0
        self.sequence += 1
        for edge in self.bench.fleet.edges:
            counts = np.zeros((len(NAMES), METRICS), np.int64)
            counts[:, Metric.OFFERED] = counts[:, Metric.ADMITTED] = 10
            counts[[NAMES.index(name) for name in failing.get(edge.location, ())], Metric.FAILED] = 6
            self.pacer.take_report(
                EdgeReport(
                    edge=edge.name,
                    process="p1",
                    sequence=self.sequence,
                    began_at=self.bench.now - 1.0,
                    ended_at=self.bench.now,
                    services=NAMES,
                    counts=counts,
                    in_flight=np.zeros(len(NAMES), np.int64),
                )
            )
