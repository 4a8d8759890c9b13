"""Edges without control, agents without memory, and what happens when each comes back."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from envoy.config.route.v3 import route_components_pb2, route_pb2

from edge.asking import Line, ask
from edge.machine import Control, Machine
from edge.running import EDGE, LOCATION, until
from edge.services import limits, service
from holdfast.adapters.last_good import LastGoodStore
from holdfast.compile import compile_mitigations, compile_services, compile_snapshot
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Kill, Mitigation
from holdfast.model.platform import Platform
from holdfast.model.resource import Resource, ResourceKey, ResourceType, SnapshotDelta

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.running import LoopThread
    from edge.upstream import Upstream

KILL = Mitigation(id="m-7", measure=Kill(service="wiki"), reason="test", author="me", started_at=0, expires_at=1)
"""Expired long since: but it is control that ends it, and control alone."""


class World:
    """A machine, and control that comes and goes."""

    def __init__(self, loop: LoopThread, upstream: Upstream) -> None:
        self._loop, self._upstream = loop, upstream
        self.machine = Machine()
        self.intent = self.intend(upstream).under((KILL,))
        self.control: Control | None = None

    def intend_one_more(self) -> Intent:
        """The same and news.example."""
        return self.intend(self._upstream, news=service(self._upstream, hosts=("news.example",)))

    def intend(self, upstream: Upstream, burst: int = 1000, **more: Any) -> Intent:
        services = {
            "shop": service(upstream, limits=limits(1000)),
            "blog": service(upstream, hosts=("blog.example",), limits=limits(burst)),
            "wiki": service(upstream, hosts=("wiki.example",)),
            **more,
        }
        text = {
            "holdfast": 1,
            "name": "test",
            "locations": {
                LOCATION: {
                    "edges": [{"name": EDGE, "listen": "{}:{}".format(*self.machine.address)}],
                    "capacity": {"in_flight": 100, "requests": 10_000.0},
                }
            },
            "tenants": {"acme": {"services": services}},
        }
        return Intent(Platform.model_validate(text))

    def start_control(self) -> Control:
        snapshot = compile_snapshot(self.intent, LOCATION)
        self.control = Control(self._loop, self.machine.control_socket, snapshot)
        return self.control

    def stop_control(self) -> None:
        if self.control:
            self.control.stop()
            self.control = None

    def boot(self) -> Control:
        """Start everything, and wait until it serves and is remembered."""
        control = self.start_control()
        self.machine.start_agent()
        control.wait_until_programmed()
        self.machine.wait_until_serving("shop.example")
        return control

    def clear(self) -> None:
        self.stop_control()
        self.machine.clear()


@pytest.fixture
def world(loop: LoopThread, upstream: Upstream) -> Iterator[World]:
    made = World(loop, upstream)
    yield made
    made.clear()


def assert_serving(world: World) -> None:
    assert ask(world.machine.address, "shop.example").status == 200
    assert ask(world.machine.address, "blog.example").status == 200
    assert ask(world.machine.address, "wiki.example").cause == "kill"
    assert ask(world.machine.address, "nobody.example").cause == "unknown-host"


def nameless(service: str) -> Resource:
    """Routes that Envoy refuses."""
    host = route_components_pb2.VirtualHost(name="", domains=["*"])
    config = route_pb2.RouteConfiguration(name=service, virtual_hosts=[host])
    return Resource.of(ResourceType.ROUTES, service, config.SerializeToString())


def test_traffic_flows_on_without_agent_and_control(world: World) -> None:
    world.boot()
    envoy = world.machine.envoy
    with Line(world.machine.address) as line:
        assert line.get("shop.example").status == 200
        world.machine.end_agent()
        world.stop_control()
        assert line.get("shop.example").status == 200
        assert_serving(world)

        world.machine.start_agent()
        control = world.start_control()
        control.wait_until_programmed()
        assert control.sent() == []
        assert world.machine.envoy == envoy
        assert line.get("shop.example").status == 200
        assert_serving(world)

        change(world, control)
        assert line.get("shop.example").status == 200


def change(world: World, control: Control) -> None:
    """Show that a change still reaches the edge: one more kill."""
    kill = Mitigation(id="m-8", measure=Kill(service="blog"), reason="test", author="me", started_at=1, expires_at=2)
    control.publish(SnapshotDelta(compile_mitigations(world.intent.under((KILL, kill)), LOCATION)))
    world.machine.wait_until_serving("blog.example", 503)


def test_control_alone_comes_back(world: World) -> None:
    world.boot()
    with Line(world.machine.address) as line:
        assert line.get("shop.example").status == 200
        world.stop_control()
        assert line.get("shop.example").status == 200
        control = world.start_control()
        control.wait_until_programmed()
        assert control.sent() == []
        change(world, control)
        assert line.get("shop.example").status == 200


def test_control_comes_back_with_one_change(world: World, upstream: Upstream) -> None:
    world.boot()
    with Line(world.machine.address) as line:
        assert line.get("shop.example").status == 200
        world.stop_control()
        world.intent = world.intend(upstream, burst=1).under((KILL,))
        control = world.start_control()
        control.wait_until_programmed()
        assert control.sent() == ["blog"]
        assert [ask(world.machine.address, "blog.example").status for _ in range(2)] == [200, 429]
        assert line.get("shop.example").status == 200


def test_an_edge_boots_while_control_is_gone(world: World) -> None:
    world.boot()
    world.stop_control()
    world.machine.end_agent()
    world.machine.kill_envoy()

    world.machine.start_agent()
    world.machine.wait_until_serving("shop.example")
    assert_serving(world)

    with Line(world.machine.address) as line:
        assert line.get("shop.example").status == 200
        control = world.start_control()
        control.wait_until_programmed()
        assert control.sent() == []
        assert line.get("shop.example").status == 200
        change(world, control)
        assert line.get("shop.example").status == 200


def test_an_envoy_that_ends_is_started_again(world: World) -> None:
    control = world.boot()
    old = world.machine.envoy
    world.machine.kill_envoy()
    until(lambda: world.machine.envoy not in {None, old}, "another Envoy runs")
    world.machine.wait_until_serving("shop.example")
    assert_serving(world)
    assert control.status().programmed


def test_what_envoy_refuses_is_not_remembered(world: World) -> None:
    control = world.boot()
    bad = nameless("shop")
    control.publish(SnapshotDelta((bad,)))
    until(lambda: control.status().nacks, "control hears of it")
    (nack,) = control.status().nacks
    assert nack.resources == (ResourceKey(ResourceType.ROUTES, "shop"),)
    assert "VirtualHost" in nack.message
    assert_serving(world)

    world.stop_control()
    world.machine.end_agent()
    world.machine.kill_envoy()
    world.machine.start_agent()
    world.machine.wait_until_serving("shop.example")
    assert_serving(world)


def test_a_new_service_that_envoy_refuses(world: World) -> None:
    """Its routes come before the scope that makes Envoy ask for them, and mustn't be taken for good meanwhile."""
    control = world.boot()
    more = compile_services(world.intend_one_more(), LOCATION, ["news"])
    bad = tuple(nameless("news") if r.key.type is ResourceType.ROUTES else r for r in more)
    control.publish(SnapshotDelta(bad))
    until(lambda: control.status().nacks, "control hears of it")
    assert [n.resources for n in control.status().nacks] == [(ResourceKey(ResourceType.ROUTES, "news"),)]
    assert_serving(world)
    control.publish(SnapshotDelta(more))
    control.wait_until_programmed()
    assert ask(world.machine.address, "news.example").status == 200


