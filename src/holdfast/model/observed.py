"""What edges would have refused, had they not only observed."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ObservedCounts:
    """One service at one edge, since its Envoy started; `in_flight` is now.

    `refusals` are by rule: `accept.methods`, or a mitigation's kind and id, such as `kill.m-7`.
    """

    requests: int = 0
    limited: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    in_flight: int = 0


EdgeCounts = Mapping[str, ObservedCounts]
"""One edge's counts by service. A service that isn't among them has had no request there."""
