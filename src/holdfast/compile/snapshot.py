"""Platform and mitigations to what edges are given: the one way that configuration reaches an Envoy."""

from collections.abc import Iterable, Iterator

from envoy.config.core.v3 import extension_pb2
from google.protobuf.message import Message

from holdfast.compile import names
from holdfast.compile.clusters import compile_cluster, compile_endpoints, has_own_endpoints
from holdfast.compile.limits import compile_location_limit, mask_clients
from holdfast.compile.listener import compile_listener
from holdfast.compile.message import pack, to_resource
from holdfast.compile.mitigations import compile_mitigation_limits, compile_mitigation_rules
from holdfast.compile.routes import compile_routes, compile_scope
from holdfast.compile.walls import compile_runtime, split_walls, walls_of
from holdfast.model.effective import Bucket
from holdfast.model.intent import Intent
from holdfast.model.resource import Resource, ResourceType, Snapshot, index_resources

LOCATION_BURST_S = 1.0


def compile_snapshot(intent: Intent, location: str) -> Snapshot:
    """Everything that the edges of a location are given; KeyError if there is no such location."""
    return index_resources(
        (
            *_shared(intent, location),
            *compile_mitigations(intent, location),
            *compile_services(intent, location, intent.services),
        )
    )


def compile_services(intent: Intent, location: str, services: Iterable[str]) -> tuple[Resource, ...]:
    """What belongs to these services, at a cost of theirs alone; names that aren't known yield nothing."""
    known = (name for name in services if name in intent.services)
    return tuple(resource for name in known for resource in _service(intent, location, name))


def compile_mitigations(intent: Intent, location: str) -> tuple[Resource, ...]:
    """What is mitigated now, at a cost of the mitigations alone."""
    limits = compile_mitigation_limits(intent, location)
    return (
        to_resource(ResourceType.EXTENSION, names.MITIGATIONS_FILTER, compile_mitigation_rules(intent)),
        to_resource(ResourceType.EXTENSION, names.MITIGATION_LIMITS_FILTER, limits),
        to_resource(ResourceType.RUNTIME, names.RUNTIME_LAYER, compile_runtime(intent, location)),
    )


def _service(intent: Intent, location: str, name: str) -> Iterator[Resource]:
    service = intent.effective(name, location)
    place, clients = intent.platform.locations[location], intent.platform.clients
    edges = len(place.edges)
    walls = split_walls(intent.settled.get(name) or walls_of(service), edges)
    yield to_resource(ResourceType.CLUSTER, name, compile_cluster(service, walls))
    if has_own_endpoints(service):
        yield to_resource(ResourceType.ENDPOINTS, name, compile_endpoints(service))
    mask = mask_clients(clients, place)
    yield to_resource(ResourceType.ROUTES, name, compile_routes(service, clients, mask, edges))
    for host in service.hosts:
        yield to_resource(ResourceType.SCOPE, host, compile_scope(host, name))


def _shared(intent: Intent, location: str) -> Iterator[Resource]:
    place = intent.platform.locations[location]
    for edge in place.edges:
        host, _, port = edge.listen.rpartition(":")
        listener = compile_listener(edge.name, host.strip("[]"), int(port), intent.platform.clients)
        yield to_resource(ResourceType.LISTENER, names.listener_name(edge.name), listener)
    rate = Bucket(place.capacity.requests, max(1, round(place.capacity.requests * LOCATION_BURST_S)))
    limit = compile_location_limit(rate, intent.platform.mode, len(place.edges))
    yield to_resource(
        ResourceType.EXTENSION, names.LOCATION_LIMIT_FILTER, _extension(names.LOCATION_LIMIT_FILTER, limit)
    )


def _extension(name: str, message: Message) -> extension_pb2.TypedExtensionConfig:
    return extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(message))
