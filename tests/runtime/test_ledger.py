"""The ledger of a running control: what was changed, which edges have it, and what is suspected of what."""

import asyncio
from collections.abc import Awaitable, Callable

from fakes.compiler import ReadableCompiler
from fakes.control import Bench, put_in_force
from fakes.fleet import FakeFleet
from fakes.journal import MemoryJournal
from fakes.platforms import LOCATIONS
from holdfast.engine.command import (
    AdvanceRollout,
    Command,
    EndMitigation,
    OpenFinding,
    RollBackRollout,
    SetOwnerLimits,
    SwitchComponent,
)
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.ledger import LedgerKind
from holdfast.model.mitigation import Kill
from holdfast.model.note import NoteKind
from holdfast.model.platform import Limits
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.ledger import NOTES_MAX, Ledger
from holdfast.runtime.operations import Operations
from holdfast.views.ledger import LedgerEntry, LedgerEntryDocument, LedgerQuery, Standing
from holdfast.views.mitigations import MitigationDocument

Story = Callable[[Operations, Ledger], Awaitable[None]]
ALL = LedgerQuery()


def play(bench: Bench, story: Story) -> None:
    async def scenario() -> None:
        async with bench.run() as operations:
            await story(operations, Ledger(bench.control))

    asyncio.run(scenario())


async def do(bench: Bench, command: Command) -> None:
    ticket = await bench.control.submit(command)
    assert ticket.refusal is None, ticket.refusal


async def kill(operations: Operations, service: str) -> MitigationDocument:
    answer = await operations.mitigate("ann", Kill(service=service), 60.0, "bad day")
    assert isinstance(answer, MitigationDocument), answer
    return answer


def find(service: str, began_at: float) -> Finding:
    evidence = Evidence(now=0.4, usual=0.001)
    return Finding(
        kind=FindingKind.ERRORS,
        tier=Tier.HARMFUL,
        service=service,
        tenant=f"t-{service}",
        began_at=began_at,
        seen_at=began_at,
        evidence=evidence,
    )


async def shown(ledger: Ledger, query: LedgerQuery = ALL) -> list[str]:
    page = await ledger.page(query)
    return [f"{each.kind} {each.subject} {each.title}" for each in page.entries]


