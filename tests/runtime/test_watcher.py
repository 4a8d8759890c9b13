"""The whole watch on a real control: what edges report goes in, and what is done about it comes out."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fakes.control import Bench, put_in_force
from fakes.fleet import FakeFleet
from holdfast.detect.memory import Memory
from holdfast.mitigate.steps import Occasion, TellTenant
from holdfast.model.finding import Finding, FindingKind
from holdfast.model.mitigation import Limit, Mitigation
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric
from holdfast.runtime.watch.guard import Level
from holdfast.runtime.watch.remembering import AGE_S_MAX, load_memory, save_memory
from holdfast.runtime.watch.watcher import Watcher
from holdfast.spec import check_text

PLATFORM = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  east: {edges: [{name: e1, listen: "127.0.0.1:18080"}], capacity: {in_flight: 100, requests: 1000/s}}
defaults: {response: act, limits: {requests: 100/s, per_client: {requests: 50/s}}}
tenants:
  acme:
    contact: ops@acme.example
    services:
      shop:
        hosts: [shop.example]
        bulkhead: {in_flight: {guaranteed: 4, maximum: 40}}
        upstream: {endpoints: ["127.0.0.1:9000"]}
  globex:
    services: {mail: {hosts: [mail.example], upstream: {endpoints: ["127.0.0.1:9001"]}}}
"""
TICK_S = 0.25
LEARNING_S = 400
USUAL_RPS = 20


@dataclass(frozen=True)
class Seen:
    """What there was after a play."""

    findings: tuple[Finding, ...]
    mitigations: tuple[Mitigation, ...]
    watched: frozenset[str]
    level: Level


@dataclass
class Stage:
    """A control and its watch, and an edge that reports what the test says."""

    bench: Bench
    chance: np.random.Generator
    memory: Path | None = None
    letters: list[TellTenant] = field(default_factory=list)
    sequence: int = 0

    def start(self) -> None:
        self.watcher = Watcher(self.bench.control, self.tell, lambda _: None, self.memory)

    async def tell(self, letter: TellTenant) -> str | None:
        self.letters.append(letter)
        return None

    def look(self) -> Seen:
        state, intent = self.bench.control.state, self.bench.control.intent
        assert intent is not None
        found, mitigated = tuple(state.findings.values()), tuple(state.mitigations.values())
        return Seen(found, mitigated, intent.watched, self.watcher.guard.level)

    async def play(self, seconds: float, shop_rps: float, mail_rps: float = USUAL_RPS) -> None:
        """So long of random traffic, of which the edge admits what the limits of the file allow."""
        for _ in range(round(seconds / TICK_S)):
            self.bench.now += TICK_S
            self.watcher.take_report(self.make_report(shop_rps, mail_rps))
            await self.watcher._look_once(asyncio.get_running_loop().time())

    def make_report(self, shop_rps: float, mail_rps: float) -> EdgeReport:
        self.sequence += 1
        counts = np.zeros((2, METRICS), np.int64)
        counts[:, Metric.OFFERED] = self.chance.poisson([shop_rps * TICK_S, mail_rps * TICK_S])
        counts[:, Metric.ADMITTED] = np.minimum(counts[:, Metric.OFFERED], 100 * TICK_S)
        counts[:, Metric.LIMITED] = counts[:, Metric.OFFERED] - counts[:, Metric.ADMITTED]
        return EdgeReport(
            edge="e1",
            process="1",
            sequence=self.sequence,
            began_at=self.bench.now - TICK_S,
            ended_at=self.bench.now,
            services=("shop", "mail"),
            counts=counts,
            in_flight=np.array([1, 1]),
            whole=EdgeFigures(requests=int(counts[:, Metric.OFFERED].sum()), connections=10, in_flight=2),
        )


def run(
    text: str, *plays: tuple[float, float], memory: Path | None = None, began: float = 1_000.0
) -> tuple[Stage, list[Seen]]:
    """Plays one after another, each of seconds and the shop's requests per second; what there was after each."""
    stage = Stage(
        Bench(fleet=FakeFleet({"east": ("e1",)}), check=check_text, now=began), np.random.default_rng(7), memory
    )
    seen: list[Seen] = []

    async def live() -> None:
        async with stage.bench.run() as operations:
            await put_in_force(operations, text)
            stage.start()
            for seconds, shop_rps in plays:
                await stage.play(seconds, shop_rps)
                seen.append(stage.look())
            stage.watcher.close()

    asyncio.run(live())
    return stage, seen


def test_a_surge_is_found_held_told_of_and_let_go() -> None:
    stage, (before, during, after) = run(PLATFORM, (LEARNING_S, USUAL_RPS), (3, 1_000), (300, USUAL_RPS))
    assert before == Seen((), (), frozenset(), Level.FULL)
    (finding,) = during.findings
    assert (finding.kind, finding.service, finding.tenant) == (FindingKind.SURGE, "shop", "acme")
    (hold,) = during.mitigations
    assert isinstance(hold.measure, Limit)
    assert (hold.measure.service, hold.measure.in_flight, hold.author) == ("shop", 4, "holdfast")
    assert during.watched == {"shop"}
    assert (after.findings, after.mitigations, after.watched) == ((), (), frozenset())
    assert [letter.occasion for letter in stage.letters] == [Occasion.BEGAN, Occasion.ENDED]


def test_where_the_policy_is_to_suggest_nothing_is_put_in_force() -> None:
    stage, (_, during) = run(
        PLATFORM.replace("response: act", "response: suggest"), (LEARNING_S, USUAL_RPS), (3, 1_000)
    )
    assert len(during.findings) == 1
    assert during.mitigations == ()
    assert len(stage.bench.control.state.suggestions) == 1
    assert stage.letters == []


def test_a_surge_within_its_limits_is_only_looked_into() -> None:
    _, (_, during) = run(PLATFORM, (LEARNING_S, USUAL_RPS), (10, 80))
    assert (during.findings, during.mitigations) == ((), ())
    assert during.watched == {"shop"}


def test_a_watch_that_begins_during_an_attack_knows_what_was_usual(tmp_path: Path) -> None:
    memory = tmp_path / "usual.npz"
    run(PLATFORM, (LEARNING_S, USUAL_RPS), memory=memory)
    _, (during,) = run(PLATFORM, (5, 1_000), memory=memory, began=2_000.0)
    assert [finding.service for finding in during.findings] == ["shop"]
    assert len(during.mitigations) == 1


def test_a_memory_that_is_old_or_broken_is_worth_nothing(tmp_path: Path) -> None:
    path, learned = tmp_path / "usual.npz", Memory(("shop",), {"rate": np.ones(1, np.float32)})
    save_memory(path, learned, 1_000.0)
    kept = load_memory(path, 2_000.0)
    assert kept is not None
    assert kept.services == ("shop",)
    assert load_memory(path, 1_000.0 + 2 * AGE_S_MAX) is None
    path.write_bytes(b"PK nonsense")
    assert load_memory(path, 2_000.0) is None