def test_routes_that_nothing_leads_to_hold_nothing_up(world: World) -> None:
    control = world.boot()
    more = compile_services(world.intend_one_more(), LOCATION, ["news"])
    control.publish(SnapshotDelta(tuple(r for r in more if r.key.type is ResourceType.ROUTES)))
    control.wait_until_programmed()
    change(world, control)


def test_one_bad_service_at_boot_leaves_the_others_served(world: World) -> None:
    bad = nameless("wiki")
    control = world.start_control()
    control.publish(SnapshotDelta((bad,)))
    world.machine.start_agent()
    world.machine.wait_until_serving("shop.example")
    world.machine.wait_until_serving("blog.example")
    until(lambda: control.status().nacks, "control hears of it")
    good = compile_services(world.intent, LOCATION, ["wiki"])
    control.publish(SnapshotDelta(good))
    control.wait_until_programmed()
    world.machine.wait_until_serving("wiki.example", 503)


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b""], ids=["nonsense", "emptied"])
def test_a_damaged_memory_is_no_obstacle(world: World, damage: bytes) -> None:
    world.boot()
    with Line(world.machine.address) as line:
        assert line.get("shop.example").status == 200
        world.stop_control()
        world.machine.end_agent()
        world.machine.forget(damage)
        world.machine.start_agent()
        until(lambda: "turned away" in world.machine.log, "Envoy asks the agent that knows nothing")
        assert_serving(world)

        control = world.start_control()
        control.wait_until_programmed()
        assert_serving(world)
        assert line.get("shop.example").status == 200

    world.stop_control()
    world.machine.end_agent()
    world.machine.kill_envoy()
    world.machine.start_agent()
    world.machine.wait_until_serving("shop.example")
    assert_serving(world)


def test_a_damaged_memory_is_put_aside(tmp_path: Path) -> None:
    memory = tmp_path / "last_good.db"
    memory.write_bytes(b"not a database at all" * 100)
    store = LastGoodStore(memory)
    assert store.load() == {}
    store.close()
    assert (tmp_path / "last_good.unreadable").read_bytes().startswith(b"not a database")


def test_sigterm_ends_the_agent_and_its_envoy(world: World) -> None:
    world.boot()
    world.machine.end_agent(signal.SIGTERM)
    assert world.machine.envoy is None


def test_a_second_agent_leaves_the_first_alone(world: World) -> None:
    world.boot()
    envoy = world.machine.envoy
    second = subprocess.run(
        [sys.executable, "-m", "holdfast.agent", str(world.machine.folder)], capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert "another agent already runs" in second.stderr
    assert world.machine.envoy == envoy
    assert_serving(world)
