"""Which share of requests is sampled, so that samples stay within what an agent may take."""

from dataclasses import dataclass
from typing import Final

MILLION: Final = 1_000_000
BASE_PER_S: Final = 100.0
"""Samples a second of all services together."""
WATCHED_PER_S: Final = 1_000.0
"""Samples a second of services that are looked into, together."""
FIRST_SHARE: Final = 0.01
"""Where nothing is known of how much there is yet."""
SHARE_MIN: Final = 1 / 100_000
CHANGE_MIN: Final = 0.25
"""A share stays as it is until it would change by more than this part of itself: each change is work for Envoy."""
RISE_MAX: Final = 4.0
"""How many times larger a share may become at once: what came before may not be what comes."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share, from 0 to 1."""

    value: float = FIRST_SHARE

    @property
    def millionths(self) -> int:
        """As Envoy is told it."""
        return round(self.value * MILLION)


def adjust_share(share: Share, sampled_per_s: float, wanted_per_s: float, requests_per_s: float) -> Share:
    """The share that so many samples a second ask for, given how many the present share brought.

    It is no less than brings so many when all of the edge's requests are drawn from: a sample of few services is
    there at full size from the first of their requests on.
    """
    if wanted_per_s <= 0:
        return Share(0.0)
    if share.value <= 0:
        return Share()
    aim = share.value * wanted_per_s / max(sampled_per_s, wanted_per_s / RISE_MAX)
    least = wanted_per_s / max(requests_per_s, wanted_per_s)
    aim = min(1.0, max(SHARE_MIN, least, aim))
    if abs(aim - share.value) <= CHANGE_MIN * share.value and aim < 1.0:
        return share
    return Share(aim)
