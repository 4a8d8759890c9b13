"""What a dead or hung upstream does to the figures that arrive at control, and what is seen in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import ask
from edge.reported import Reported
from edge.running import until
from edge.services import service
from holdfast.model.state import State
from holdfast.model.telemetry import UpstreamMetric
from holdfast.recover.failover.layout import lay_out
from holdfast.recover.failover.observed import Observed, Remembered
from holdfast.runtime.recovery.failing_over import name_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread
    from edge.upstream import Upstream
    from holdfast.recover.failover.case import Case

HOST = "shop.example"
CHECK = {"interval": "0.5s", "timeout": "0.5s"}


@pytest.fixture(scope="module")
def _edge(loop: LoopThread) -> Iterator[Reported]:
    running = Reported(loop)
    yield running
    running.close()


@pytest.fixture
def edge(_edge: Reported) -> Reported:
    """An edge whose agent reports to control."""
    return _edge


def shop(upstreams: tuple[Upstream, ...], **more: Any) -> dict[str, Any]:
    """A service with a standby, which is checked; the rest is laid over its upstream."""
    standby = {"endpoints": [upstreams[1].address], "health_check": CHECK}
    return service(upstreams[0], failover={"policy": "automatic"}, upstream={"standbys": {"b": standby}, **more})


def count(edge: Reported, cluster: str, metric: UpstreamMetric) -> int:
    """What was reported of a cluster since the edge was last told to forget."""
    figures = [report.upstreams for report in tuple(edge.reports)]
    return sum(int(f.counts[f.names.index(cluster), metric]) for f in figures if cluster in f.names)


def endpoints(edge: Reported, cluster: str) -> list[int]:
    """Healthy endpoints, and all, as last reported."""
    figures = [r.upstreams for r in tuple(edge.reports) if cluster in r.upstreams.names]
    return [int(n) for n in figures[-1].endpoints[figures[-1].names.index(cluster)]] if figures else []


def look(edge: Reported) -> Case:
    """The service, as what was reported so far shows it."""
    observed = Observed(lambda *_: "")
    observed.set_layout(lay_out(edge.intent, name_cluster))
    reports = tuple(edge.reports)
    for report in reports:
        observed.take(report)
    now = reports[-1].ended_at if reports else 0.0
    return observed.describe({"shop"}, State(), edge.intent, Remembered(), now).cases["shop"]


def test_nothing_is_reported_of_upstreams_without_standbys(edge: Reported, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve({"shop": service(*upstreams)})
    edge.ask_often(HOST, 3)
    edge.expect("shop", offered=3, admitted=3)
    assert not any(report.upstreams.names for report in edge.reports)


def test_an_upstream_that_answers(edge: Reported, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve({"shop": shop(upstreams)})
    assert edge.ask_often(HOST, 5) == [200] * 5
    until(lambda: count(edge, "shop", UpstreamMetric.BEGUN) == 5, "five tries are reported")
    until(lambda: count(edge, "shop", UpstreamMetric.RECEIVED) > 0, "what came back is reported")
    until(lambda: endpoints(edge, "shop") == endpoints(edge, "shop~~b") == [1, 1], "endpoints are reported")
    case = look(edge)
    assert case.lost is None
    assert case.well_since is not None


def test_a_dead_upstream_is_lost(edge: Reported, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve({"shop": shop(upstreams)})
    upstreams[0].kill()
    assert edge.ask_often(HOST, 10) == [200] * 10
    until(lambda: count(edge, "shop", UpstreamMetric.UNREACHED) >= 3, "tries that found no connection are reported")
    until(lambda: look(edge).lost is not None, "it is seen to be lost")
    until(lambda: look(edge).upstreams[0].standbys[0].poll.well, "its standby is seen to be well")


def test_an_upstream_that_fails_its_checks_is_lost(edge: Reported, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve({"shop": shop(upstreams, health_check=CHECK)})
    until(lambda: endpoints(edge, "shop") == [1, 1], "its checks are answered")
    upstreams[0].state.healthy = False
    until(lambda: endpoints(edge, "shop") == [0, 1], "it has no healthy endpoint")
    assert look(edge).lost is not None
    assert edge.ask_often(HOST, 3) == [200] * 3
    upstreams[0].state.healthy = True
    until(lambda: endpoints(edge, "shop") == [1, 1], "its checks are answered again")


def test_a_hung_upstream_that_is_not_checked_is_lost(edge: Reported, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve({"shop": shop(upstreams, timeouts={"per_try": "0.3s"})})
    upstreams[0].hold()
    assert edge.ask_often(HOST, 6) == [200] * 6
    until(lambda: look(edge).lost is not None, "it is seen to be lost")
    assert count(edge, "shop", UpstreamMetric.RECEIVED) == 0


def test_a_standby_is_asked_while_the_primary_is_dead(edge: Reported, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve({"shop": shop(upstreams)})
    upstreams[0].kill()
    assert ask(edge.address, HOST).status == 200
    until(lambda: count(edge, "shop~~b", UpstreamMetric.RECEIVED) > 0, "what the standby answered is reported")
