"""Standbys proved at a running control: what edges answer, what the journal says, what outlasts a restart."""

import asyncio
from pathlib import Path

import pytest

from fakes.control import Bench, put_in_force, until
from fakes.loop import in_loop
from holdfast.engine.command import EndMitigation, Mitigate, NoteChange
from holdfast.model.asset_store import StoreStanding
from holdfast.model.mitigation import FailOver
from holdfast.model.note import NoteKind
from holdfast.model.readiness import Outcome, ProofKind, Readiness, StandbyName
from holdfast.model.recorded import PlatformUsage, Usage
from holdfast.model.route import Probe
from holdfast.recover.readiness.answers import Reply
from holdfast.runtime.operations import Operations
from holdfast.runtime.recovery import readiness
from holdfast.runtime.recovery.asking import Elsewhere
from holdfast.runtime.recovery.readiness import ReadinessProver
from holdfast.spec import Checked, check_text
from holdfast.views.readiness import ReadinessDocument

PLATFORM = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  east: {edges: [{name: e1, listen: "127.0.0.1:18080"}], capacity: {in_flight: 100, requests: 1000/s}}
defaults: {limits: {requests: 50/s, per_client: {requests: 5/s}}}
tenants:
  acme:
    services:
      shop:
        hosts: [shop.example]
        upstream:
          endpoints: ["127.0.0.1:9000"]
          standbys:
            west: {endpoints: ["127.0.0.1:9001"]}
        probes: [{path: /}]
      blog: {hosts: [blog.example], upstream: {endpoints: ["127.0.0.1:9002"]}}
"""
NAME = StandbyName("shop", None, "west")
OK = Reply(200, {"content-type": "text/html"})
Answer = Reply | Elsewhere | None


def check(text: str, file: str) -> Checked:
    return check_text(text, file)


@pytest.fixture
def bench() -> Bench:
    return Bench(check=check, now=1_790_000_000.0)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Answer]:
    """What each cluster answers, in the test's hands."""
    said: dict[str, Answer] = {"shop": OK, "shop~~west": OK}

    async def ask(_folders: object, cluster: str, _host: str, _probe: Probe) -> Answer:
        return said[cluster]

    monkeypatch.setattr(readiness, "ask_cluster", ask)
    return said


async def find_usage() -> PlatformUsage:
    return PlatformUsage()


def make_prover(bench: Bench, path: Path) -> ReadinessProver:
    return ReadinessProver(bench.control, find_usage, path, path / "readiness.json")


async def put(operations: Operations) -> None:
    await put_in_force(operations, PLATFORM)


def outcome_of(document: object, kind: ProofKind) -> Outcome | None:
    assert isinstance(document, ReadinessDocument)
    (standby,) = document.standbys
    return next((proof.outcome for proof in standby.proofs if proof.kind is kind), None)


@in_loop
async def test_standbys_are_proved_in_their_turn(bench: Bench, answers: dict[str, Answer], tmp_path: Path) -> None:
    async with bench.run() as operations:
        prover = make_prover(bench, tmp_path)
        assert prover.show(None).standbys == ()
        await put(operations)
        assert prover.show("blog").without == ("blog",)
        await prover.prove_next()
        assert outcome_of(prover.show(None), ProofKind.PROBES) is Outcome.PASSED
        assert prover.find_unready(*NAME) == ""
        answers["shop~~west"] = Reply(500, {})
        document = await prover.prove("shop")
        assert outcome_of(document, ProofKind.PROBES) is Outcome.FAILED
        assert prover.find_unready(*NAME) == "GET /: 500, expected 200; GET /: 500, the primary says 200"
        assert prover.show(None).not_ready == 1


@in_loop
async def test_too_little_room_for_peaks_keeps_nobody_at_a_lost_primary(
    bench: Bench, answers: dict[str, Answer], tmp_path: Path
) -> None:
    async def find_peaks() -> PlatformUsage:
        return PlatformUsage(services={"shop": Usage(peak_rps=100)})

    text = PLATFORM.replace("tenants:", "sites: {us: {}, eu: {requests: 10/s}}\ntenants:")
    text = text.replace('["127.0.0.1:9000"]', '["127.0.0.1:9000"]\n          site: us')
    text = text.replace('["127.0.0.1:9001"]', '["127.0.0.1:9001"], site: eu')
    async with bench.run() as operations:
        prover = ReadinessProver(bench.control, find_peaks, tmp_path, tmp_path / "readiness.json")
        await put_in_force(operations, text)
        document = await prover.prove("shop")
        assert outcome_of(document, ProofKind.HEADROOM) is Outcome.FAILED
        assert prover.find_unready(*NAME) == ""


