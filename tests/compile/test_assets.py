"""Of static routes, and of them alone, the store is told; what it is told bears no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.route.v3 import route_pb2

from holdfast.compile import compile_snapshot, names
from holdfast.compile.assets import AUTHORITY_HEADER, PATH_HEADER
from holdfast.model.inner import FROM_ASSETS, INNER_HEADER, SERVICE_HEADER
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.resource import ResourceKey, ResourceType

if TYPE_CHECKING:
    from envoy.config.route.v3 import route_components_pb2 as route

WEST = {"west": {"endpoints": ["127.0.0.1:9"]}}


def compile_service(**more: Any) -> dict[ResourceKey, bytes]:
    service = {
        "hosts": ["shop.example"],
        "upstream": {"endpoints": ["127.0.0.1:8"], "standbys": more.pop("standbys", {})},
        "routes": [{"name": "files", "match": {"path": {"prefix": "/files"}}, "static": True}, {"name": "rest"}],
        **more,
    }
    edge = {"name": "edge-1", "listen": "127.0.0.1:8080"}
    capacity = {"in_flight": 10, "requests": 10.0}
    platform = {
        "holdfast": 1,
        "name": "test",
        "locations": {"here": {"edges": [edge], "capacity": capacity}},
        "tenants": {"acme": {"services": {"shop": service}}},
    }
    snapshot = compile_snapshot(Intent(Platform.model_validate(platform)), "here")
    return {key: resource.body for key, resource in snapshot.items()}


def read_entries(compiled: dict[ResourceKey, bytes], route_name: str) -> list[route.Route]:
    body = compiled[ResourceKey(ResourceType.ROUTES, "shop")]
    entries = route_pb2.RouteConfiguration.FromString(body).virtual_hosts[0].routes
    return [e for e in entries if e.metadata.filter_metadata[names.METADATA]["route"] == route_name]


def is_from_store(entry: route.Route) -> bool:
    headers = {header.name: header.string_match.exact for header in entry.match.headers}
    return headers.get(INNER_HEADER) == FROM_ASSETS


def test_the_store_is_told_of_what_clients_read_and_of_nothing_else() -> None:
    compiled = compile_service()
    told = [entry for entry in read_entries(compiled, "files") if entry.route.request_mirror_policies]
    assert [entry.route.cluster for entry in told] == ["shop~~~static"]
    assert not any(entry.route.request_mirror_policies for entry in read_entries(compiled, "rest"))
    (policy,) = told[0].route.request_mirror_policies
    assert policy.cluster == names.ASSETS_FILL_CLUSTER
    assert {m.remove for m in policy.request_headers_mutations} == {"authorization", "cookie", "proxy-authorization"}
    said = {option.header.key: option.header.value for option in told[0].request_headers_to_add}
    assert said == {SERVICE_HEADER: "shop", PATH_HEADER: "%REQ(:PATH)%", AUTHORITY_HEADER: "%REQ(:AUTHORITY)%"}


@pytest.mark.parametrize("standbys", [{}, WEST])
def test_what_the_store_asks_for_never_leads_back_to_it(standbys: dict[str, Any]) -> None:
    compiled = compile_service(standbys=standbys, failover={"policy": "automatic"})
    (inner,) = filter(is_from_store, read_entries(compiled, "files"))
    assert not inner.route.request_mirror_policies
    action = inner.route
    clusters = [action.cluster] if action.cluster else [each.name for each in action.weighted_clusters.clusters]
    assert clusters
    for name in clusters:
        cluster = cluster_pb2.Cluster.FromString(compiled[ResourceKey(ResourceType.CLUSTER, name)])
        assert names.ASSETS_CLUSTER.encode() not in cluster.SerializeToString()


def test_what_the_store_is_told_at_once_is_bounded() -> None:
    key = ResourceKey(ResourceType.CLUSTER, names.ASSETS_FILL_CLUSTER)
    (bounds,) = cluster_pb2.Cluster.FromString(compile_service()[key]).circuit_breakers.thresholds
    assert 0 < bounds.max_connections.value < 100
    assert 0 < bounds.max_requests.value < 1000
