"""All that edges are compiled from: a platform, what its owners chose, what is mitigated now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields

from holdfast.model.effective import EffectiveService, fill_service
from holdfast.model.mitigation import Mitigation, Whom
from holdfast.model.platform import Criticality, Limits, Mode, Platform, Service
from holdfast.model.recovery import Endpoint


@dataclass(frozen=True, slots=True)
class OwnedService:
    """A service, the tenant that it belongs to, and the platform that says so: of two, while a revision goes out."""

    tenant: str
    service: Service
    platform: Platform = field(repr=False)

    @property
    def criticality(self) -> Criticality:
        """Its own, or what its platform has for those that state none."""
        return self.service.criticality or self.platform.defaults.criticality


@dataclass(frozen=True, slots=True)
class Walls:
    """What a bulkhead is built with: requests in flight and pending, and connections, at one location."""

    in_flight: int
    pending: int
    connections: int


@dataclass(frozen=True)
class Intent:
    """The one input of the compiler.

    `settled` holds, for services whose walls were changed while they ran, the walls their edges' clusters
    were built with: the new ones are then put over them live, and no connection pool is touched.
    `watched` are services that are looked into: a larger share of their requests is sampled.
    `discovered` are the endpoints that were learnt, by cluster.
    """

    platform: Platform
    owner_limits: Mapping[str, Limits] = field(default_factory=dict)
    mitigations: tuple[Mitigation, ...] = ()
    settled: Mapping[str, Walls] = field(default_factory=dict)
    watched: frozenset[str] = frozenset()
    discovered: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    services: Mapping[str, OwnedService] = field(init=False)
    guaranteed: Mapping[Criticality, int] = field(init=False)
    """Requests in flight that the services of a class are guaranteed together; only classes that have services."""
    at_sites: Mapping[str, frozenset[str]] = field(init=False)
    """The services that have a primary at each site."""

    def __post_init__(self) -> None:
        owned = {
            name: OwnedService(tenant_name, service, self.platform)
            for tenant_name, tenant in self.platform.tenants.items()
            for name, service in tenant.services.items()
        }
        object.__setattr__(self, "services", owned)
        object.__setattr__(self, "guaranteed", _sum_guaranteed(owned))
        object.__setattr__(self, "at_sites", _find_at_sites(owned))

    def under(self, mitigations: tuple[Mitigation, ...]) -> "Intent":
        """The same platform under other mitigations; costs nothing per service."""
        return self._having(mitigations=mitigations)

    def with_owner_limits(self, owner_limits: Mapping[str, Limits]) -> "Intent":
        """The same platform with other choices of its owners; costs nothing per service."""
        return self._having(owner_limits=owner_limits)

    def watching(self, services: frozenset[str]) -> "Intent":
        """The same platform with other services looked into; costs nothing per service."""
        return self._having(watched=services)

    def discovering(self, discovered: Mapping[str, tuple[Endpoint, ...]]) -> "Intent":
        """The same platform with other endpoints learnt; costs nothing per service."""
        return self._having(discovered=discovered)

    def taking(self, newer: "Intent", names: Collection[str]) -> "Intent":
        """These services as `newer` has them, or gone if it hasn't; all else as it is here.

        Costs a little for each service. What is mitigated, chosen and looked into stays as it is here.
        """
        kept = {name: owned for name, owned in self.services.items() if name not in names}
        services = kept | {name: newer.services[name] for name in names if name in newer.services}
        tenants: dict[str, dict[str, Service]] = {name: {} for name in self.platform.tenants}
        for name, owned in services.items():
            tenants.setdefault(owned.tenant, {})[name] = owned.service
        known = {**newer.platform.tenants, **self.platform.tenants}
        blended = {name: known[name].model_copy(update={"services": of}) for name, of in tenants.items()}
        settled = {name: walls for name, walls in self.settled.items() if name not in names}
        return self._having(
            platform=self.platform.model_copy(update={"tenants": blended}),
            settled=settled | {name: newer.settled[name] for name in names if name in newer.settled},
            services=services,
            guaranteed=_sum_guaranteed(services),
            at_sites=_find_at_sites(services),
        )

    def find_services(self, whom: Whom) -> frozenset[str]:
        """Whom a measure is for, of those that there are; costs something for each of them alone."""
        if whom.service is not None:
            return frozenset({whom.service} & self.services.keys())
        names = self.services.keys() if whom.site is None else self.at_sites.get(whom.site, frozenset())
        of_class = (n for n in names if whom.classes is None or self.services[n].criticality in whom.classes)
        return frozenset(of_class) - set(whom.spare)

    def effective(self, name: str, location: str) -> EffectiveService:
        """A service with everything unsaid filled in, as it holds at a location; KeyError if it isn't known."""
        owned = self.services[name]
        place = owned.platform.locations.get(location) or self.platform.locations[location]
        return fill_service(owned.platform, owned.tenant, name, owned.service, place, self.owner_limits.get(name))

    def mode_of(self, name: str) -> Mode:
        """Whether a service's protections refuse, or only count; KeyError if it isn't known."""
        owned = self.services[name]
        return owned.service.mode or owned.platform.mode

    def _having(self, **changes: object) -> "Intent":
        other = object.__new__(Intent)
        for name in (each.name for each in fields(Intent)):
            object.__setattr__(other, name, changes.get(name, getattr(self, name)))
        return other


def _find_at_sites(services: Mapping[str, OwnedService]) -> Mapping[str, frozenset[str]]:
    found = dict[str, set[str]]()
    for name, owned in services.items():
        for _, upstream in owned.service.each_upstream():
            if upstream.site is not None:
                found.setdefault(upstream.site, set()).add(name)
    return {site: frozenset(names) for site, names in found.items()}


_GIVEN = ("platform", "owner_limits", "mitigations", "settled", "watched", "discovered")


def _sum_guaranteed(services: Mapping[str, OwnedService]) -> Mapping[Criticality, int]:
    guaranteed = dict[Criticality, int]()
    for owned in services.values():
        in_flight = owned.service.bulkhead.in_flight or owned.platform.defaults.bulkhead.in_flight
        guaranteed[owned.criticality] = guaranteed.get(owned.criticality, 0) + (
            in_flight.guaranteed if in_flight else 0
        )
    return guaranteed
