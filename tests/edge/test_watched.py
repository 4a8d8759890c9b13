"""Services that are looked into: their requests are marked so that more of them can be sampled, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2
from google.protobuf.json_format import ParseDict

from edge.asking import ask
from edge.running import LOCATION, LoopThread, RunningEdge, until
from edge.services import service
from holdfast.compile import COUNTS_PATTERN, compile_mitigations, names, read_counts
from holdfast.model.mitigation import Block, Kill, ReadOnly
from holdfast.model.resource import Resource, ResourceType, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.upstream import Upstream

MARKED = r"^answers\.marked$"


def count_marked(snapshot: Snapshot) -> Snapshot:
    """The same, but that an access logger counts the requests that bear the mark."""
    return {key: _count(r) if key.type is ResourceType.LISTENER else r for key, r in snapshot.items()}


def _count(resource: Resource) -> Resource:
    listener = listener_pb2.Listener.FromString(resource.body)
    config = listener.filter_chains[0].filters[0].typed_config
    manager = http_connection_manager_pb2.HttpConnectionManager.FromString(config.value)
    log = {
        "name": "envoy.access_loggers.stats",
        "filter": {
            "metadata_filter": {
                "matcher": {
                    "filter": names.WATCHED_METADATA_NAMESPACE,
                    "path": [{"key": names.WATCHED_METADATA_KEY}],
                    "value": {"string_match": {"prefix": names.WATCHED_METADATA_PREFIX}},
                },
                "match_if_key_not_found": False,
            }
        },
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config",
            "stat_prefix": "answers",
            "counters": [{"stat": {"name": "marked"}, "value_fixed": 1}],
        },
    }
    manager.access_log.append(ParseDict(log, accesslog_pb2.AccessLog()))
    config.Pack(manager)
    return Resource.of(resource.key.type, resource.key.name, listener.SerializeToString(deterministic=True))


@pytest.fixture(scope="module")
def _marking_edge(loop: LoopThread) -> Iterator[RunningEdge]:
    running = RunningEdge(loop, adjust=count_marked)
    yield running
    running.stop()


@pytest.fixture
def watching(_marking_edge: RunningEdge, upstream: Upstream) -> RunningEdge:
    """Three services, one of which is only observed; nobody is looked into."""
    _marking_edge.serve(
        {
            "shop": service(upstream, hosts=("shop.example", "*.shop.example")),
            "blog": service(upstream, hosts=("blog.example",)),
            "seen": service(upstream, hosts=("seen.example",), mode="observe"),
        }
    )
    return _marking_edge


def watch(edge: RunningEdge, *services: str) -> None:
    edge.intent = edge.intent.watching(frozenset(services))
    edge.publish(compile_mitigations(edge.intent, LOCATION))


def expect_marked(edge: RunningEdge, before: int, more: int) -> None:
    """Exactly so many more are marked, as soon as access loggers were told of them."""
    until(lambda: marked(edge) == before + more, f"{more} more than {before} are marked")


def marked(edge: RunningEdge) -> int:
    return sum(edge.stats(MARKED).values())


def test_requests_of_watched_services_are_marked(watching: RunningEdge) -> None:
    watch(watching, "shop", "gone")
    before = marked(watching)
    for host in ("shop.example", "A.Shop.example", "blog.example", "seen.example", "x.invalid"):
        ask(watching.address, host)
    expect_marked(watching, before, 2)
    watch(watching)
    assert ask(watching.address, "shop.example").status == 200
    watch(watching, "blog")
    assert ask(watching.address, "blog.example").status == 200
    expect_marked(watching, before, 3)


def test_refusals_are_marked_too(watching: RunningEdge) -> None:
    watch(watching, "shop")
    before = marked(watching)
    watching.mitigate(Kill(service="shop"))
    reply = ask(watching.address, "shop.example")
    assert (reply.status, reply.cause) == (503, "kill")
    assert "[kill.m-1]" in reply.json["rule"]
    expect_marked(watching, before, 1)


def test_what_is_observed_is_counted_and_marked(watching: RunningEdge) -> None:
    watching.mitigate(ReadOnly(service="seen"), Block(networks=("127.0.0.9/32",)))
    assert ask(watching.address, "seen.example", method="POST", body=b"").status == 200
    watch(watching, "seen")
    before = marked(watching)
    assert ask(watching.address, "seen.example").status == 200
    assert ask(watching.address, "seen.example", method="POST", body=b"").status == 200
    assert ask(watching.address, "seen.example", source="127.0.0.9").status == 200
    assert ask(watching.address, "blog.example").status == 200
    expect_marked(watching, before, 3)
    counts = read_counts(watching.stats(COUNTS_PATTERN))
    assert counts["seen"].refusals == {"read-only.m-1": 2, "block.m-2": 1}
    assert "blog" not in counts