@in_loop
async def test_what_is_wrong_with_last_good_copies_is_said_to_those_whom_it_concerns(
    bench: Bench, tmp_path: Path
) -> None:
    store = StoreStanding(services=("blog",), problem="there is no nginx")
    async with bench.run() as operations:
        prover = ReadinessProver(bench.control, find_usage, tmp_path, tmp_path / "readiness.json", lambda: store)
        assert prover.show(None).copies is None
        await put(operations)
        for shown in (prover.show(None), prover.show("blog"), prover.show(None, "acme")):
            assert shown.copies is not None
            assert (shown.copies.services, shown.copies.problem) == (("blog",), "there is no nginx")
        assert prover.show("shop").copies is None
        assert prover.show(None, "globex").copies is None


@in_loop
async def test_what_cant_be_asked_proves_nothing(bench: Bench, answers: dict[str, Answer], tmp_path: Path) -> None:
    async with bench.run() as operations:
        prover = make_prover(bench, tmp_path)
        await put(operations)
        answers["shop~~west"] = Elsewhere("no edge can be asked")
        assert outcome_of(await prover.prove("shop"), ProofKind.PROBES) is None
        answers["shop~~west"], answers["shop"] = OK, None
        document = await prover.prove("shop")
        assert outcome_of(document, ProofKind.PROBES) is Outcome.PASSED
        assert outcome_of(document, ProofKind.PARITY) is Outcome.PASSED, "a dead primary says nothing against it"


@in_loop
async def test_drills_are_read_from_the_journal_and_outlast_a_restart(
    bench: Bench, answers: dict[str, Answer], tmp_path: Path
) -> None:
    async with bench.run() as operations:
        prover = make_prover(bench, tmp_path)
        await put(operations)
        await prover.prove("shop")
        assert prover.judge(NAME).readiness is Readiness.STALE
        await bench.control.submit(NoteChange("ann", NoteKind.DRILL, "moved for ten minutes", ("shop", "blog")))
        document = prover.show("shop")
        assert outcome_of(document, ProofKind.DRILL) is Outcome.PASSED
        drill = next(p for p in document.standbys[0].proofs if p.kind is ProofKind.DRILL)
        assert (drill.author, drill.told) == ("ann", "moved for ten minutes")
        prover.close()
    async with bench.run():
        again = make_prover(bench, tmp_path)
        assert outcome_of(again.show("shop"), ProofKind.DRILL) is Outcome.PASSED
        assert outcome_of(again.show("shop"), ProofKind.PROBES) is Outcome.PASSED
    assert (tmp_path / "readiness.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("lasted_s", "why", "proved"),
    [(40.0, "ended", True), (20.0, "ended", False), (40.0, "reverted: it harms", False)],
)
@in_loop
async def test_a_failover_that_lasted_and_did_no_harm_is_a_drill(
    bench: Bench, answers: dict[str, Answer], tmp_path: Path, lasted_s: float, why: str, proved: bool
) -> None:
    async with bench.run() as operations:
        prover = make_prover(bench, tmp_path)
        await put(operations)
        await bench.control.submit(Mitigate("ann", FailOver(service="shop"), 600.0, "the primary is lost"))
        prover.show(None)
        bench.now += lasted_s
        await bench.control.submit(EndMitigation("ann", "m-1", why))
        found = outcome_of(prover.show("shop"), ProofKind.DRILL)
        assert (found is Outcome.PASSED) is proved


@in_loop
async def test_proofs_that_cant_be_read_are_made_anew(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "readiness.json").write_text('{"known": "x"')
    async with bench.run() as operations:
        await put(operations)
        assert make_prover(bench, tmp_path).judge(NAME).proofs == ()


@in_loop
async def test_one_that_hangs_keeps_nobody_else_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(readiness, "EVERY_S", 0.02)
    monkeypatch.setattr(readiness, "PER_S_MAX", 1_000.0)
    asked = list[str]()
    never = asyncio.Event()

    async def ask(_folders: object, cluster: str, _host: str, _probe: Probe) -> Answer:
        asked.append(cluster)
        if asked.count(cluster) == 1:
            await never.wait()
        return OK

    monkeypatch.setattr(readiness, "ask_cluster", ask)
    async with bench.run() as operations:
        prover = make_prover(bench, tmp_path)
        await put(operations)
        running = asyncio.create_task(prover.run())
        await until(lambda: outcome_of(prover.show("shop"), ProofKind.PROBES) is Outcome.PASSED)
        running.cancel()
        await asyncio.wait([running])
        assert asked.count("shop~~west") > 1
