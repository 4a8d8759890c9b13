"""Sampled requests of the last minutes, bounded for each service and in total.

They are kept in slices of time. A slice that is full is thinned by chance, which the requests' own ids give, and what
stays stands for more. So a flood never drives out what came before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from zlib import crc32

from holdfast.model.sample import SampledRequest

KEPT_S: Final = 300.0
SLICE_S: Final = 10.0
NEW_SLICES: Final = 2
"""So many of a service's latest slices hold up to `NEW_MAX` samples, those before them `OLD_MAX`."""
NEW_MAX: Final = 2_000
OLD_MAX: Final = 200
SAMPLES_MAX: Final = 60_000
"""In total; beyond it the oldest slices of all services go. One takes up to 1 KB."""
PINS_MAX: Final = 256
PIN_S: Final = 60.0
"""Normal traffic that somebody asked for stays for so long after, however old it gets."""


@dataclass(slots=True)
class _Slice:
    """Samples of one service and one stretch of time, one of `2**halvings` that came."""

    samples: list[SampledRequest] = field(default_factory=list)
    halvings: int = 0

    def add(self, sample: SampledRequest, count_max: int) -> None:
        if _falls_away(sample, self.halvings):
            return
        self.samples.append(replace(sample, weight=sample.weight * 2**self.halvings) if self.halvings else sample)
        self.thin(count_max)

    def thin(self, count_max: int) -> None:
        while len(self.samples) > count_max and self.halvings < _HALVINGS_MAX:
            self.halvings += 1
            kept = (one for one in self.samples if not _falls_away(one, self.halvings))
            self.samples = [replace(one, weight=one.weight * 2) for one in kept]
        del self.samples[count_max:]


@dataclass(slots=True)
class _Pin:
    before: float
    asked_at: float


_HALVINGS_MAX: Final = 24


class SampleStore:
    """What edges let us see, by service, for `KEPT_S`; the clocks of edges are taken to agree within seconds."""

    def __init__(self) -> None:
        self._slices: dict[str, dict[int, _Slice]] = {}
        self._pins: dict[str, _Pin] = {}
        self._total = 0
        self._newest_at = 0.0

    def __len__(self) -> int:
        return self._total

    def add(self, samples: Sequence[SampledRequest]) -> None:
        """Keep samples."""
        slice_before = int(self._newest_at // SLICE_S)
        for sample in samples:
            self._newest_at = max(self._newest_at, sample.at)
            slices = self._slices.setdefault(sample.service, {})
            one = slices.setdefault(int(sample.at // SLICE_S), _Slice())
            count = len(one.samples)
            one.add(sample, NEW_MAX)
            self._total += len(one.samples) - count
        if int(self._newest_at // SLICE_S) > slice_before:
            self._age()
        if self._total > SAMPLES_MAX:
            self._drop_oldest()

    def recent(self, service: str, since: float) -> tuple[SampledRequest, ...]:
        """A service's samples from a moment on, oldest first."""
        return tuple(sorted((one for one in self._read(service) if one.at >= since), key=_when))

    def lately(self, since: float) -> Iterator[SampledRequest]:
        """The samples of all services from a moment on, in no order."""
        return (one for service in self._slices for one in self._read(service) if one.at >= since)

    def normal(self, service: str, before: float) -> tuple[SampledRequest, ...]:
        """A service's samples from the last `KEPT_S` before a moment, oldest first.

        They are its normal traffic if that is when something began; and stay as long as they are asked for.
        """
        if service in self._pins or len(self._pins) < PINS_MAX:
            self._pins[service] = _Pin(before, self._newest_at)
        return tuple(sorted((one for one in self._read(service) if before - KEPT_S <= one.at < before), key=_when))

    def _read(self, service: str) -> Iterator[SampledRequest]:
        return (sample for one in self._slices.get(service, {}).values() for sample in one.samples)

    def _age(self) -> None:
        """Thin what is no longer new, and drop what is too old."""
        self._pins = {name: pin for name, pin in self._pins.items() if self._newest_at - pin.asked_at < PIN_S}
        newest = int(self._newest_at // SLICE_S)
        for name in list(self._slices):
            slices = self._slices[name]
            for number in [number for number in slices if number <= newest - NEW_SLICES]:
                slices[number].thin(OLD_MAX)
                if not self._is_kept(name, number):
                    del slices[number]
            if not slices:
                del self._slices[name]
        self._total = sum(len(one.samples) for slices in self._slices.values() for one in slices.values())

    def _is_kept(self, service: str, number: int) -> bool:
        begins_at = number * SLICE_S
        pin = self._pins.get(service)
        pinned = pin is not None and pin.before - KEPT_S - SLICE_S < begins_at < pin.before
        return pinned or begins_at > self._newest_at - KEPT_S - SLICE_S

    def _drop_oldest(self) -> None:
        """Down to nine tenths, so that it isn't done at every step."""
        ages = sorted((number, name) for name, slices in self._slices.items() for number in slices)
        for number, name in ages:
            if self._total <= SAMPLES_MAX * 9 // 10:
                return
            self._total -= len(self._slices[name].pop(number).samples)
            if not self._slices[name]:
                del self._slices[name]


def _falls_away(sample: SampledRequest, halvings: int) -> bool:
    return bool(crc32(sample.request_id.encode()) & ((1 << halvings) - 1))


def _when(sample: SampledRequest) -> float:
    return sample.at
