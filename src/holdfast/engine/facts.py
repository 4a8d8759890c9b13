"""What a decision may know of the world beyond the engine's own state."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.model.intent import Intent
from holdfast.model.platform import Bounds, Service


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """The little of a platform that decisions go by: every service's tenant, the bounds for owners, the edges.

    `standbys` are the names of standbys, of services that have any; `sites` the services with a primary at each.
    `components` and `regions` are those that the public knows.
    """

    tenants: Mapping[str, str]
    bounds: Bounds
    edges: frozenset[str] = frozenset()
    standbys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sites: Mapping[str, frozenset[str]] = field(default_factory=dict)
    components: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    @staticmethod
    def of(intent: Intent) -> "PlatformFacts":
        """The facts of an intent's platform; costs a little per service."""
        tenants = {name: owned.tenant for name, owned in intent.services.items()}
        edges = (edge.name for place in intent.platform.locations.values() for edge in place.edges)
        standbys = {name: found for name, owned in intent.services.items() if (found := _find_standbys(owned.service))}
        components = frozenset(intent.platform.status.components) if intent.platform.status else frozenset[str]()
        regions = frozenset(intent.platform.each_region())
        return PlatformFacts(
            tenants, intent.platform.bounds, frozenset(edges), standbys, intent.at_sites, components, regions
        )


def _find_standbys(service: Service) -> frozenset[str]:
    return frozenset(name for _, upstream in service.each_upstream() for name in upstream.standbys)


@dataclass(frozen=True, slots=True)
class Facts:
    """The time (Unix, in seconds), and what is known of the platform as the edges have it, if they have one.

    While a revision goes out, that is of two: `base` is the one in force, and the other is coming.
    """

    now: float
    platform: PlatformFacts | None
    base: PlatformFacts | None = None
    coming: PlatformFacts | None = None
