"""Protection takes effect first and is recorded after, whatever the disk does."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from threading import Event as Gate

import pytest

from fakes.control import Bench, put_in_force, until
from fakes.journal import MemoryJournal
from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.model.event import Event, MitigationStarted, RevisionInForce
from holdfast.model.mitigation import Kill, ReadOnly
from holdfast.model.platform import Limits
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime import control as control_module
from holdfast.runtime import core
from holdfast.runtime.operations import Operations
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument


class SlowJournal(MemoryJournal):
    """A disk that hangs while the gate is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self.gate.set()

    def append(self, events: Sequence[Event]) -> None:
        assert self.gate.wait(20)
        super().append(events)


async def kill(operations: Operations, service: str = "a", for_s: float = 60.0) -> MitigationDocument:
    answer = await operations.mitigate("ann", Kill(service=service), for_s, "flood")
    assert isinstance(answer, MitigationDocument), answer
    return answer


def test_a_kill_is_on_every_edge_and_in_the_journal_when_it_is_answered(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b")
            bench.compiler.compiled.clear()
            answer = await kill(operations)
            assert answer.recorded
            assert (answer.reach.programmed, answer.reach.edges) == (3, 3)
            assert bench.enforced() == [["m-1"]] * 3
            assert isinstance(bench.journal.read()[-1].event, MitigationStarted)
            assert bench.compiler.compiled == []

    asyncio.run(scenario())


def test_it_ends_by_itself(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            await kill(operations, for_s=60.0)
            bench.now += 59.9
            await kill(operations, for_s=600.0)
            assert bench.enforced() == [["m-1", "m-2"]] * 3
            bench.now += 0.2
            await until(lambda: bench.enforced() == [["m-2"]] * 3)
            assert [e.why for e in operations.mitigations().ended] == ["expired"]

    asyncio.run(scenario())


def test_it_does_not_wait_for_a_tick_to_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "TICK_S", 600.0)
    bench.real_time = True

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            await kill(operations, for_s=1.0)
            await until(lambda: bench.enforced() == [[]] * 3)

    asyncio.run(scenario())


def test_a_kill_on_a_full_disk_holds_and_is_recorded_when_it_can_be(bench: Bench) -> None:
    journal = MemoryJournal()
    bench.journal = journal

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b")
            journal.full = True
            first, second = await kill(operations, "a"), await kill(operations, "b")
            assert (first.recorded, second.recorded) == (False, False)
            assert bench.enforced() == [["m-1", "m-2"]] * 3
            status = operations.status()
            assert (status.journal.writable, status.journal.unrecorded) == (False, 2)
            ended = await operations.end_mitigation("ann", "m-1")
            assert isinstance(ended, EndedMitigationDocument)
            assert not ended.recorded
            journal.full = False
            await until(lambda: operations.status().journal.unrecorded == 0)
            types = [recorded.event.type for recorded in journal.read()][2:]
            assert types == ["mitigation_started", "mitigation_started", "mitigation_ended"]
            assert operations.status().journal.writable
            assert [m.recorded for m in operations.mitigations().active] == [True]

    asyncio.run(scenario())


def test_a_kill_on_a_really_full_database(bench: Bench, tmp_path: Path) -> None:
    journal = SqlJournal(tmp_path / "journal.db")
    bench.journal = journal

    def allow(pages: int) -> None:
        connection = journal._connect()
        with connection.begin():
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            unrecorded = []
            for _ in range(200):
                allow(1)
                answer = await kill(operations)
                if not answer.recorded:
                    unrecorded.append(answer.id)
                    break
            assert unrecorded
            assert unrecorded[0] in bench.enforced()[0]
            await until(lambda: all(m.recorded for m in operations.mitigations().active))
            assert [r.event.type for r in journal.read()].count("mitigation_started") == len(bench.enforced()[0])

    asyncio.run(scenario())
    journal.close()


def test_a_kill_does_not_wait_for_a_disk_that_hangs(bench: Bench) -> None:
    journal = SlowJournal()
    bench.journal = journal

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b")
            journal.keep_text("a")
            journal.gate.clear()
            proposing = asyncio.create_task(put_in_force(operations, "a"))
            await until(lambda: bench.control.core.writing)
            killing = asyncio.create_task(kill(operations))
            await until(lambda: bench.enforced() == [["m-1"]] * 3)
            assert not proposing.done()
            assert not (await killing).recorded
            journal.gate.set()
            await proposing
            await until(lambda: all(m.recorded for m in operations.mitigations().active))
            assert isinstance(journal.read()[-1].event, RevisionInForce)
            assert bench.enforced() == [["m-1"]] * 3

    asyncio.run(scenario())


def test_control_sleeps_while_the_journal_fails_and_while_it_hangs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_module, "TICK_S", 600.0)
    journal = SlowJournal()
    bench.journal = journal

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            monkeypatch.setattr(control_module, "RETRY_S", 60.0)
            journal.full = True
            refused = await operations.set_owner_limits("o", "a", Limits(requests=5.0))
            assert isinstance(refused, Refusal)
            assert bench.control._sleep_s() > 1
            await kill(operations)
            assert bench.control._sleep_s() > 1
            journal.gate.clear()
            await kill(operations)
            assert bench.control.core.writing
            assert bench.control._sleep_s() > 1
            journal.gate.set()

    asyncio.run(scenario())


def test_there_is_a_most_of_unrecorded_ones_but_ending_always_works(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "UNRECORDED_MAX", 2)
    journal = MemoryJournal()
    bench.journal = journal

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            journal.full = True
            await kill(operations)
            await kill(operations)
            third = await operations.mitigate("ann", Kill(service="a"), 60.0, "flood")
            assert isinstance(third, Refusal)
            assert third.code is RefusalCode.JOURNAL_UNAVAILABLE
            assert isinstance(await operations.end_mitigation("ann", "m-1"), EndedMitigationDocument)

    asyncio.run(scenario())


def test_too_many_commands_at_once_are_refused_as_busy(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "INBOX_MAX", 3)

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            answers = await asyncio.gather(
                *(operations.mitigate("ann", ReadOnly(service="a"), 60.0, "flood") for _ in range(10))
            )
            refused = [answer for answer in answers if isinstance(answer, Refusal)]
            assert {answer.code for answer in refused} == {RefusalCode.BUSY}
            assert len(refused) == 7

    asyncio.run(scenario())


def test_an_edge_that_is_cut_off_is_counted_as_such(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            bench.fleet.edges[0].connected = False
            answer = await kill(operations)
            assert (answer.reach.programmed, answer.reach.edges) == (2, 3)

    asyncio.run(scenario())
