"""What is usual for each service: how many requests come, and which share of them goes wrong."""

from math import exp
from typing import Final

import numpy as np

from holdfast.rollout.cohort_roster import Rows
from holdfast.rollout.fares import Floats
from holdfast.rollout.judging import COUNTED

COLUMNS: Final = 1 + len(COUNTED)
"""Requests offered, then what is counted of them."""
LONG_S: Final = 300.0
RECENT_S: Final = 15.0
"""Time constants: what is usual fades slowly, what goes on just now is known besides."""
PRIOR_REQUESTS: Final = 20.0
"""A service's share is drawn to everybody's by the weight of so many requests."""
COMMON_REQUESTS: Final = 200.0
"""No service weighs more in everybody's share."""
RECENT_DEVIATIONS: Final = 1.5
SHARE_LEAST: Final = 1e-5
KNOWN_S: Final = 30.0
"""A service that was seen for less has no usual rate."""


class Usual:
    """Counts of n services with fading weights: 84 bytes a service."""

    def __init__(self, services: int) -> None:
        self._long: Floats = np.zeros((services, COLUMNS), np.float32)
        self._recent: Floats = np.zeros((services, COLUMNS), np.float32)
        self._seen_s: Floats = np.zeros(services, np.float32)

    def learn(self, counts: Floats, watched_s: Floats, length_s: float) -> None:
        """Take in counts, shape (services, COLUMNS); `watched_s` is 0 for services that aren't to be learned from."""
        fades = (watched_s > 0).astype(np.float32)
        keep = 1 + fades * np.float32(exp(-length_s / LONG_S) - 1)
        self._long *= keep[:, None]
        self._long += counts
        self._recent *= np.float32(exp(-length_s / RECENT_S))
        self._recent += counts
        self._seen_s *= keep
        self._seen_s += watched_s

    def find_shares(self) -> Floats:
        """The share of each service's requests that usually goes wrong; shape (services, COLUMNS - 1).

        What goes wrong more often just now, and not by chance, is taken for usual.
        """
        requests, wrong = self._long[:, :1], self._long[:, 1:]
        weight = np.minimum(1.0, COMMON_REQUESTS / np.maximum(requests, 1.0))
        common = ((wrong * weight).sum(0) + SHARE_LEAST) / ((requests * weight).sum() + 1.0)
        shares = (wrong + PRIOR_REQUESTS * common) / (requests + PRIOR_REQUESTS)
        least = np.maximum(np.sqrt(self._recent[:, 1:]) - RECENT_DEVIATIONS, 0) ** 2
        now = least / (self._recent[:, :1] + PRIOR_REQUESTS)
        found: Floats = np.clip(np.maximum(shares, now), SHARE_LEAST, 1.0).astype(np.float32)
        return found

    def find_recent(self) -> Floats:
        """Counts of late, fading; shape (services, COLUMNS)."""
        return self._recent

    def find_rates(self) -> Floats:
        """Requests per second of each service, not a number where it wasn't seen for long enough."""
        rates = self._long[:, 0] / np.maximum(self._seen_s, 1e-3)
        found: Floats = np.where(self._seen_s >= KNOWN_S, rates, np.nan).astype(np.float32)
        return found

    def carry(self, before: "Usual", here: Rows, there: Rows) -> None:
        """Take over what was known of some services."""
        for name in ("_long", "_recent", "_seen_s"):
            getattr(self, name)[here] = getattr(before, name)[there]
