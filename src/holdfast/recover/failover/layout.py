"""Who may be lost: the services that have standbys, the clusters that edges report on, and who is at which site."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from holdfast.model.intent import Intent, OwnedService
from holdfast.model.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a cluster that edges report on is: a service's upstream, or one of its standbys; whether it is checked."""

    service: str
    upstream: str | None
    standby: str | None = None
    checked: bool = False


@dataclass(frozen=True)
class Layout:
    """Clusters by name, and names by what they are; the services; those at each site; and all edges.

    `weighed` are services whose traffic counts towards what a site can carry, each with the site of its primary.
    """

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    names: Mapping[tuple[str, str | None, str | None], str] = field(default_factory=dict)
    services: Mapping[str, OwnedService] = field(default_factory=dict)
    at_sites: Mapping[str, frozenset[str]] = field(default_factory=dict)
    weighed: Mapping[str, str | None] = field(default_factory=dict)
    edges: tuple[str, ...] = ()


def lay_out(intent: Intent, name_cluster: Callable[[str, str | None, str | None], str]) -> Layout:
    """Costs a little for each service; called when the platform has changed."""
    owned = {name: each for name, each in intent.services.items() if _has_standbys(each)}
    roles = {
        name_cluster(c.service, c.upstream, c.standby): c for name, each in owned.items() for c in _clusters(name, each)
    }
    at_sites: dict[str, set[str]] = {}
    for name, each in owned.items():
        for _, upstream in each_upstream(each):
            if upstream.site is not None and upstream.standbys:
                at_sites.setdefault(upstream.site, set()).add(name)
    bounded = {name for name, site in intent.platform.sites.items() if site.requests or site.in_flight}
    weighed = {n: each.service.upstream.site for n, each in intent.services.items() if _is_weighed(each, bounded)}
    return Layout(
        clusters=roles,
        names={(c.service, c.upstream, c.standby): name for name, c in roles.items()},
        services=owned,
        at_sites={site: frozenset(names) for site, names in at_sites.items()},
        weighed=weighed,
        edges=tuple(edge.name for place in intent.platform.locations.values() for edge in place.edges),
    )


def each_upstream(owned: OwnedService) -> Iterator[tuple[str | None, Upstream]]:
    """A service's upstreams by name; the one without a name first."""
    yield None, owned.service.upstream
    yield from owned.service.upstreams.items()


def _has_standbys(owned: OwnedService) -> bool:
    return any(upstream.standbys for _, upstream in each_upstream(owned))


def _clusters(name: str, owned: OwnedService) -> Iterator[Cluster]:
    for upstream_name, upstream in each_upstream(owned):
        if upstream.standbys:
            yield Cluster(name, upstream_name, None, upstream.health_check is not None)
        for standby_name, standby in upstream.standbys.items():
            yield Cluster(name, upstream_name, standby_name, standby.health_check is not None)


def _is_weighed(owned: OwnedService, bounded: set[str]) -> bool:
    if not bounded:
        return False
    upstream = owned.service.upstream
    return upstream.site in bounded or any(standby.site in bounded for standby in upstream.standbys.values())
