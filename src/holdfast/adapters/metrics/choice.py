"""Which services get metrics of their own."""

from collections.abc import Collection
from typing import Final

import numpy as np

from holdfast.adapters.metrics.tally import TrafficTally

BUSIEST_MAX: Final = 100
"""Services by rate; one that was among them stays until it isn't among twice as many, so that series don't flicker."""
CONCERN_MAX: Final = 200
"""Of those that something is found of, or that are mitigated."""


class ServiceChoice:
    """The busiest services between two readings, and those of concern: at most 2 * BUSIEST_MAX + CONCERN_MAX."""

    def __init__(self, busiest_max: int = BUSIEST_MAX) -> None:
        self._busiest_max = busiest_max
        self._before: dict[str, int] = {}
        self._chosen: frozenset[str] = frozenset()

    def choose(self, tally: TrafficTally, of_concern: Collection[str]) -> list[str]:
        """Their names, ordered. Rates are those since the choice before."""
        names, offered = tally.offered()
        before = np.fromiter((self._before.get(name, 0) for name in names), np.int64, len(names))
        ranked = [names[row] for row in np.argsort(before - offered, kind="stable")[: 2 * self._busiest_max]]
        self._before = dict(zip(names, offered.tolist(), strict=True))
        self._chosen = frozenset(ranked[: self._busiest_max]) | (self._chosen & frozenset(ranked))
        known = sorted((frozenset(of_concern) & self._before.keys()) - self._chosen)
        return sorted(self._chosen | frozenset(known[:CONCERN_MAX]))
