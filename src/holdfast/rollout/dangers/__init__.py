"""Changes that have taken platforms down before: what is sound to a file's reader, and wrong for this platform.

Each is told from both platforms and what was seen of the traffic. None of them refuses for good: whoever wants just
this says so, by the code of what was found. One module for each subject.
"""

from collections.abc import Callable, Iterator
from typing import Final

from holdfast.rollout.danger import Change, Danger
from holdfast.rollout.dangers.endpoints import find_crowded_endpoints, find_dead_endpoints, find_others_endpoints
from holdfast.rollout.dangers.hosts import find_growth, find_hosts_gone, find_moved_hosts, find_taken_hosts
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
from holdfast.rollout.dangers.usage import find_short_timeouts, find_small_locations, find_tight

RULES: Final[tuple[Callable[[Change], Iterator[Danger]], ...]] = (
    find_strangers,
    find_lost,
    find_failing_probes,
    find_odd_paths,
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
    find_dead_endpoints,
    find_crowded_endpoints,
    find_tight,
    find_small_locations,
    find_short_timeouts,
)


def find_dangers(change: Change) -> tuple[Danger, ...]:
    """Everything that must be confirmed, in the order of `RULES`."""
    return tuple(danger for rule in RULES for danger in rule(change))
