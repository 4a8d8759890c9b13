"""What services and locations are asked for at their peaks, over a week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.reading import Levels
from holdfast.model.recorded import PlatformUsage, Usage

SLOT_S: Final = 6 * 3600.0
SLOTS: Final = 28
"""A week of slots, of which each has the highest that was seen in it."""
KNOWN_MIN: Final = 20
"""With so many slots known, the busiest is left out: what happened once, such as an attack, isn't usual."""
_SMOOTH: Final = 0.01
"""Weight of a new reading in the usual rate; with one every ten seconds, that is a quarter of an hour."""

Floats = NDArray[np.float32]


def _no_peaks() -> Floats:
    return np.full((2, SLOTS, 0), np.nan, np.float32)


@dataclass
class Peaks:
    """The highest levels of a week, by name. `highest` has the shape (2, SLOTS, names): rates, and in flight."""

    names: tuple[str, ...] = ()
    usual: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    highest: Floats = field(default_factory=_no_peaks)
    slot: int = 0
    """Which slot of all time the last reading was in."""

    def note(self, levels: Levels, now: float) -> None:
        """Take in what is asked for at a moment (Unix time, in seconds)."""
        self._follow(levels.names)
        slot = int(now // SLOT_S)
        if self.slot:
            for passed in range(max(self.slot, slot - SLOTS) + 1, slot + 1):
                self.highest[:, passed % SLOTS] = np.nan
        self.slot = slot
        here = self.highest[:, slot % SLOTS]
        np.fmax(here, np.stack([levels.rps, levels.in_flight]), out=here)
        self.usual += _SMOOTH * (levels.rps - self.usual)

    def read(self, busiest_clients: Mapping[str, float]) -> dict[str, Usage]:
        """What is known of every name; `busiest_clients` are rates of their busiest clients, where they are known."""
        peaks = _leave_out_rare(self.highest)
        return {
            name: Usage(
                rps=_round(self.usual[row]),
                peak_rps=_round(peaks[0, row]),
                peak_in_flight=_round(peaks[1, row]),
                busiest_client_rps=_round(busiest_clients.get(name, 0.0)),
            )
            for row, name in enumerate(self.names)
            if peaks[:, row].any()
        }

    def _follow(self, names: tuple[str, ...]) -> None:
        """Have a row for each of these names, with what is known of it; others are forgotten."""
        if names == self.names:
            return
        rows = {name: row for row, name in enumerate(self.names)}
        kept = np.array([rows.get(name, -1) for name in names], np.intp)
        known = kept >= 0
        highest = np.full((2, SLOTS, len(names)), np.nan, np.float32)
        usual = np.zeros(len(names), np.float32)
        highest[:, :, known], usual[known] = self.highest[:, :, kept[known]], self.usual[kept[known]]
        self.names, self.highest, self.usual = names, highest, usual


def _round(value: float) -> float:
    """To three digits: more of them isn't known."""
    return float(f"{value:.3g}")


def _leave_out_rare(highest: Floats) -> Floats:
    """The peak of each name: shape (2, names); 0 where nothing is known."""
    known = np.sort(np.nan_to_num(highest, nan=0.0), axis=1)
    if not known.shape[2]:
        return known[:, -1]
    slots = np.isfinite(highest[0]).sum(axis=0)
    return np.where(slots >= KNOWN_MIN, known[:, -2], known[:, -1]).astype(np.float32)


def show_usage(services: Peaks, locations: Peaks, busiest_clients: Mapping[str, float]) -> PlatformUsage:
    """What is known of a platform's traffic."""
    return PlatformUsage(services=services.read(busiest_clients), locations=locations.read({}))


def find_busiest(requests: Sequence[tuple[str, str, float]], span_s: float, count_min: int) -> dict[str, float]:
    """Requests per second of each service's busiest client, from sampled (service, client, weight) of a span.

    Clients of whom fewer than `count_min` were sampled are passed over: one sample that stands for many says little.
    """
    counts: dict[tuple[str, str], tuple[int, float]] = {}
    for service, client, weight in requests:
        count, total = counts.get((service, client), (0, 0.0))
        counts[service, client] = count + 1, total + weight
    busiest: dict[str, float] = {}
    for (service, _), (count, total) in counts.items():
        if count >= count_min:
            busiest[service] = max(busiest.get(service, 0.0), total / span_s)
    return busiest
