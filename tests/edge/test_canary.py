"""The scratch Envoy that sees a revision before the edges do."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from envoy.config.route.v3 import route_components_pb2, route_pb2

from edge.running import LOCATION
from edge.services import service
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.envoy.process import adopt_envoy
from holdfast.compile import compile_snapshot
from holdfast.model.resource import Resource, ResourceKey, ResourceType
from holdfast.runtime.canary import EnvoyCanary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import RunningEdge
    from edge.upstream import Upstream
    from holdfast.model.resource import Snapshot


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hf-") as made:
        yield Path(made) / "canary"


@pytest.fixture
def snapshot(edge: RunningEdge, upstream: Upstream) -> Snapshot:
    checked = service(upstream, upstream={"health_check": {"interval": 0.01}})
    services = {name: {**checked, "hosts": [f"{name}.example"]} for name in ("shop", "blog", "wiki")}
    return compile_snapshot(edge.intend(services), LOCATION)


def test_what_is_sound_is_proved_without_a_word_to_any_upstream(
    folder: Path, snapshot: Snapshot, upstream: Upstream
) -> None:
    proof = asyncio.run(EnvoyCanary(folder, find_envoy).prove(snapshot))
    assert proof.proved
    assert (upstream.requests, upstream.state.checks) == ([], 0)
    assert adopt_envoy(folder) is None


def test_what_is_not_is_named(folder: Path, snapshot: Snapshot) -> None:
    host = route_components_pb2.VirtualHost(name="", domains=["*"])
    bad = route_pb2.RouteConfiguration(name="blog", virtual_hosts=[host]).SerializeToString()
    resource = Resource.of(ResourceType.ROUTES, "blog", bad)
    canary = EnvoyCanary(folder, find_envoy)
    proof = asyncio.run(canary.prove({**snapshot, resource.key: resource}))
    assert [n.resources for n in proof.nacks] == [(ResourceKey(ResourceType.ROUTES, "blog"),)]
    assert "VirtualHost" in proof.nacks[0].message


def test_the_edges_own_port_may_be_in_use(folder: Path, snapshot: Snapshot, edge: RunningEdge) -> None:
    """It is: by the edge that serves while the canary looks at what is next."""
    assert edge.process.is_alive()
    assert asyncio.run(EnvoyCanary(folder, find_envoy).prove(snapshot)).proved
