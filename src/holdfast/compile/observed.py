"""What edges count for services that are only observed: how Envoy is told to name it, and how it is read back."""

import re
from collections.abc import Mapping

from holdfast.compile.names import SHADOW_PREFIX, WATCHED_METADATA_PREFIX
from holdfast.model.observed import ObservedCounts

OBSERVED = "observed"
"""Begins the name of every count that is kept for one service alone."""
_JUDGED = rf"http\.edge\.rbac\.(?:{SHADOW_PREFIX}\.)?policy\.(?:{WATCHED_METADATA_PREFIX}\.)?"
COUNTS_PATTERN = (
    rf"^(?:{OBSERVED}\.[^.]+\.http_local_rate_limit\.(?:enabled|rate_limited)"
    rf"|{_JUDGED}{OBSERVED}\..+\.shadow_denied)$"
)
"""All of Envoy's counts that `read_counts` reads, as a regular expression."""
_COUNT = re.compile(
    rf"{OBSERVED}\.(?P<limited>[^.]+)\.http_local_rate_limit\.(?P<what>enabled|rate_limited)"
    rf"|{_JUDGED}{OBSERVED}\.(?P<judged>[^.]+)\.(?P<rule>.+)\.shadow_denied"
)


def name_rule(service: str, rule: str) -> str:
    """What a rule that an observed service's requests met is counted as."""
    return f"{OBSERVED}.{service}.{rule}"


def read_counts(stats: Mapping[str, int], in_flight: Mapping[str, int] | None = None) -> dict[str, ObservedCounts]:
    """One edge's counts, by service, out of Envoy's; services that nothing is known of are left out.

    `in_flight` is what each has in flight now, which Envoy doesn't count in its statistics.
    """
    requests, limited = dict[str, int](), dict[str, int]()
    flying = in_flight or {}
    refusals: dict[str, dict[str, int]] = {}
    for name, value in stats.items():
        found = _COUNT.fullmatch(name)
        if found is None or not value:
            continue
        if service := found["limited"]:
            (requests if found["what"] == "enabled" else limited)[service] = value
        else:
            service = found["judged"]
            of_rule = refusals.setdefault(service, {})
            of_rule[found["rule"]] = of_rule.get(found["rule"], 0) + value
    return {
        service: ObservedCounts(
            requests.get(service, 0), limited.get(service, 0), refusals.get(service, {}), flying.get(service, 0)
        )
        for service in requests.keys() | limited.keys() | refusals.keys()
    }
