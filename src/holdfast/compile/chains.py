"""Where a service's requests may lead: to an upstream, to a standby in its place, or from one to the next in a chain.

Which of them is said by weights that runtime keys lay over the routes' own, so that moving touches no route, no
cluster and no bucket. Within a chain an edge goes on by itself, at once, and with nobody else alive.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from envoy.config.cluster.v3 import circuit_breaker_pb2, cluster_pb2
from envoy.config.core.v3 import address_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.clusters.aggregate.v3 import cluster_pb2 as aggregate_pb2

from holdfast.compile import names
from holdfast.compile.assets import bound_telling
from holdfast.compile.message import pack, seconds, uint32
from holdfast.compile.upstream_health import name_site_stats
from holdfast.model.effective import EffectiveService
from holdfast.model.recovery import Policy
from holdfast.model.route import Route
from holdfast.model.shedding import CRITICAL
from holdfast.model.upstream import Standby, Upstream

WEIGHT_MAX: Final = 1_000
"""The weight of whoever has all requests."""
READS: Final = "reads"
DEFERRED: Final = "deferred"
STATIC: Final = "static"
_OWN_PART_MAX: Final = 10_000
"""Requests at once for one of Holdfast's own parts, which has bounds of its own and says why it refuses."""
_RETRIES_CONCURRENT_MAX: Final = 10_000
"""Within a chain a retry is no second burden for whom the first try failed: it goes to another."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Clusters of which each takes over from the one before it."""

    name: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Where requests of one kind may lead: `home` as long as nothing is lost. `prefix` begins the runtime keys."""

    prefix: str
    home: str
    others: tuple[str, ...] = ()

    def lead(self, action: route.RouteAction) -> None:
        """Have a route lead so."""
        if not self.others:
            action.cluster = self.home
            return
        weighted = action.weighted_clusters
        weighted.runtime_key_prefix = self.prefix
        weighted.clusters.add(name=self.home, weight=uint32(WEIGHT_MAX))
        for other in self.others:
            weighted.clusters.add(name=other, weight=uint32(0))

    def weigh(self, share: float, to: str) -> dict[str, int]:
        """The runtime keys that send a share of the requests to one of the others."""
        moved = round(share * WEIGHT_MAX)
        return {f"{self.prefix}.{self.home}": WEIGHT_MAX - moved, f"{self.prefix}.{to}": moved}


def choose_direct(service: EffectiveService, upstream: str | None) -> Choice:
    """For what nobody else may answer: writes, and what Holdfast's own parts send."""
    own = names.cluster_of(service.name, upstream)
    return Choice(_prefix("write", service, upstream), own, _standbys(service, upstream))


def choose_reads(service: EffectiveService, upstream: str | None) -> Choice:
    """For what is safe to ask twice: the upstream, and its standbys after it if edges may fail over by themselves."""
    chain = _reads_chain(service, upstream)
    home = chain.name if chain else names.cluster_of(service.name, upstream)
    return Choice(_prefix("read", service, upstream), home, _standbys(service, upstream))


def choose_static(service: EffectiveService, upstream: str | None) -> Choice:
    """For what last good copies are kept of: these come last, after the upstream and after any standby."""
    stated = _upstream(service, upstream)
    others = tuple(names.chain_of(service.name, upstream, f"{STATIC}~{standby}") for standby in stated.standbys)
    return Choice(_prefix("read", service, upstream), names.chain_of(service.name, upstream, STATIC), others)


def choose_deferred(service: EffectiveService, upstream: str | None) -> Choice:
    """For what may be kept for later: the spool comes after the upstream, or in its place."""
    home = names.chain_of(service.name, upstream, DEFERRED)
    return Choice(_prefix("defer", service, upstream), home, (*_standbys(service, upstream), names.SPOOL_CLUSTER))


def find_chains(service: EffectiveService) -> Iterator[Chain]:
    """All the chains that a service's routes lead to, each once."""
    found: dict[str, Chain] = {}
    for name, _ in service.each_upstream():
        if chain := _reads_chain(service, name):
            found[chain.name] = chain
    for stated in service.routes:
        for chain in _chains_of(service, stated):
            found[chain.name] = chain
    yield from found.values()


def each_cluster(service: EffectiveService) -> Iterator[tuple[str, Standby, Upstream]]:
    """Every cluster with endpoints of its own, what it is made of, and the upstream that it belongs to."""
    for name, upstream in service.each_upstream():
        yield names.cluster_of(service.name, name), upstream, upstream
        for standby_name, standby in upstream.standbys.items():
            yield names.standby_of(service.name, name, standby_name), standby, upstream


