"""Failover on a real control: what edges report goes in, and what is put in force comes out."""

import asyncio
from dataclasses import dataclass, field

from fakes.control import Bench, put_in_force
from fakes.figures import DEAD, QUIET, REPORT_S, WELL, Row, report
from fakes.fleet import FakeFleet
from holdfast.engine.command import EndMitigation, Mitigate
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.runtime.recovery.failing_over import COMPONENT, FailingOver
from holdfast.spec import check_text
from holdfast.views.failover import ServiceStanding, Whereabouts

PLATFORM = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  east:
    edges: [{name: e1, listen: "127.0.0.1:18080"}, {name: e2, listen: "127.0.0.1:18081"}]
    capacity: {in_flight: 100, requests: 1000/s}
defaults: {limits: {requests: 100/s, per_client: {requests: 50/s}}}
sites: {us: {}, eu: {}}
tenants:
  acme:
    services:
      shop:
        hosts: [shop.example]
        failover: {policy: POLICY, fail_back: automatic, after: 1s, stay: 20s, ramp: 8s}
        upstream:
          endpoints: ["10.0.0.1:80"]
          site: us
          health_check: {}
          standbys: {b: {endpoints: ["10.1.0.1:80"], site: eu, health_check: {}}}
      mail: {hosts: [mail.example], upstream: {endpoints: ["10.0.0.2:80"]}}
"""
EDGES = ("e1", "e2")
STANDBY = "shop~~b"


@dataclass
class Stage:
    """A control, failover beside it, and edges that report what the test says."""

    bench: Bench = field(default_factory=lambda: Bench(fleet=FakeFleet({"east": EDGES}), check=check_text))

    def start(self) -> None:
        self.failing_over = FailingOver(self.bench.control)

    async def play(self, seconds: float, primary: Row, *, healthy: bool = True, edges: tuple[str, ...] = EDGES) -> None:
        """So long of edges that see the primary so; its standby is always well."""
        for _ in range(round(seconds / REPORT_S)):
            self.bench.now += REPORT_S
            rows = {"shop": primary, STANDBY: QUIET}
            for edge in edges:
                self.failing_over.take_report(report(edge, self.bench.now, rows, {"shop": (int(healthy), 1)}))
            await self.failing_over.look()

    @property
    def moves(self) -> list[Mitigation]:
        found = self.bench.control.state.mitigations.values()
        return [m for m in found if isinstance(m.measure, FailOver)]

    def share(self) -> float:
        return max((m.measure.share for m in self.moves if isinstance(m.measure, FailOver)), default=0.0)

    def standing(self) -> ServiceStanding:
        (standing,) = self.failing_over.show().services
        return standing


def test_a_lost_primary_is_left_and_returned_to() -> None:
    async def scenario() -> None:
        stage = Stage()
        async with stage.bench.run() as operations:
            await put_in_force(operations, PLATFORM.replace("POLICY", "automatic"))
            stage.start()
            await stage.failing_over.look()
            await stage.play(2, WELL)
            assert not stage.moves
            await stage.play(1.25, DEAD, healthy=False)
            (move,) = stage.moves
            assert move.author == "holdfast"
            assert move.measure == FailOver(service="shop")
            found = stage.bench.control.state.findings[move.finding or ""]
            assert (found.kind, found.service) == (FindingKind.LOSS, "shop")
            standing = stage.standing()
            assert (standing.at, standing.to, standing.read_only) == (Whereabouts.STANDBY, "b", True)
            await stage.play(15, QUIET, healthy=True)
            assert stage.share() == 1
            await stage.play(17, QUIET, healthy=True)
            assert 0 < stage.share() < 1
            await stage.play(20, WELL)
            assert not stage.moves
            await stage.play(1, WELL)
            assert not stage.bench.control.state.findings

    asyncio.run(scenario())


def test_a_suggestion_is_all_where_people_decide() -> None:
    async def scenario() -> None:
        stage = Stage()
        async with stage.bench.run() as operations:
            await put_in_force(operations, PLATFORM.replace("POLICY", "suggest"))
            stage.start()
            await stage.failing_over.look()
            await stage.play(3, WELL)
            await stage.play(3, DEAD, healthy=False)
            assert not stage.moves
            (suggestion,) = stage.bench.control.state.suggestions.values()
            assert suggestion.measure == FailOver(service="shop")
            assert stage.standing().waits_for == "people to move it"

    asyncio.run(scenario())


def test_a_control_that_begins_anew_returns_nothing_that_it_has_not_seen_well() -> None:
    async def scenario() -> None:
        stage = Stage()
        async with stage.bench.run() as operations:
            await put_in_force(operations, PLATFORM.replace("POLICY", "automatic"))
            stage.start()
            await stage.failing_over.look()
            await stage.play(1, WELL)
            await stage.play(3, DEAD, healthy=False)
            assert stage.share() == 1
        async with stage.bench.run():
            stage.start()
            await stage.failing_over.look()
            stage.bench.now += 100
            await stage.play(60, QUIET, edges=())
            assert stage.share() == 1
            await stage.play(60, DEAD, healthy=False)
            assert stage.share() == 1
            await stage.play(19, QUIET, healthy=True)
            assert stage.share() == 1
            await stage.play(30, WELL, healthy=True)
            assert not stage.moves

    asyncio.run(scenario())


def test_what_people_moved_for_their_own_reasons_is_theirs_to_end() -> None:
    async def scenario() -> None:
        stage = Stage()
        async with stage.bench.run() as operations:
            await put_in_force(operations, PLATFORM.replace("POLICY", "automatic"))
            stage.start()
            await stage.failing_over.look()
            await stage.play(1, WELL)
            await stage.bench.control.submit(Mitigate("ann", FailOver(service="shop"), 300.0, "maintenance"))
            expires_at = stage.moves[0].expires_at
            await stage.play(100, WELL)
            assert stage.share() == 1
            assert stage.moves[0].expires_at == expires_at
            await stage.play(100, DEAD, healthy=False)
            assert stage.moves[0].expires_at > expires_at
            await stage.bench.control.submit(EndMitigation("ann", stage.moves[0].id))
            assert not stage.moves

    asyncio.run(scenario())


def test_switched_off_it_leaves_everything_as_it_is() -> None:
    async def scenario() -> None:
        stage = Stage()
        async with stage.bench.run() as operations:
            await put_in_force(operations, PLATFORM.replace("POLICY", "automatic"))
            stage.start()
            await stage.failing_over.switch(on=False, author="ann", why="it does harm")
            await stage.failing_over.look()
            await stage.play(10, DEAD, healthy=False)
            assert not stage.moves
            assert not stage.failing_over.show().on
            assert not stage.bench.control.state.components[COMPONENT].on
            await stage.failing_over.switch(on=True, author="ann", why="it is mended")
            await stage.failing_over.look()
            await stage.play(3, DEAD, healthy=False)
            assert stage.share() == 1

    asyncio.run(scenario())
