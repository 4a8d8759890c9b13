"""What edges count for services that are only observed: how Envoy is told to name it, and how it is read back."""

import re
from collections.abc import Mapping

from holdfast.model.observed import ObservedCounts

OBSERVED = "observed"
"""Begins the name of every count that is kept for one service alone."""
COUNTS_PATTERN = (
    rf"^(?:{OBSERVED}\.[^.]+\.http_local_rate_limit\.(?:enabled|rate_limited)"
    rf"|http\.edge\.rbac\.(?:mitigations\.)?policy\.{OBSERVED}\..+\.shadow_denied"
    r"|cluster\.[^.]+\.upstream_rq_active)$"
)
"""All of Envoy's counts that `read_counts` reads, as a regular expression."""
_COUNT = re.compile(
    rf"{OBSERVED}\.(?P<limited>[^.]+)\.http_local_rate_limit\.(?P<what>enabled|rate_limited)"
    rf"|http\.edge\.rbac\.(?:mitigations\.)?policy\.{OBSERVED}\.(?P<judged>[^.]+)\.(?P<rule>.+)\.shadow_denied"
    r"|cluster\.(?P<cluster>[^.]+)\.upstream_rq_active"
)


def name_limit(service: str) -> str:
    """What an observed service's limit is counted as."""
    return f"{OBSERVED}.{service}"


def name_rule(service: str, rule: str) -> str:
    """What a rule that an observed service's requests met is counted as."""
    return f"{OBSERVED}.{service}.{rule}"


def read_counts(stats: Mapping[str, int]) -> dict[str, ObservedCounts]:
    """One edge's counts, by service, out of Envoy's; services that nothing is known of are left out."""
    requests, limited, in_flight = dict[str, int](), dict[str, int](), dict[str, int]()
    refusals: dict[str, dict[str, int]] = {}
    for name, value in stats.items():
        found = _COUNT.fullmatch(name)
        if found is None or not value:
            continue
        if service := found["limited"]:
            (requests if found["what"] == "enabled" else limited)[service] = value
        elif service := found["judged"]:
            refusals.setdefault(service, {})[found["rule"]] = value
        else:
            in_flight[found["cluster"]] = value
    return {
        service: ObservedCounts(
            requests.get(service, 0), limited.get(service, 0), refusals.get(service, {}), in_flight.get(service, 0)
        )
        for service in requests.keys() | limited.keys() | refusals.keys() | in_flight.keys()
    }
