"""Whose a resource is."""

from envoy.config.route.v3 import scoped_route_pb2

from holdfast.compile.names import owner_of, service_of
from holdfast.model.resource import Resource, ResourceType

_OF_SERVICES = {ResourceType.CLUSTER, ResourceType.ENDPOINTS, ResourceType.ROUTES}


def find_service_of(resource: Resource) -> str | None:
    """The service that a resource belongs to; None for what services share."""
    kind, name = resource.key.type, resource.key.name
    if owner_of(name) is not None:
        return None
    if kind is ResourceType.SCOPE:
        return scoped_route_pb2.ScopedRouteConfiguration.FromString(resource.body).route_configuration_name
    return service_of(name) if kind in _OF_SERVICES else None
