"""Revisions are recorded first and published after; what doesn't work out changes nothing."""

import asyncio

from fakes.compiler import ReadableCompiler
from fakes.control import Bench, put_in_force, until
from fakes.journal import MemoryJournal
from holdfast.engine.command import SetOwnerLimits
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Kill
from holdfast.model.platform import Limits
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.resource import Snapshot
from holdfast.model.revision import RevisionStatus
from holdfast.views.mitigations import MitigationDocument
from holdfast.views.revisions import ProposalDocument, RejectedDocument


def test_a_platform_is_proved_and_put_in_force_on_every_edge(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            answer = await put_in_force(operations, "a b")
            assert answer.revision.status is RevisionStatus.IN_FORCE
            assert (answer.reach.programmed, answer.reach.edges) == (3, 3)
            assert bench.canary.asked == 2
            assert bench.served() == [{"a": 500.0, "b": 500.0}] * 3

    asyncio.run(scenario())


def test_mistakes_are_told_and_nothing_is_kept(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            answer = await operations.propose("ann", "a!", "p.yaml", "")
            assert isinstance(answer, RejectedDocument)
            assert [d.code for d in answer.diagnostics] == ["HF000"]
            assert not bench.journal.read()

    asyncio.run(scenario())


def test_what_the_canary_refuses_changes_no_edge(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            published = bench.fleet.published
            bench.canary.complaint = "no such cluster"
            answer = await put_in_force(operations, "a b")
            assert answer.revision.status is RevisionStatus.REFUSED
            assert "no such cluster" in answer.revision.why
            assert bench.fleet.published == published
            assert bench.control.state.in_force == 1

    asyncio.run(scenario())


def test_a_bug_in_the_compiler_refuses_the_revision_and_control_goes_on(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            bench.compiler.broken = True
            answer = await put_in_force(operations, "a b")
            assert answer.revision.status is RevisionStatus.REFUSED
            kill = await operations.mitigate("ann", Kill(service="a"), 60.0, "flood")
            assert isinstance(kill, Refusal)
            assert kill.code is RefusalCode.FAILED
            bench.compiler.broken = False
            again = await operations.mitigate("ann", Kill(service="a"), 60.0, "flood")
            assert isinstance(again, MitigationDocument)
            assert again.id == "m-1"

    asyncio.run(scenario())


def test_nothing_is_published_that_could_not_be_recorded(bench: Bench) -> None:
    journal = MemoryJournal()
    bench.journal = journal

    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a")
            content = journal.keep_text("a b")
            journal.full = True
            answer = await operations.propose("ann", "a b", "p.yaml", "")
            assert isinstance(answer, Refusal)
            assert answer.code is RefusalCode.JOURNAL_UNAVAILABLE
            assert content
            limits = await operations.set_owner_limits("o", "a", Limits(requests=5.0))
            assert isinstance(limits, Refusal)
            assert limits.code is RefusalCode.JOURNAL_UNAVAILABLE
            assert not bench.control.journal_writable
            await until(lambda: bench.control.journal_writable)
            assert bench.served() == [{"a": 500.0}] * 3

    asyncio.run(scenario())


def test_a_proof_that_could_not_be_recorded_counts_as_soon_as_it_can(bench: Bench) -> None:
    journal = MemoryJournal()
    bench.journal = journal

    class FillsTheDisk(ReadableCompiler):
        def compile_snapshot(self, intent: Intent, location: str) -> Snapshot:
            journal.full = True
            return super().compile_snapshot(intent, location)

    bench.compiler = FillsTheDisk()

    async def scenario() -> None:
        async with bench.run() as operations:
            proposing = asyncio.create_task(put_in_force(operations, "a"))
            await until(lambda: not bench.control.journal_writable)
            assert bench.control.state.proving == 1
            assert not bench.fleet.published
            journal.full = False
            assert (await proposing).revision.status is RevisionStatus.IN_FORCE
            assert bench.canary.asked == 2

    asyncio.run(scenario())


def test_a_newer_proposal_overtakes(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            first, second = await asyncio.gather(put_in_force(operations, "a"), put_in_force(operations, "b"))
            in_force = [a.revision.number for a in (first, second) if a.revision.status is RevisionStatus.IN_FORCE]
            assert bench.control.state.in_force == in_force[-1] == 2

    asyncio.run(scenario())


def test_rollback_keeps_todays_mitigations(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b")
            before = [dict(edge.has) for edge in bench.fleet.edges]
            await put_in_force(operations, "a")
            await operations.mitigate("ann", Kill(service="a"), 60.0, "flood")
            answer = await operations.roll_back("ann", None, "worse")
            assert isinstance(answer, ProposalDocument)
            assert answer.revision.rollback_of == 1
            assert bench.enforced() == [["m-1"]] * 3
            assert set(before[0]) == set(bench.fleet.edges[0].has)

    asyncio.run(scenario())


def test_a_mitigation_of_a_service_that_is_gone_holds_again_when_it_returns(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b")
            await operations.mitigate("ann", Kill(service="b"), 60.0, "flood")
            await put_in_force(operations, "a")
            assert bench.enforced() == [[]] * 3
            await operations.roll_back("ann", None, "")
            assert bench.enforced() == [["m-1"]] * 3

    asyncio.run(scenario())


def test_an_owners_change_compiles_that_service_alone(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b c d")
            bench.compiler.compiled.clear()
            await operations.set_owner_limits("o", "c", Limits(requests=5.0))
            assert bench.compiler.compiled == ["c", "c"]
            assert bench.served() == [{"a": 500.0, "b": 500.0, "c": 5.0, "d": 500.0}] * 3

    asyncio.run(scenario())


def test_what_owners_chose_while_a_revision_was_proved_holds_under_it(bench: Bench) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await put_in_force(operations, "a b")
            proposing = asyncio.create_task(put_in_force(operations, "a b c"))
            await bench.control.submit(SetOwnerLimits("o", "a", Limits(requests=5.0)))
            await proposing
            assert bench.served() == [{"a": 5.0, "b": 500.0, "c": 500.0}] * 3

    asyncio.run(scenario())
