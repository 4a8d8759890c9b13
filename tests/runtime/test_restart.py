"""A control that is started again goes on where the last one ended, however that was."""

import asyncio

import pytest

from fakes.control import Bench, put_in_force, until
from fakes.journal import MemoryJournal
from holdfast.engine.command import ProposeRevision
from holdfast.engine.evolve import replay
from holdfast.model.event import RevisionProposed
from holdfast.model.mitigation import Kill
from holdfast.model.platform import Limits
from holdfast.model.revision import Revision
from holdfast.runtime.control import RevisionUnreadable


def test_everything_is_as_it_was_and_edges_are_sent_nothing(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b")
            await put_in_force(operations, "b c")
            await operations.mitigate("ann", Kill(service="b"), 60.0, "flood")
            await operations.set_owner_limits("o", "c", Limits(requests=5.0))
            state = bench.control.state
        had = [dict(edge.has) for edge in bench.fleet.edges]
        bench.fleet.forget()
        bench.fleet.prompt = False
        async with bench.run():
            assert bench.control.state == state
            assert state.settled
            wanted = [bench.fleet.wanted[edge.location] for edge in bench.fleet.edges]
            assert wanted == had

    asyncio.run(scenario())


def test_what_expired_meanwhile_is_ended_before_any_edge_is_told(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            await operations.mitigate("ann", Kill(service="a"), 60.0, "flood")
            await operations.mitigate("ann", Kill(service="a"), 600.0, "flood")
        bench.now += 100.0
        bench.fleet.forget()
        before = bench.fleet.published
        async with bench.run():
            assert bench.fleet.published - before == 2
            assert bench.enforced() == [["m-2"]] * 3
            await until(lambda: not bench.control.core.unrecorded)

    asyncio.run(scenario())


def test_a_proof_that_was_interrupted_is_taken_up(bench: Bench) -> None:
    content = bench.journal.keep_text("a b")
    revision = Revision(number=1, content=content, author="ann", reason="", proposed_at=1.0)
    bench.journal.append([RevisionProposed(at=1.0, author="ann", revision=revision)])

    async def scenario() -> None:
        async with bench.run():
            await until(lambda: bench.control.state.in_force == 1)
            assert bench.served() == [{"a": 500.0, "b": 500.0}] * 3

    asyncio.run(scenario())


def test_an_orderly_end_records_what_takes_effect(bench: Bench) -> None:
    journal = MemoryJournal()
    bench.journal = journal

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            journal.full = True
            await operations.mitigate("ann", Kill(service="a"), 60.0, "flood")
            journal.full = False
        assert set(replay(r.event for r in journal.read()).mitigations) == {"m-1"}

    asyncio.run(scenario())


def test_a_revision_that_this_version_can_t_read_keeps_control_from_starting(bench: Bench) -> None:
    journal = MemoryJournal()
    bench.journal = journal

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
        (content,) = journal.texts
        journal.texts[content] = "a!"
        with pytest.raises(RevisionUnreadable, match="HF000 an exclamation"):
            async with bench.run():
                pass

    asyncio.run(scenario())


def test_a_proposal_whose_text_is_lost_is_refused(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run():
            await bench.control.submit(ProposeRevision("ann", "0" * 64, "p.yaml"))
            await until(lambda: bench.control.state.proving is None)
            assert "not in the journal" in bench.control.state.revisions[1].why

    asyncio.run(scenario())
