"""What a platform must hold to beyond the form of each value: one module for each subject."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from holdfast.model.platform import Platform
from holdfast.spec.codes import Finding
from holdfast.spec.rules.accept import check_accepts
from holdfast.spec.rules.addresses import check_endpoints, check_listens
from holdfast.spec.rules.assets import check_static
from holdfast.spec.rules.capacity import (
    check_bursts,
    check_connections,
    check_edge_parts,
    check_guarantees,
    check_maxima,
)
from holdfast.spec.rules.clients import check_prefix, check_trust, check_trust_stated
from holdfast.spec.rules.dependencies import check_dependencies
from holdfast.spec.rules.endpoints import check_sources
from holdfast.spec.rules.hosts import check_hosts
from holdfast.spec.rules.limits import check_limits
from holdfast.spec.rules.names import check_edge_names, check_service_names
from holdfast.spec.rules.pools import check_pools
from holdfast.spec.rules.redirects import check_redirects
from holdfast.spec.rules.response import check_contacts, check_told
from holdfast.spec.rules.routes import check_routes
from holdfast.spec.rules.standbys import check_deferred, check_standbys
from holdfast.spec.rules.status import check_status
from holdfast.spec.rules.upstream import check_upstreams
from holdfast.spec.rules.walls import check_walls


class Rule(NamedTuple):
    """A check, and the sections of the file besides `tenants` that it can't do without."""

    check: Callable[[Platform], Iterator[Finding]]
    needs: frozenset[str] = frozenset()


RULES: Final = (
    Rule(check_service_names),
    Rule(check_edge_names, frozenset({"locations"})),
    Rule(check_hosts),
    Rule(check_listens, frozenset({"locations"})),
    Rule(check_endpoints, frozenset({"locations"})),
    Rule(check_sources),
    Rule(check_pools, frozenset({"locations", "pools"})),
    Rule(check_guarantees, frozenset({"locations", "defaults"})),
    Rule(check_maxima, frozenset({"locations", "defaults"})),
    Rule(check_bursts, frozenset({"locations", "defaults"})),
    Rule(check_walls, frozenset({"locations", "defaults"})),
    Rule(check_connections),
    Rule(check_edge_parts, frozenset({"locations", "defaults"})),
    Rule(check_limits, frozenset({"locations", "defaults", "bounds"})),
    Rule(check_upstreams),
    Rule(check_standbys, frozenset({"locations", "sites"})),
    Rule(check_deferred),
    Rule(check_static),
    Rule(check_accepts),
    Rule(check_routes),
    Rule(check_redirects),
    Rule(check_dependencies),
    Rule(check_trust, frozenset({"clients"})),
    Rule(check_trust_stated, frozenset({"clients", "locations", "defaults"})),
    Rule(check_prefix, frozenset({"clients", "defaults"})),
    Rule(check_contacts),
    Rule(check_told, frozenset({"defaults"})),
    Rule(check_status, frozenset({"status", "locations"})),
)


def check_platform(platform: Platform, broken: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Everything wrong with a platform as a whole, but what would need a `broken` section to know."""
    if "tenants" not in broken:
        for rule in RULES:
            if not rule.needs & broken:
                yield from rule.check(platform)
