"""Endpoints that are learnt reach the edges alone, hold while a feed is dead, and outlive control."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.control import Bench, put_in_force, until
from fakes.loop import in_loop
from holdfast import compile as compiler
from holdfast.adapters.endpoints import FeedReader, load_endpoints
from holdfast.model.mitigation import Drain
from holdfast.model.recovery import Endpoint
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.resource import ResourceKey, ResourceType
from holdfast.runtime.control import Control
from holdfast.runtime.kept import KeptSnapshots
from holdfast.runtime.recovery.endpoints import EndpointFeeds
from holdfast.runtime.recovery.machines import Machines
from holdfast.runtime.recovery.reclaims import ReclaimWatch
from holdfast.spec import check_text
from holdfast.views.reclaims import ReclaimsDocument

PLATFORM = """
holdfast: 1
name: small
clients: {{trusted_proxies: []}}
locations:
  east:
    edges: [{{name: e1, listen: "127.0.0.1:18080"}}, {{name: e2, listen: "127.0.0.1:18081"}}]
    capacity: {{in_flight: 100, requests: 1000/s}}
  west: {{edges: [{{name: w1, listen: "127.0.0.1:18082"}}], capacity: {{in_flight: 100, requests: 1000/s}}}}
tenants:
  acme:
    services:
      shop:
        hosts: [shop.example]
        upstream: {{endpoints: [192.0.2.100:80], endpoints_from: {{file: {feed}}}, health_check: {{path: /healthz}}}}
  globex:
    services:
      mail: {{hosts: [mail.example], upstream: {{endpoints: [192.0.2.200:80, 192.0.2.201:80]}}}}
