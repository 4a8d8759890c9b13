"""How tenants fared in a while: what went wrong of their requests, and how much of it was to be expected."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

DEVIATION_MAX: Final = 2.0
"""No tenant's deviation counts for more: many must suffer, not one of them much."""
SURGE_RATIO: Final = 1.5
"""So many times the usual is a surge; what goes wrong of that, beyond the usual, is its own."""
SURGE_DEVIATIONS: Final = 2.0
MISSING_BELOW: Final = 0.1
"""Requests count as missing below this part of the usual."""


@dataclass(frozen=True, slots=True, eq=False)
class Fares:
    """One while of some tenants. `requests` has the shape (tenants,), the others (tenants, SIGNALS).

    `wrong` is cleaned of what a surge of requests brought along, `displaced` of all that came beyond the usual:
    what is left went wrong in place of what would have gone well.
    """

    requests: Floats
    wrong: Floats
    expected: Floats
    displaced: Floats

    @property
    def excess(self) -> Floats:
        """What went wrong beyond what was to be expected; negative where less did."""
        return self.wrong - self.expected

    @property
    def deviations(self) -> Floats:
        """The excess in units of what chance explains, held to `DEVIATION_MAX`."""
        scaled: Floats = self.excess / np.sqrt(self.expected + np.float32(1.0))
        np.clip(scaled, -DEVIATION_MAX, DEVIATION_MAX, out=scaled)
        return scaled

    @property
    def held(self) -> Floats:
        """What went wrong, every tenant's excess held as its deviation is."""
        held: Floats = self.expected + self.deviations * np.sqrt(self.expected + np.float32(1.0))
        return held


def fare(requests: Floats, wrong: Floats, expected: Floats, usual: Floats) -> Fares:
    """Fares from counts: `wrong` and `expected` of shape (tenants, SIGNALS - 1), `requests` and `usual` (tenants,).

    `usual` is how many requests would have come at the usual rate, not a number where that isn't known.
    """
    known = np.nan_to_num(usual, nan=np.inf)
    room = known * SURGE_RATIO + SURGE_DEVIATIONS * np.sqrt(known) + SURGE_DEVIATIONS
    surge = np.where(requests > room, requests - known, 0)
    beyond = np.maximum(requests - known, 0)
    missing = np.maximum(np.nan_to_num(usual) * MISSING_BELOW - requests, 0)
    return Fares(
        requests=requests,
        wrong=np.hstack([np.maximum(wrong - surge[:, None], 0), missing[:, None]]).astype(np.float32, copy=False),
        expected=np.hstack([expected, np.zeros_like(missing)[:, None]]).astype(np.float32, copy=False),
        displaced=np.hstack([np.maximum(wrong - beyond[:, None], 0), missing[:, None]]).astype(np.float32, copy=False),
    )