def test_every_change_is_there_newest_first_and_findings_are_not(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a b")
        await do(bench, OpenFinding(find("a", bench.now)))
        mitigation = await kill(operations, "a")
        await do(bench, EndMitigation("bo", mitigation.id, "all is well"))
        await do(bench, SetOwnerLimits("owner", "b", Limits(requests=5)))
        await do(bench, SwitchComponent("analyser", on=False, why="too dear", version="2"))
        await ledger.note("ci", NoteKind.DEPLOY, ("a",), "release 1.4.2", None)
        assert await shown(ledger) == [
            "deploy deploy deploy of a",
            "component analyser analyser switched off, version 2",
            "limits b limits of b set by its owner",
            "mitigation m-1 ended",
            "mitigation m-1 kill a",
            "revision 1 in force",
            "revision 1 proposed",
        ]

    play(bench, story)


def test_what_holds_now_says_so_and_on_which_edges(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a")
        await put_in_force(operations, "a b")
        await kill(operations, "a")
        bench.fleet.prompt = False
        second = await kill(operations, "b")
        page = await ledger.page(ALL)
        by = {(each.kind, each.subject, each.title): each for each in page.entries}
        new = by[LedgerKind.MITIGATION, second.id, "kill b"]
        assert new.on is not None
        assert (new.standing, new.on.count, new.on.of) == (Standing.IN_FORCE, 0, 3)
        assert new.expires_at == bench.now + 60
        in_force = by[LedgerKind.REVISION, "2", "in force"]
        assert in_force.on is not None
        assert (in_force.standing, in_force.on.count) == (Standing.IN_FORCE, 3), "a mitigation under way is no matter"
        superseded = by[LedgerKind.REVISION, "1", "in force"]
        assert (superseded.standing, superseded.on) == (Standing.OVER, None)
        assert {edge.name for edge in page.drifting} == {"e1", "e2", "w1"}

    play(bench, story)


def test_an_entry_in_full_proves_by_hash_which_edges_have_it(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a")
        bench.fleet.edges[2].connected = False
        await put_in_force(operations, "a b")
        sequence = (await ledger.page(ALL)).entries[1].sequence
        assert sequence is not None
        found = await ledger.entry(sequence, None)
        assert found is not None
        assert found.changes is not None
        assert [(c.service, c.kind) for c in found.changes.services] == [("b", "added")]
        assert [each.title for each in found.course] == ["in force"]
        proofs = {edge.name: (edge.has_it, edge.has == edge.should, edge.has is None) for edge in found.edges}
        assert proofs == {"e1": (True, True, False), "e2": (True, True, False), "w1": (False, True, True)}
        assert await ledger.entry(999, None) is None

    play(bench, story)


def test_the_first_revision_brings_every_service(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a b")
        first = (await ledger.page(ALL)).entries[-1]
        assert first.services == ("a", "b")

    play(bench, story)


def test_pages_and_filters(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a b")
        for number in range(5):
            bench.now += 10
            await ledger.note(
                "ci" if number % 2 else "ann", NoteKind.DRILL, ("a",) if number else (), f"try {number}", None
            )
        first = await ledger.page(LedgerQuery(count_max=3))
        assert first.older == first.entries[-1].sequence
        second = await ledger.page(LedgerQuery(count_max=10, before=first.older))
        assert second.older is None
        assert [e.sequence for e in (*first.entries, *second.entries)] == [7, 6, 5, 4, 3, 2, 1]
        assert len(await shown(ledger, LedgerQuery(kind=LedgerKind.REVISION))) == 2
        assert len(await shown(ledger, LedgerQuery(author="ci"))) == 2
        assert len(await shown(ledger, LedgerQuery(service="a", kind=LedgerKind.DRILL))) == 4
        assert len(await shown(ledger, LedgerQuery(since=bench.now - 15))) == 2

    play(bench, story)


def test_an_owner_sees_its_tenants_changes_and_notes_its_own_services_only(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a b")
        await put_in_force(operations, "a b c")
        await kill(operations, "b")
        mine = LedgerQuery(tenant="t-a")
        assert await shown(ledger, mine) == ["revision 1 in force", "revision 1 proposed"]
        assert [each.services for each in (await ledger.page(mine)).entries] == [("a",), ("a",)]
        assert isinstance(await ledger.note("owner", NoteKind.DEPLOY, ("a",), "1.0", "t-a"), LedgerEntry)
        for foreign in (("b",), ("a", "b"), (), ("nix",)):
            answer = await ledger.note("owner", NoteKind.DEPLOY, foreign, "1.0", "t-a")
            assert isinstance(answer, Refusal)
            assert answer.code is RefusalCode.SERVICE_UNKNOWN
        sequences = [each.sequence for each in (await ledger.page(ALL)).entries if each.sequence]
        visible = {s for s in sequences if await ledger.entry(s, "t-a") is not None}
        assert visible == {1, 2, 6}

    play(bench, story)


def test_notes_are_bounded_and_checked(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a")
        for why in ("", "two\nlines", "x" * 501):
            answer = await ledger.note("bo", NoteKind.OTHER, (), why, None)
            assert isinstance(answer, Refusal)
            assert answer.code is RefusalCode.REASON_MALFORMED
        for _ in range(NOTES_MAX):
            await ledger.note("ci", NoteKind.DEPLOY, ("a",), "1.0", None)
        answer = await ledger.note("ci", NoteKind.DEPLOY, ("a",), "1.0", None)
        assert isinstance(answer, Refusal)
        assert answer.code is RefusalCode.BUSY
        bench.now += 61
        assert isinstance(await ledger.note("ci", NoteKind.DEPLOY, ("a",), "1.0", None), LedgerEntry)

    play(bench, story)


def test_what_is_not_recorded_yet_is_in_the_ledger_without_a_number(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a")
        assert isinstance(bench.journal, MemoryJournal)
        bench.journal.full = True
        await kill(operations, "a")
        newest = (await ledger.page(ALL)).entries[0]
        assert (newest.sequence, newest.title, newest.standing) == (None, "kill a", Standing.IN_FORCE)

    play(bench, story)


def test_a_restart_forgets_nothing(bench: Bench) -> None:
    async def before(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a")
        await put_in_force(operations, "a b")

    async def after(_: Operations, ledger: Ledger) -> None:
        bench.control.recent.popleft()
        assert len(await shown(ledger)) == 4, "what control doesn't remember is read from the journal"
        assert (await ledger.page(ALL)).entries[0].services == ("b",)

    play(bench, before)
    play(bench, after)


def wide(count: int, version: int) -> str:
    """A platform of so many services, of which twelve are others in each version."""
    return " ".join(f"s{n}v{version}" if n < 12 else f"s{n}" for n in range(count))


def test_a_rollout_that_harms_is_the_first_suspect_with_the_figures(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, wide(100, 1))
        bench.now += 3_000
        await ledger.note("ci", NoteKind.DEPLOY, ("s90",), "1.0", None)
        bench.now += 600
        await put_in_force(operations, wide(100, 2))
        bench.now += 4
        await do(bench, OpenFinding(find("s0v2", bench.now)))
        bench.now += 2
        await kill(operations, "s0v2")
        (found,) = (await ledger.accuse(operations.findings())).open
        first = found.suspects[0]
        assert (first.title, first.lead_s) == ("revision 2", 4.0)
        assert first.weight > 0.8
        assert first.evidence == (
            "revision 2 reached s0v2 4.0 s before it began",
            "1 of 1 affected service has it, 24 % of all do",
        )
        assert [each.title for each in found.suspects] == ["revision 2"], "the mitigation came after"
        one = await ledger.accuse_one(found)
        assert one.suspects == found.suspects

    play(bench, story)


def test_a_tenant_is_told_suspects_among_its_own_changes_only(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a b")
        bench.now += 100
        await ledger.note("ci", NoteKind.DEPLOY, ("a",), "1.0", None)
        await ledger.note("ci", NoteKind.DEPLOY, ("a", "b"), "2.0", None)
        bench.now += 5
        await do(bench, OpenFinding(find("a", bench.now)))
        documents = operations.findings().open
        (everybodys,) = ledger.accuse_some(documents, None)
        (mine,) = ledger.accuse_some(documents, "t-a")
        assert {each.why for each in mine.suspects} == {"1.0"}
        assert {each.why for each in everybodys.suspects} >= {"1.0", "2.0"}

    play(bench, story)


def test_waves_are_told_with_whom_they_reached_and_a_rollback_undoes_them() -> None:
    bench = Bench(fleet=FakeFleet(LOCATIONS), compiler=ReadableCompiler())

    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a b")
        await operations.propose("ann", "a b c d", "p.yaml", "two more")
        rollout = bench.control.state.rollout
        assert rollout is not None
        began = (await ledger.page(ALL)).entries[0]
        assert began.standing is Standing.COMING
        assert began.on is not None
        at_first = {p for wave in rollout.waves[:1] for p in wave.locations or LOCATIONS}
        assert began.on.of == sum(len(LOCATIONS[place]) for place in at_first)
        await do(bench, AdvanceRollout(rollout.number, 0))
        assert (await ledger.page(ALL)).entries[0].title == "wave 2 began"
        await do(bench, RollBackRollout("bo", "errors", evidence=("c fails",)))
        entries = (await ledger.page(ALL)).entries
        assert entries[0].title == "rolled back in wave 2"
        assert entries[0].why == "errors; c fails"
        assert {e.standing for e in entries if e.subject == "2" and e.standing} == {Standing.UNDONE}

    play(bench, story)


def test_a_revision_whose_text_is_gone_is_shown_without_a_comparison(bench: Bench) -> None:
    async def story(operations: Operations, ledger: Ledger) -> None:
        await put_in_force(operations, "a")
        await put_in_force(operations, "a b")
        await put_in_force(operations, "a b c")
        assert isinstance(bench.journal, MemoryJournal)
        bench.journal.texts.clear()
        found = await ledger.entry(3, None)
        assert isinstance(found, LedgerEntryDocument)
        assert found.changes is None
        assert found.entry.service_count is None

    play(bench, story)
