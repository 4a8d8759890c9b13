"""What control knows of its traffic, for plans."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from holdfast.model.ports import Clock
from holdfast.model.reading import Levels, LocationReading
from holdfast.model.recorded import PlatformUsage, RecordedRequest
from holdfast.rollout.usual import find_busiest, show_usage
from holdfast.runtime.peaks_kept import load_peaks, save_peaks
from holdfast.runtime.recorded import RequestRecorder
from holdfast.runtime.watch.lookout import Lookout
from holdfast.runtime.watch.planner import Planner
from holdfast.runtime.watch.watcher import Watcher

READ_S: Final = 2.0
"""Between two readings of the watch."""
SAVE_S: Final = 300.0
READINGS: Final = 5
"""So many readings are averaged before they count as a level: limits have bursts for what is shorter."""
BUSIEST_S: Final = 60.0
"""The span that clients' rates are told over."""
BUSIEST_SAMPLES_MIN: Final = 5


@dataclass
class _Readings:
    """What was read since the last level: rates are averaged, of what is in flight the most counts."""

    names: tuple[str, ...] = ()
    levels: list[Levels] = field(default_factory=list)

    def add(self, levels: Levels) -> Levels | None:
        """The level, when enough was read."""
        if levels.names != self.names:
            self.names, self.levels = levels.names, []
        self.levels.append(levels)
        if len(self.levels) < READINGS:
            return None
        read, self.levels = self.levels, []
        rps = np.mean([each.rps for each in read], axis=0)
        return Levels(self.names, rps, np.max([each.in_flight for each in read], axis=0))


class KnownTraffic:
    """Recorded requests, and the peaks of what the watch reads."""

    def __init__(self, recorder: RequestRecorder, watcher: Watcher, path: Path, clock: Clock) -> None:
        self._recorder = recorder
        self._watcher = watcher
        self._path = path
        self._clock = clock
        self._services, self._locations = load_peaks(path)
        self._saved_at = clock()
        self._readings = _Readings(), _Readings()

    async def recall_requests(self) -> Sequence[RecordedRequest]:
        """Requests as edges saw them, scrubbed."""
        return await self._recorder.recall_requests()

    async def recall_usage(self) -> PlatformUsage:
        """What services and locations are usually asked for."""
        since = self._clock() - BUSIEST_S

        def read(lookout: Lookout, _: Planner) -> PlatformUsage:
            asked = [(one.service, one.client, one.weight) for one in lookout.samples.lately(since) if not one.cause]
            busiest = find_busiest(asked, BUSIEST_S, BUSIEST_SAMPLES_MIN)
            return show_usage(self._services, self._locations, busiest)

        return await self._watcher.ask(read)

    async def run(self) -> None:
        """Read the watch until cancelled."""
        while True:
            await asyncio.sleep(READ_S)
            if self._watcher.is_reported:
                await self._watcher.ask(self._read)

    def close(self) -> None:
        """Keep what is known."""
        save_peaks(self._path, self._services, self._locations)

    def _read(self, lookout: Lookout, _: Planner) -> None:
        both = lookout.read_levels(), _to_levels(lookout.read_locations())
        for levels, readings, peaks in zip(both, self._readings, (self._services, self._locations), strict=True):
            level = readings.add(levels)
            if level is not None:
                peaks.note(level, self._clock())
        if self._clock() - self._saved_at >= SAVE_S:
            self._saved_at = self._clock()
            self.close()


def _to_levels(readings: Sequence[LocationReading]) -> Levels:
    return Levels(
        tuple(each.location for each in readings),
        np.array([each.admitted_rps for each in readings], np.float32),
        np.array([each.in_flight for each in readings], np.float32),
    )
