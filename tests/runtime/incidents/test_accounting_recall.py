"""What control missed is asked for when it is back, and put where it belongs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from holdfast.adapters.accounts.schema import Grain
from holdfast.adapters.accounts.sql_accounts import Batch, Name, SqlAccounts
from holdfast.adapters.accounts.sqlite import AccountsUnavailable
from holdfast.agent.backlog import Backlog
from holdfast.incidents.downtime.definition import Column
from holdfast.incidents.downtime.layout import Subject
from holdfast.model.telemetry import EdgeReport, Memory, Recollection
from holdfast.runtime.incidents.accounting.accounting import Accounting
from incidents.downtime_scenes import make_report
from runtime.incidents.accounting_scenes import BEGAN, REPORT_S, FakeControl, in_loop, spell

if TYPE_CHECKING:
    from holdfast.runtime.control import Control

EDGES = ("e1", "e2")


@dataclass
class FakeAgents:
    """Agents with real backlogs; who isn't in `streams` can't be asked."""

    backlogs: dict[str, Backlog] = field(default_factory=lambda: {edge: Backlog() for edge in EDGES})
    streams: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EDGES, 1))
    asked: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def remembering(self) -> Mapping[str, Memory]:
        return {edge: Memory(number, 3600.0) for edge, number in self.streams.items()}

    async def recall(self, edge: str, began_at: float, ended_at: float, deadline_s: float) -> Recollection | None:
        assert deadline_s > 0
        self.asked.append((edge, began_at - BEGAN, ended_at - BEGAN))
        told = self.backlogs[edge].recall(began_at, ended_at)
        return Recollection(tuple(replace(report, edge=edge) for report in told.reports), told.until)

    def reconnect(self) -> None:
        self.streams = {edge: number + 1 for edge, number in self.streams.items()}


@dataclass
class Story:
    """Control, which may be away, and agents, which count all the time."""

    path: Path
    control: FakeControl = field(default_factory=FakeControl)
    agents: FakeAgents = field(default_factory=FakeAgents)
    accounting: Accounting | None = None

    @contextmanager
    def there(self) -> Iterator[Accounting]:
        """Control is there, and ends as if it were killed."""
        self.agents.reconnect()
        self.accounting = Accounting(cast("Control", self.control), self.path, self.agents)
        try:
            yield self.accounting
        finally:
            self.accounting.close()
            self.accounting = None

    async def pass_time(
        self,
        seconds: float,
        *,
        lost: float = 0.0,
        heard: tuple[str, ...] = EDGES,
        counted: tuple[str, ...] = EDGES,
        process: str = "",
    ) -> None:
        """So many seconds in which edges count, a share of what comes to e1 is lost, and some are heard."""
        for _ in range(round(seconds / REPORT_S)):
            began_at = self.control.world.clock.now
            self.control.world.clock.now += REPORT_S
            for edge in counted:
                asked = round(10 * REPORT_S)
                failed = round(asked * lost) if edge == "e1" else 0
                metrics = {"offered": asked, "admitted": asked, "failed": failed}
                services = {"cart": metrics, "pay": metrics}
                report = make_report(services, edge=edge, began_at=began_at, ended_at=began_at + REPORT_S)
                self.take(replace(report, process=process), heard=edge in heard)
            await self.look()

    def take(self, report: EdgeReport, *, heard: bool) -> None:
        self.agents.backlogs[report.edge].take(report)
        if heard and self.accounting is not None:
            self.accounting.take_report(report)

    async def look(self) -> None:
        """Look, and wait until whatever was asked for is in its place."""
        if self.accounting is None:
            return
        await self.accounting.look()
        while (task := self.accounting._recalling) is not None and not task.done():
            await task

    def read(self, kind: str = "component", name: str = "shop", region: str = "us") -> list[tuple[float, float, str]]:
        assert self.accounting is not None
        return spell(self.accounting.book.list_subject_stretches(Subject(kind, name), region, 0, 1e12))


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path / "accounts.db")


def count_kept(path: Path, region: str = "us") -> tuple[float, list[tuple[float, float]]]:
    """Requests owed in all slots of a region, and the times of its own stretches, as they are on disk."""
    store = SqlAccounts(path)
    name = next(each for each in store._names.items() if tuple(each[1]) == ("region", ""))
    tallies = store.read_tallies(Grain.SLOT, region, 0, 1e12)
    owed = sum(float(tally.counts[tally.ids == name[0], 1].sum()) for _, tally in tallies)
    kept = sorted(
        (each.stretch.began_at - BEGAN, each.stretch.ended_at - BEGAN)
        for each in store.read_stretches(0)
        if each.region == region and each.subject.kind == "region"
    )
    store.close()
    return owed, kept


@in_loop
async def test_an_outage_while_control_is_dead_is_booked_when_it_is_back(story: Story) -> None:
    with story.there():
        await story.pass_time(300)
    await story.pass_time(60)
    await story.pass_time(180, lost=1.0)
    await story.pass_time(300)
    with story.there() as accounting:
        await story.pass_time(60)
        assert story.read() == [(360, 540, "DOWN")]
        assert story.read(region="eu") == []
        for region, down_s in (("us", 180), ("eu", 0)):
            (today,) = accounting.book.list_days("shop", region, 1)
            assert today.down_s == down_s
            assert today.up_s == pytest.approx(900 - down_s, abs=25)


@pytest.mark.parametrize("dead_s", [70, 180, 600])
@in_loop
async def test_control_dies_and_comes_back_in_the_middle_of_an_outage(story: Story, dead_s: int) -> None:
    with story.there():
        await story.pass_time(300)
        await story.pass_time(100, lost=1.0)
    await story.pass_time(dead_s, lost=1.0)
    with story.there():
        await story.pass_time(100, lost=1.0)
        ((began, ended, standing),) = story.read()
        assert (began, standing) == (300, "DOWN")
        assert 490 + dead_s <= ended <= 500 + dead_s
        await story.pass_time(300)
        assert story.read() == [(300, 500 + dead_s, "DOWN")]
    owed, kept = count_kept(story.path)
    assert kept == [(300, 500 + dead_s)]
    assert owed == pytest.approx(2 * 10 * (800 + dead_s), rel=0.03)


@in_loop
async def test_what_is_known_already_isnt_asked_for(story: Story) -> None:
    with story.there():
        await story.pass_time(120)
        story.agents.asked.clear()
        await story.pass_time(600)
        assert story.agents.asked == []


@in_loop
async def test_control_that_is_killed_again_and_again_counts_nothing_twice(story: Story) -> None:
    with story.there():
        await story.pass_time(200)
    await story.pass_time(100, lost=1.0)
    for _ in range(5):
        with story.there():
            await story.pass_time(12.5)
    with story.there():
        await story.pass_time(200)
    owed, kept = count_kept(story.path)
    assert kept == [(200, 300)]
    assert owed == pytest.approx(2 * 10 * (500 + 5 * 12.5), abs=2 * 10 * 15)


@in_loop
async def test_a_hand_over_that_couldnt_be_written_is_tried_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    with story.there():
        await story.pass_time(200)
    await story.pass_time(120, lost=1.0)
    write = SqlAccounts.write

    def refuse(store: SqlAccounts, batch: Batch) -> None:
        if batch.rejudged:
            raise AccountsUnavailable("no room")
        write(store, batch)

    with story.there():
        with monkeypatch.context() as full:
            full.setattr(SqlAccounts, "write", refuse)
            await story.pass_time(30)
            assert story.read() == []
        await story.pass_time(30)
        assert story.read() == [(200, 320, "DOWN")]


@in_loop
async def test_an_agent_that_couldnt_reach_control_hands_over_what_it_counted(story: Story) -> None:
    """The agent lived on and counted; its edge was silent only here, and its door is shut, so it was taken for dead."""
    with story.there():
        await story.pass_time(300)
        await story.pass_time(120, heard=("e2",))
        assert story.read()[0][2] == "DOWN"
        story.agents.reconnect()
        await story.pass_time(60)
        assert story.read() == []


@in_loop
async def test_an_edge_that_had_no_envoy_while_control_was_dead_was_down(story: Story) -> None:
    with story.there():
        await story.pass_time(300)
    await story.pass_time(60)
    await story.pass_time(120, counted=("e2",))
    with story.there():
        await story.pass_time(60, process="another")
        assert story.read() == [(360, 480, "DOWN")]
        assert story.read(region="eu") == []


@in_loop
async def test_who_remembers_nothing_leaves_the_time_unknown(story: Story) -> None:
    with story.there():
        await story.pass_time(300)
    await story.pass_time(180, lost=1.0)
    story.agents.backlogs = {edge: Backlog() for edge in EDGES}
    with story.there() as accounting:
        await story.pass_time(120)
        assert story.read() == []
        (today,) = accounting.book.list_days("shop", "us", 1)
        assert today.up_s == pytest.approx(420, abs=25)


@in_loop
async def test_what_was_added_up_already_is_added_up_again(story: Story) -> None:
    with story.there():
        await story.pass_time(300)
    await story.pass_time(300, lost=1.0)
    streams, story.agents.streams = story.agents.streams, {}
    with story.there() as accounting:
        await story.pass_time(130)
        accounting._store.tidy(story.control.world.clock.now - 10)
        assert len(accounting._store.read_tallies(Grain.MINUTE, "us", BEGAN + 300, BEGAN + 600)) == 0
        story.agents.streams = streams
        await story.pass_time(30)
        minutes = accounting._store.read_tallies(Grain.MINUTE, "us", BEGAN + 300, BEGAN + 600)
        (number,) = accounting._store.find_ids([Name("service", "cart")])
        lost = [float(tally.counts[tally.ids == number, Column.LOST].sum()) for _, tally in minutes]
        assert lost == [600.0] * 5
