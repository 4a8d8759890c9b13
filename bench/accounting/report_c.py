"""Report C again, at a stated time scale: one region down for 20 minutes and unstable for 62, days later down for 39.

Its own words: on the first day 20 minutes of downtime, then instability and read-only mode for another 62; on the
second 20 minutes, and fluctuations across an hour with 19 more. The other region had no interruption.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.accounting.origin import WELL, Mood
from bench.accounting.prober import book_truth
from bench.accounting.stage import REGIONS, SERVICES, Stage, now, open_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

LEARN_S: Final = 30.0
SETTLED_S: Final = 30.0
WRITES_WORK_AGAIN_MIN: Final = 20.0
"""Of the 62 minutes, so many were instability; in the others, writes were refused."""
UNSTABLE_LOST: Final = 0.25
FLUCTUATIONS_MIN: Final = (8.0, 6.0, 5.0)
PAUSE_MIN: Final = 13.0
SAID: Final = {("us", 1): (20.0, 62.0), ("us", 2): (39.0, 0.0), ("eu", 1): (0.0, 0.0), ("eu", 2): (0.0, 0.0)}
"""Minutes down and degraded, by region and day."""


@dataclass(frozen=True, slots=True)
class Sums:
    """One region on one day, in minutes of the report: what it said, what a prober met, what was booked."""

    region: str
    day: int
    said: tuple[float, float]
    probed: tuple[float, float]
    booked: tuple[float, float]

    @property
    def error_min(self) -> float:
        """The larger of the errors of both sums."""
        return max(abs(own - said) for own, said in zip(self.booked, self.said, strict=True))


async def play(scale: float, seed: int) -> list[Sums]:
    """Play both days, `scale` times as fast as they were."""
    minute_s = 60.0 / scale
    with tempfile.TemporaryDirectory(prefix="hf-", dir="/tmp") as folder:
        async with open_stage(Path(folder), seed) as stage:
            await asyncio.sleep(LEARN_S)
            days = []
            for day in (_play_first_day, _play_second_day):
                began_at = now()
                await day(stage, minute_s)
                await asyncio.sleep(SETTLED_S)
                days.append((began_at, now()))
            found = [
                await _sum_up(stage, region, number, times, minute_s)
                for number, times in enumerate(days, 1)
                for region in REGIONS
            ]
            return sorted(found, key=lambda each: (each.day, each.region))


async def _play_first_day(stage: Stage, minute_s: float) -> None:
    """Down; then a backup that refuses writes, and that loses a part of the requests before it is well."""
    await _be(stage, Mood(gone=True), 20 * minute_s)
    bodies = [
        {
            "measure": {"kind": "read-only", "service": f"{what}-us"},
            "for_s": 3600,
            "reason": "the backup only reads",
            "force": True,
        }
        for what in SERVICES
    ]
    begun = [await stage.protect("POST", "/v1/mitigations", body) for body in bodies]
    await asyncio.sleep((62 - WRITES_WORK_AGAIN_MIN) * minute_s)
    await stage.feel("us", Mood(lost=UNSTABLE_LOST))
    for each in begun:
        await stage.protect("DELETE", f"/v1/mitigations/{each['id']}")
    await asyncio.sleep(WRITES_WORK_AGAIN_MIN * minute_s)
    await stage.feel("us", WELL)


async def _play_second_day(stage: Stage, minute_s: float) -> None:
    """Down; then up and down again."""
    await _be(stage, Mood(gone=True), 20 * minute_s)
    for minutes in FLUCTUATIONS_MIN:
        await _be(stage, WELL, PAUSE_MIN * minute_s)
        await _be(stage, Mood(gone=True), minutes * minute_s)
    await stage.feel("us", WELL)


async def _be(stage: Stage, mood: Mood, seconds: float) -> None:
    await stage.feel("us", mood)
    await asyncio.sleep(seconds)
    await stage.feel("us", WELL)


async def _sum_up(stage: Stage, region: str, day: int, times: Sequence[float], minute_s: float) -> Sums:
    began_at, ended_at = times
    down_s, degraded_s = book_truth(stage.regions[region].probers["probe"].probes, began_at - 5, ended_at)
    document = await stage.read_stretches(f"shop-{region}", region, began_at - 5, ended_at)
    booked = [
        sum(each.ended_at - each.began_at for each in document.stretches if each.standing == standing) / minute_s
        for standing in ("down", "degraded")
    ]
    return Sums(region, day, SAID[region, day], (down_s / minute_s, degraded_s / minute_s), (booked[0], booked[1]))
