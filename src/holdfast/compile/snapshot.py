"""Platform and mitigations to what edges are given: the one way that configuration reaches an Envoy."""

from collections.abc import Iterable, Iterator

from holdfast.compile import names
from holdfast.compile.access_logs import compile_log_buckets
from holdfast.compile.chains import compile_chain, compile_own_part, each_cluster, find_chains
from holdfast.compile.clusters import Place, compile_cluster
from holdfast.compile.endpoints import compile_endpoints, has_own_endpoints, index_drained, keep_to_the_last
from holdfast.compile.limits import mask_clients
from holdfast.compile.listener import compile_inner_listener, compile_listener
from holdfast.compile.message import to_resource
from holdfast.compile.mitigations import compile_mitigations
from holdfast.compile.routes import compile_routes, compile_scope
from holdfast.compile.walls import split_walls, walls_of
from holdfast.model.intent import Intent
from holdfast.model.resource import Resource, ResourceType, Snapshot, index_resources


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
    drained = index_drained(intent)
    return tuple(
        resource for name in known for resource in _service(intent, location, name, drained.get(name, frozenset()))
    )


def _service(intent: Intent, location: str, name: str, drained: frozenset[str]) -> Iterator[Resource]:
    service = intent.effective(name, location)
    platform = intent.services[name].platform
    place, clients = platform.locations[location], platform.clients
    edges = len(place.edges)
    walls = split_walls(intent.settled.get(name) or walls_of(service), edges)
    chains = tuple(find_chains(service))
    chained = {link for chain in chains for link in chain.links}
    last = {chain.links[-1] for chain in chains}
    watched = {cluster for cluster, _, upstream in each_cluster(service) if upstream.standbys}
    for cluster, endpoints, upstream in each_cluster(service):
        alone = cluster not in chained
        built = Place(
            walls, service.criticality, upstream.retries, cluster in watched, alone=alone, last=cluster in last
        )
        yield to_resource(ResourceType.CLUSTER, cluster, compile_cluster(cluster, endpoints, built))
        if has_own_endpoints(endpoints):
            assignment = compile_endpoints(cluster, endpoints, intent.discovered.get(cluster), drained)
            if not alone:
                keep_to_the_last(assignment)
            yield to_resource(ResourceType.ENDPOINTS, cluster, assignment)
    for chain in chains:
        yield to_resource(ResourceType.CLUSTER, chain.name, compile_chain(chain, watched))
    mask = mask_clients(clients, place)
    yield to_resource(ResourceType.ROUTES, name, compile_routes(service, clients, mask, edges))
    for host in service.hosts:
        yield to_resource(ResourceType.SCOPE, host, compile_scope(host, name))


def _shared(intent: Intent, location: str) -> Iterator[Resource]:
    place = intent.platform.locations[location]
    for edge in place.edges:
        host, _, port = edge.listen.rpartition(":")
        listener = compile_listener(
            edge.name, host.strip("[]"), int(port), intent.platform.clients, intent.platform.access_log
        )
        yield to_resource(ResourceType.LISTENER, names.listener_name(edge.name), listener)
        inner = compile_inner_listener(edge.name, intent.platform.access_log)
        yield to_resource(ResourceType.LISTENER, names.inner_listener_name(edge.name), inner)
    for part, socket in names.OWN_PARTS.items():
        yield to_resource(ResourceType.CLUSTER, part, compile_own_part(part, socket))
    yield from compile_log_buckets()
