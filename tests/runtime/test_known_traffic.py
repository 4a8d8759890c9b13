"""What control knows of its traffic: averages of readings, the most that was in flight, the busiest client."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fakes.control import until
from holdfast.detect.sample_store import SampleStore
from holdfast.model.reading import Levels
from holdfast.runtime import known_traffic
from holdfast.runtime.known_traffic import READINGS, KnownTraffic
from rollout.test_recording import sample

NOW = 1_000.0


@dataclass
class Seen:
    """A watch that reads these levels, one after another, and then no more."""

    rates: list[float]
    samples: SampleStore = field(default_factory=SampleStore)
    is_reported: bool = True

    async def ask(self, question: Callable[[Any, Any], Any]) -> Any:
        return question(self, None)

    def read_levels(self) -> Levels:
        rate = self.rates.pop(0)
        self.is_reported = bool(self.rates)
        return Levels(("shop",), np.array([rate], np.float32), np.array([rate], np.float32))

    def read_locations(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(location="here", admitted_rps=7.0, in_flight=3)]


def make(path: Path, *rates: float) -> tuple[KnownTraffic, Seen]:
    seen = Seen(list(rates))
    return KnownTraffic(None, seen, path, lambda: NOW), seen  # type: ignore[arg-type]


async def read_all(traffic: KnownTraffic, seen: Seen) -> None:
    running = asyncio.create_task(traffic.run())
    await until(lambda: not seen.rates)
    running.cancel()
    await asyncio.wait([running])


def test_short_peaks_are_averaged_and_outlive_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_traffic, "READ_S", 0.001)
    path = tmp_path / "peaks.npz"

    async def live() -> None:
        traffic, seen = make(path, *[100.0] + [10.0] * (READINGS - 1), *[20.0] * READINGS, 500.0)
        seen.samples.add([sample(request_id=str(n), at=NOW - 1, weight=6.0, cause="") for n in range(10)])
        seen.samples.add([sample(request_id=f"r{n}", at=NOW - 1, client="a", cause="limit") for n in range(90)])
        await read_all(traffic, seen)
        usage = await traffic.recall_usage()
        shop, here = usage.services["shop"], usage.locations["here"]
        assert (shop.peak_rps, shop.peak_in_flight, shop.busiest_client_rps) == (28.0, 100.0, 1.0)
        assert (here.peak_rps, here.peak_in_flight) == (7.0, 3.0)
        traffic.close()
        again, _ = make(path)
        assert (await again.recall_usage()).services["shop"].peak_rps == 28.0

    asyncio.run(live())