def compile_chain(chain: Chain, watched: Collection[str]) -> cluster_pb2.Cluster:
    """A chain as a cluster; its links have walls, checks and counters of their own.

    What the router itself notices is counted for the first of them, if that is among the `watched`.
    """
    cluster = cluster_pb2.Cluster(
        name=chain.name, connect_timeout=seconds(1.0), lb_policy=cluster_pb2.Cluster.CLUSTER_PROVIDED
    )
    cluster.cluster_type.name = "envoy.clusters.aggregate"
    cluster.cluster_type.typed_config.CopyFrom(pack(aggregate_pb2.ClusterConfig(clusters=chain.links)))
    if chain.links[0] in watched:
        cluster.alt_stat_name = name_site_stats(names.chain_of(chain.links[0], None, "chain"))
    most = uint32(_RETRIES_CONCURRENT_MAX)
    cluster.circuit_breakers.thresholds.append(circuit_breaker_pb2.CircuitBreakers.Thresholds(max_retries=most))
    return cluster


def compile_own_part(cluster: str, socket: str) -> cluster_pb2.Cluster:
    """One of Holdfast's own parts, on a UNIX socket beside the edge's folder."""
    endpoint = endpoint_components_pb2.Endpoint(address=address_pb2.Address(pipe=address_pb2.Pipe(path=socket)))
    assignment = endpoint_pb2.ClusterLoadAssignment(cluster_name=cluster)
    assignment.endpoints.add().lb_endpoints.append(endpoint_components_pb2.LbEndpoint(endpoint=endpoint))
    part = cluster_pb2.Cluster(
        name=cluster,
        type=cluster_pb2.Cluster.STATIC,
        connect_timeout=seconds(1.0),
        load_assignment=assignment,
        per_connection_buffer_limit_bytes=uint32(1024 * 1024),
    )
    bounds = circuit_breaker_pb2.CircuitBreakers.Thresholds(
        max_connections=uint32(_OWN_PART_MAX),
        max_pending_requests=uint32(_OWN_PART_MAX),
        max_requests=uint32(_OWN_PART_MAX),
        max_retries=uint32(_OWN_PART_MAX),
    )
    part.circuit_breakers.thresholds.append(bounds)
    if cluster == names.ASSETS_FILL_CLUSTER:
        bound_telling(part)
    return part


def count_links(chain: Choice, service: EffectiveService) -> int:
    """How many clusters a request may be sent to, one after the other, if this is where it leads."""
    return next((len(each.links) for each in find_chains(service) if each.name == chain.home), 1)


def _reads_chain(service: EffectiveService, upstream: str | None) -> Chain | None:
    """Edges don't know who else goes to a site that can't carry everybody: there, only the critical go unasked."""
    if service.failover.policy is not Policy.AUTOMATIC:
        return None
    standbys = _upstream(service, upstream).standbys
    is_critical = service.criticality in CRITICAL
    going = [name for name, to in standbys.items() if is_critical or to.site not in service.bounded_sites]
    if not going:
        return None
    links = (names.standby_of(service.name, upstream, standby) for standby in going)
    return Chain(names.chain_of(service.name, upstream, READS), (names.cluster_of(service.name, upstream), *links))


def _chains_of(service: EffectiveService, stated: Route) -> Iterator[Chain]:
    if stated.answer or stated.redirect:
        return
    own, name = names.cluster_of(service.name, stated.upstream), stated.upstream
    if stated.deferred:
        yield Chain(names.chain_of(service.name, name, DEFERRED), (own, names.SPOOL_CLUSTER))
    if stated.static:
        before = _reads_chain(service, name)
        links = before.links if before else (own,)
        yield Chain(names.chain_of(service.name, name, STATIC), (*links, names.ASSETS_CLUSTER))
        for standby in _upstream(service, name).standbys:
            cluster = names.standby_of(service.name, name, standby)
            yield Chain(names.chain_of(service.name, name, f"{STATIC}~{standby}"), (cluster, names.ASSETS_CLUSTER))


def _standbys(service: EffectiveService, upstream: str | None) -> tuple[str, ...]:
    stated: Sequence[str] = tuple(_upstream(service, upstream).standbys)
    return tuple(names.standby_of(service.name, upstream, standby) for standby in stated)


def _upstream(service: EffectiveService, name: str | None) -> Upstream:
    return service.upstream if name is None else service.upstreams[name]


def _prefix(kind: str, service: EffectiveService, upstream: str | None) -> str:
    return f"{kind}.{names.cluster_of(service.name, upstream)}"
