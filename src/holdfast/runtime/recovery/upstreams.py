"""The machines behind a service, as they are known now."""

from collections.abc import Mapping

from holdfast.compile import has_own_endpoints, list_clusters, list_drained, list_endpoints
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Drain, Measure
from holdfast.model.platform import Platform
from holdfast.model.recovery import EndpointFeed
from holdfast.model.refusal import Refusal
from holdfast.recover.drains import Upstreams, check_drain
from holdfast.recover.reclaims import host_of


def find_upstreams(intent: Intent, service: str) -> tuple[Upstreams, ...]:
    """A service's clusters with the endpoints that they have now; KeyError if it isn't known."""
    clusters = list_clusters(intent, service)
    return tuple(
        Upstreams(stated, tuple(list_endpoints(stated, intent.discovered.get(name))), has_own_endpoints(stated))
        for name, stated in clusters.items()
    )


def check_drained(intent: Intent | None, measure: Measure) -> Refusal | None:
    """Whether a measure, if it is a drain, can be taken of the endpoints that there are now."""
    if not isinstance(measure, Drain) or intent is None or measure.service not in intent.services:
        return None
    return check_drain(measure, list_drained(intent, measure.service), find_upstreams(intent, measure.service))


def list_fed(intent: Intent) -> Mapping[str, EndpointFeed]:
    """The clusters whose endpoints are learnt, each with its feed; costs a little for each service."""
    return {
        cluster: stated.endpoints_from
        for name in intent.services
        for cluster, stated in list_clusters(intent, name).items()
        if stated.endpoints_from is not None
    }


def index_machines(intent: Intent) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By host, and by service, the endpoints that are there; costs a little for each endpoint."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for name in intent.services:
        for upstream in find_upstreams(intent, name):
            for endpoint in upstream.endpoints:
                here = found.setdefault(host_of(endpoint.address), {})
                here[name] = here.get(name, frozenset()) | {endpoint.address}
    return found


def list_listens(platform: Platform) -> frozenset[str]:
    """Where edges listen."""
    return frozenset(edge.listen for place in platform.locations.values() for edge in place.edges)
