"""A platform with a status site under a real `Control`, and what a watch would say of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fakes.control import Bench, count_nothing, put_in_force
from fakes.fleet import FakeFleet
from holdfast.engine.command import CloseFinding, Command, OpenFinding, Tick
from holdfast.engine.incident_command import Incidents
from holdfast.model.event import Event
from holdfast.model.finding import Evidence, Finding, FindingId, FindingKind, Tier
from holdfast.model.incident import Incident, IncidentId, Phase, Post, PostStatus
from holdfast.model.refusal import RefusalCode
from holdfast.model.state import IncidentRecord
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.opening.opener import IncidentOpener
from holdfast.runtime.operations import Operations
from holdfast.spec import check_text

PLATFORM = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  fra:
    edges: [{name: e1, listen: "127.0.0.1:18080"}]
    capacity: {in_flight: 100, requests: 1000/s}
  iad:
    edges: [{name: e2, listen: "127.0.0.1:18081"}]
    capacity: {in_flight: 100, requests: 1000/s}
defaults: {limits: {requests: 100/s, per_client: {requests: 50/s}}}
status:
  title: Acme
  publish: PUBLISH
  components:
    web: {title: Web shop, services: [shop, cart]}
    mail: {title: Mail API, services: [mail]}
  regions:
    europe: {title: Europe, locations: [fra]}
    america: {title: North America, locations: [iad]}
tenants:
  acme:
    services:
      shop: {hosts: [shop.example], criticality: critical, upstream: {endpoints: ["10.0.0.1:80"]}}
      cart:
        hosts: [cart.example]
        upstream: {endpoints: ["10.0.0.2:80"], standbys: {b: {endpoints: ["10.1.0.2:80"], health_check: {}}}}
  globex:
    services:
      mail: {hosts: [mail.example], upstream: {endpoints: ["10.0.0.3:80"]}}
"""
FLEET: dict[str, tuple[str, ...]] = {"fra": ("e1",), "iad": ("e2",)}


def make_sighting(
    kind: FindingKind, service: str | None, now: float, location: str | None = None, share: float = 0.4
) -> Finding:
    """A harmful finding that began two seconds ago: of a service, or of a location as a whole."""
    return Finding(
        kind=kind,
        tier=Tier.HARMFUL,
        service=service,
        location=location,
        began_at=now - 2.0,
        seen_at=now,
        evidence=Evidence(now=share, usual=0.01),
    )


def in_newsroom(publish: str = "auto") -> Callable[[Callable[["Newsroom"], Awaitable[None]]], Callable[[], None]]:
    """Makes a test of a coroutine that is given a newsroom at work."""

    def prepare(test: Callable[[Newsroom], Awaitable[None]]) -> Callable[[], None]:
        async def play() -> None:
            room = Newsroom(publish)
            async with room.bench.run():
                await room.begin()
                await test(room)

        def run() -> None:
            asyncio.run(play())

        run.__name__, run.__module__ = test.__name__, test.__module__
        return run

    return prepare


@dataclass
class Newsroom:
    """A control, the opener beside it, and time in the test's hands."""

    publish: str = "auto"
    bench: Bench = field(default_factory=lambda: Bench(fleet=FakeFleet(FLEET), check=check_text))

    @property
    def control(self) -> Control:
        return self.bench.control

    async def begin(self) -> None:
        """Put the platform in force, under an opener."""
        operations = Operations(self.control, count_nothing)
        await put_in_force(operations, PLATFORM.replace("PUBLISH", self.publish))
        self.opener = IncidentOpener(self.control)

    async def pass_time(self, seconds: float) -> None:
        """Look every few seconds."""
        for _ in range(max(1, round(seconds / 5.0))):
            self.bench.now += min(5.0, seconds)
            await self.do(Tick())
            await self.opener.look()

    async def do(self, command: Command | Incidents) -> tuple[Event, ...]:
        """What came of a command that isn't refused."""
        ticket = await self.control.submit(command)
        assert ticket.refusal is None, ticket.refusal
        return ticket.events

    async def refuse(self, command: Command | Incidents) -> RefusalCode:
        ticket = await self.control.submit(command)
        assert ticket.refusal is not None
        return ticket.refusal.code

    async def find(
        self, kind: FindingKind, service: str | None, location: str | None = None, share: float = 0.4
    ) -> FindingId:
        """Have something found, and looked at."""
        id_ = f"f-{self.control.state.finding_next}"
        await self.do(OpenFinding(make_sighting(kind, service, self.bench.now, location, share)))
        await self.opener.look()
        return id_

    async def close(self, *ids: FindingId) -> None:
        for id_ in ids:
            await self.do(CloseFinding(id_, "it is as usual again"))
        await self.opener.look()

    def incidents(self) -> list[Incident]:
        return [record.incident for record in self.control.state.incidents.values()]

    def record(self, id_: IncidentId = "i-1") -> IncidentRecord:
        return self.control.state.incidents[id_]

    def phase(self, id_: IncidentId = "i-1") -> Phase:
        return self.record(id_).incident.phase

    def published(self, id_: IncidentId = "i-1") -> list[Post]:
        return [post for post in self.record(id_).posts if post.status is PostStatus.PUBLISHED]
