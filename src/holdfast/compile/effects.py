"""A snapshot as it may be tried out: with its routes as they are, and every upstream a stub."""

from collections.abc import Collection
from typing import Final

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import address_pb2, base_pb2, extension_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2, scoped_route_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2
from envoy.service.runtime.v3 import rtds_pb2

from holdfast.compile.message import pack, seconds, to_resource
from holdfast.compile.names import LIMIT_FILTER, METADATA, primary_of, service_of
from holdfast.compile.rehearsal import rehearse_snapshot
from holdfast.model.resource import Resource, ResourceType, Snapshot, index_resources

REHEARSED_HEADER: Final = "x-holdfast-rehearsed"
"""Tells the stub which route a request came by, and for which upstream: `ROUTE CLUSTER`."""
_WAIT_S: Final = 10.0


def rehearse_effects(snapshot: Snapshot, services: Collection[str], listen: str, stub: str) -> Snapshot:
    """What a scratch edge is given to show what these services' routes do: `listen` and `stub` are UNIX sockets."""
    changed = (_rehearse(resource, services, stub) for resource in rehearse_snapshot(snapshot, listen).values())
    return index_resources(resource for resource in changed if resource is not None)


def _rehearse(  # noqa: PLR0911 - one for each kind
    resource: Resource, services: Collection[str], stub: str
) -> Resource | None:
    kind, name = resource.key.type, resource.key.name
    match kind:
        case ResourceType.CLUSTER:
            return to_resource(kind, name, _to_stub(name, stub)) if service_of(name) in services else None
        case ResourceType.ROUTES:
            return to_resource(kind, name, _tell_routes(resource)) if name in services else None
        case ResourceType.SCOPE:
            scope = scoped_route_pb2.ScopedRouteConfiguration.FromString(resource.body)
            return resource if scope.route_configuration_name in services else None
        case ResourceType.ENDPOINTS:
            return None
        case ResourceType.EXTENSION:
            return to_resource(kind, name, extension_pb2.TypedExtensionConfig(name=name, typed_config=_NO_RULES))
        case ResourceType.RUNTIME:
            return to_resource(kind, name, rtds_pb2.Runtime(name=name))
    return resource


def _to_stub(name: str, stub: str) -> cluster_pb2.Cluster:
    endpoint = endpoint_components_pb2.Endpoint(address=address_pb2.Address(pipe=address_pb2.Pipe(path=stub)))
    assignment = endpoint_pb2.ClusterLoadAssignment(cluster_name=name)
    assignment.endpoints.add().lb_endpoints.append(endpoint_components_pb2.LbEndpoint(endpoint=endpoint))
    return cluster_pb2.Cluster(
        name=name, type=cluster_pb2.Cluster.STATIC, connect_timeout=seconds(_WAIT_S), load_assignment=assignment
    )


def _tell_routes(resource: Resource) -> route_pb2.RouteConfiguration:
    config = route_pb2.RouteConfiguration.FromString(resource.body)
    for host in config.virtual_hosts:
        host.typed_per_filter_config[LIMIT_FILTER].CopyFrom(_SWITCHED_OFF)
        for entry in host.routes:
            if not entry.HasField("route"):
                continue
            home = entry.route.cluster or entry.route.weighted_clusters.clusters[0].name
            entry.route.cluster = home
            del entry.route.request_mirror_policies[:]
            name = entry.metadata.filter_metadata[METADATA].fields["route"].string_value or "-"
            told = base_pb2.HeaderValue(key=REHEARSED_HEADER, value=f"{name} {primary_of(home)}")
            entry.request_headers_to_add.append(
                base_pb2.HeaderValueOption(
                    header=told, append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
                )
            )
            entry.route.ClearField("retry_policy")
            entry.route.timeout.CopyFrom(seconds(_WAIT_S))
    return config


_NO_RULES: Final = pack(rbac_pb2.RBAC())
"""In place of limits and mitigations, which aren't what is asked about. Left out, Envoy would wait for them."""
_SWITCHED_OFF: Final = pack(route_components_pb2.FilterConfig(disabled=True))