"""
A, B, C, D = (f"192.0.2.{n}:80" for n in range(1, 5))


class World:
    """A control on what the real compiler makes, a feed, and what reads it."""

    def __init__(self, folder: Path) -> None:
        self.feed = folder / "feed.json"
        self.kept = folder / "endpoints.json"
        self.bench = Bench(compiler=compiler, check=check_text, kept=KeptSnapshots(folder / "kept"))  # type: ignore[arg-type]

    @property
    def text(self) -> str:
        return PLATFORM.format(feed=self.feed)

    def say(self, *addresses: str) -> None:
        """Have the feed name these."""
        draft = self.feed.with_suffix(".new")
        draft.write_text(json.dumps(addresses))
        draft.replace(self.feed)

    def feeds(self, known: Mapping[str, tuple[Endpoint, ...]] | None = None) -> EndpointFeeds:
        return EndpointFeeds(self.control, self.bench.tell_time, self.kept, known or {})

    @property
    def control(self) -> Control:
        return self.bench.control

    def sent(self, cluster: str = "shop") -> list[dict[str, bool]]:
        """The endpoints that each edge has, each with whether it is drained."""
        from envoy.config.core.v3 import health_check_pb2  # noqa: PLC0415 - upb's messages are slow to import
        from envoy.config.endpoint.v3 import endpoint_pb2  # noqa: PLC0415

        found = []
        for edge in self.bench.fleet.edges:
            body = edge.has[ResourceKey(ResourceType.ENDPOINTS, cluster)].body
            assignment = endpoint_pb2.ClusterLoadAssignment.FromString(body)
            each = [lb for locality in assignment.endpoints for lb in locality.lb_endpoints]
            places = [(lb, lb.endpoint.address.socket_address) for lb in each]
            found.append(
                {f"{p.address}:{p.port_value}": lb.health_status == health_check_pb2.DRAINING for lb, p in places}
            )
        return found


def all_have(world: World, *addresses: str, cluster: str = "shop") -> bool:
    return [set(each) for each in world.sent(cluster)] == [set(addresses)] * 3


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@in_loop
async def test_what_a_feed_says_reaches_every_edge_and_nothing_else_does(world: World) -> None:
    async with world.bench.run() as operations, FeedReader() as reader:
        await put_in_force(operations, world.text)
        assert all_have(world, "192.0.2.100:80")
        before = [{key: each.version for key, each in edge.has.items()} for edge in world.bench.fleet.edges]
        feeds = world.feeds()
        world.say(A, B)
        await feeds.look(reader)
        assert all_have(world, A, B)
        after = [{key: each.version for key, each in edge.has.items()} for edge in world.bench.fleet.edges]
        for had, has in zip(before, after, strict=True):
            changed = {key for key in had.keys() | has.keys() if had.get(key) != has.get(key)}
            assert changed == {ResourceKey(ResourceType.ENDPOINTS, "shop")}
        assert not world.control.core.unrecorded
        published = world.bench.fleet.published
        world.bench.now += 10
        await feeds.look(reader)
        assert world.bench.fleet.published == published


@in_loop
async def test_a_dead_or_empty_feed_empties_nothing_and_says_so(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.bench.run() as operations, FeedReader() as reader:
        await put_in_force(operations, world.text)
        feeds = world.feeds()
        for text, told in (("[]", "empty"), ("[nonsense", "neither"), ('["127.0.0.1:18080"]', "edge listens")):
            world.say(A, B)
            world.bench.now += 10
            await feeds.look(reader)
            world.feed.write_text(text)
            world.bench.now += 10
            await feeds.look(reader)
            assert all_have(world, A, B)
            assert told in feeds.standing["shop"].problem
            assert told in caplog.text
        world.feed.unlink()
        world.bench.now += 10
        await feeds.look(reader)
        assert feeds.standing["shop"].problem_at is not None
        assert all_have(world, A, B)


@in_loop
async def test_a_control_that_returns_to_a_dead_feed_changes_nothing(world: World) -> None:
    async with world.bench.run() as operations, FeedReader() as reader:
        await put_in_force(operations, world.text)
        world.say(A, B)
        await world.feeds().look(reader)
        had = [dict(edge.has) for edge in world.bench.fleet.edges]
    world.feed.unlink()
    known = load_endpoints(world.kept)
    assert known == {"shop": (Endpoint(address=A), Endpoint(address=B))}
    world.bench.discovered = known
    world.bench.fleet.forget()
    async with world.bench.run(), FeedReader() as reader:
        assert [edge.has for edge in world.bench.fleet.edges] == had
        await world.feeds(known).look(reader)
        assert [edge.has for edge in world.bench.fleet.edges] == had
        assert world.control.state.rollout is None
        assert len(world.control.state.revisions) == 1


@in_loop
async def test_a_revision_that_is_about_others_leaves_what_was_learnt(world: World) -> None:
    async with world.bench.run() as operations, FeedReader() as reader:
        await put_in_force(operations, world.text)
        world.say(A, B)
        await world.feeds().look(reader)
        await put_in_force(operations, world.text.replace("mail.example", "post.example"))
        assert all_have(world, A, B)
        plain = world.text.replace(f"endpoints_from: {{file: {world.feed}}}, ", "")
        await put_in_force(operations, plain)
        assert all_have(world, "192.0.2.100:80")


@in_loop
async def test_a_drain_reaches_every_edge_and_its_end_too(world: World) -> None:
    async with world.bench.run() as operations:
        await put_in_force(operations, world.text)
        drain = Drain(service="mail", endpoints=("192.0.2.200:80",))
        begun = await operations.mitigate("ann", drain, 60.0, "patching")
        assert not isinstance(begun, Refusal)
        assert world.sent("mail") == [{"192.0.2.200:80": True, "192.0.2.201:80": False}] * 3
        refused = await operations.mitigate("ann", Drain(service="mail", endpoints=("192.0.2.201:80",)), 60.0, "too")
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.ENDPOINTS_NEEDED
        some = await operations.mitigate("ann", drain, 60.0, "patching", edges=("e1",))
        assert isinstance(some, Refusal)
        assert some.code is RefusalCode.EDGE_UNKNOWN
        await operations.end_mitigation("ann", begun.id)
        assert world.sent("mail") == [{"192.0.2.200:80": False, "192.0.2.201:80": False}] * 3


@in_loop
async def test_a_drain_outlives_control_and_a_revision(world: World) -> None:
    async with world.bench.run() as operations:
        await put_in_force(operations, world.text)
        await operations.mitigate("ann", Drain(service="mail", endpoints=("192.0.2.200:80",)), 600.0, "patching")
        await put_in_force(operations, world.text.replace("shop.example", "shops.example"))
        assert world.sent("mail") == [{"192.0.2.200:80": True, "192.0.2.201:80": False}] * 3
    world.bench.fleet.forget()
    async with world.bench.run():
        assert world.sent("mail") == [{"192.0.2.200:80": True, "192.0.2.201:80": False}] * 3
        assert world.control.state.rollout is None
        world.bench.now += 1_000.0
        await until(lambda: world.sent("mail") == [{"192.0.2.200:80": False, "192.0.2.201:80": False}] * 3)


@in_loop
async def test_a_machine_that_is_taken_back_is_drained_until_it_is_gone(world: World) -> None:
    async with world.bench.run() as operations, FeedReader() as reader:
        await put_in_force(operations, world.text)
        feeds, watch = world.feeds(), ReclaimWatch(world.control)
        machines = Machines(world.control, feeds, watch)
        world.say(A, B, C, D)
        await feeds.look(reader)
        told = await machines.report("m", "192.0.2.1", None, None, None)
        assert isinstance(told, ReclaimsDocument)
        assert [(each.name, each.drained, each.kept) for each in told.services] == [("shop", (A,), ())]
        assert world.sent() == [{A: True, B: False, C: False, D: False}] * 3
        told = await machines.report("m", "192.0.2.2", B, world.bench.now + 30, "acme")
        assert isinstance(told, ReclaimsDocument)
        told = await machines.report("m", "192.0.2.3", None, None, None)
        assert isinstance(told, ReclaimsDocument)
        assert [(each.drained, each.kept) for each in told.services] == [((), (C,))]
        shown = machines.list_endpoints("shop", "", 9).clusters[0]
        assert [each.drained for each in shown.endpoints] == [True, True, False, False]
        world.say(C, D, "192.0.2.5:80")
        world.bench.now += 10
        await feeds.look(reader)
        await watch.look_once()
        assert world.sent() == [{C: True, D: False, "192.0.2.5:80": False}] * 3
        assert [m.measure for m in world.control.state.mitigations.values()] == [Drain(service="shop", endpoints=(C,))]


@in_loop
async def test_nobody_announces_what_is_not_theirs_or_is_not_there(world: World) -> None:
    async with world.bench.run() as operations:
        watch = ReclaimWatch(world.control)
        early = await watch.report("m", "192.0.2.200", None, None, None)
        await put_in_force(operations, world.text)
        unknown = await watch.report("m", "192.0.2.7", None, None, None)
        foreign = await watch.report("m", "192.0.2.200", None, None, "acme")
    for refused, code in (
        (early, RefusalCode.NOTHING_IN_FORCE),
        (unknown, RefusalCode.ENDPOINT_UNKNOWN),
        (foreign, RefusalCode.ENDPOINT_UNKNOWN),
    ):
        assert isinstance(refused, Refusal)
        assert refused.code is code
    assert not world.control.state.mitigations
