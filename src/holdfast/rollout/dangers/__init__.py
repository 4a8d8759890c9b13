"""Changes that have taken platforms down before: what is sound to a file's reader, and wrong for this platform.

Each is told from both platforms and what was seen of the traffic. None of them refuses for good: whoever wants just
this says so, by the code of what was found. One module for each subject.
"""

from collections.abc import Callable, Iterator
from typing import Final

from holdfast.rollout.danger import Change, Danger
from holdfast.rollout.dangers.endpoints import (
    find_crowded_endpoints,
    find_dead_endpoints,
    find_endpoints_gone,
    find_moved_along,
    find_others_endpoints,
    find_requests_to_others,
)
from holdfast.rollout.dangers.health import find_short_checks, find_unfit_endpoints
from holdfast.rollout.dangers.hosts import find_growth, find_hosts_gone, find_moved_hosts, find_taken_hosts
from holdfast.rollout.dangers.listeners import find_moved_listeners
from holdfast.rollout.dangers.operations import find_refused_operations
from holdfast.rollout.dangers.policy import (
    find_demoted,
    find_kills_consented,
    find_not_internal,
    find_policy_for_many,
    find_untrusted,
)
from holdfast.rollout.dangers.requests import (
    find_failing_probes,
    find_lost,
    find_odd_paths,
    find_public_pages,
    find_strangers,
)
from holdfast.rollout.dangers.retries import find_retry_chains
from holdfast.rollout.dangers.routes import find_missed_routes
from holdfast.rollout.dangers.usage import (
    find_short_route_timeouts,
    find_short_timeouts,
    find_small_locations,
    find_tight,
)
from holdfast.rollout.dangers.walls import find_narrow_walls

RULES: Final[tuple[Callable[[Change], Iterator[Danger]], ...]] = (
    find_strangers,
    find_lost,
    find_failing_probes,
    find_odd_paths,
    find_missed_routes,
    find_refused_operations,
    find_hosts_gone,
    find_moved_hosts,
    find_taken_hosts,
    find_growth,
    find_policy_for_many,
    find_demoted,
    find_kills_consented,
    find_untrusted,
    find_not_internal,
    find_public_pages,
    find_others_endpoints,
    find_requests_to_others,
    find_dead_endpoints,
    find_unfit_endpoints,
    find_crowded_endpoints,
    find_endpoints_gone,
    find_moved_along,
    find_moved_listeners,
    find_short_checks,
    find_retry_chains,
    find_tight,
    find_narrow_walls,
    find_small_locations,
    find_short_timeouts,
    find_short_route_timeouts,
)


def find_dangers(change: Change) -> tuple[Danger, ...]:
    """Everything that must be confirmed, in the order of `RULES`."""
    return tuple(danger for rule in RULES for danger in rule(change))
