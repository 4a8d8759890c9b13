"""Real Envoys, started once for all tests of this folder, and upstreams behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.running import LoopThread, RunningEdge
from edge.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def loop() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture(scope="session")
def _direct_edge(loop: LoopThread) -> Iterator[RunningEdge]:
    running = RunningEdge(loop)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def _proxied_edge(loop: LoopThread) -> Iterator[RunningEdge]:
    running = RunningEdge(loop, clients={"trusted_proxies": ["127.0.0.1/32", "10.9.0.0/16", "fd99::/64"]})
    yield running
    running.stop()


@pytest.fixture
def edge(_direct_edge: RunningEdge) -> RunningEdge:
    """An edge that clients connect to directly, serving nobody yet."""
    _direct_edge.serve({})
    return _direct_edge


@pytest.fixture
def proxied_edge(_proxied_edge: RunningEdge) -> RunningEdge:
    """An edge that trusts the proxies 127.0.0.1, 10.9.0.0/16 and fd99::/64, serving nobody yet."""
    _proxied_edge.serve({})
    return _proxied_edge


@pytest.fixture(scope="session")
def _upstreams(loop: LoopThread) -> Iterator[tuple[Upstream, ...]]:
    started = tuple(Upstream(loop) for _ in range(3))
    yield started
    for upstream in started:
        upstream.kill()


@pytest.fixture
def upstreams(_upstreams: tuple[Upstream, ...]) -> Iterator[tuple[Upstream, ...]]:
    """Three endpoints, as new."""
    for upstream in _upstreams:
        upstream.reset()
    yield _upstreams
    for upstream in _upstreams:
        upstream.release()


@pytest.fixture
def upstream(upstreams: tuple[Upstream, ...]) -> Upstream:
    """The first of the endpoints."""
    return upstreams[0]
