"""Seeded outages on real edges, in two regions at once: what is booked against what an independent prober met."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from bench.accounting.origin import WELL, Mood
from bench.accounting.prober import book_truth
from bench.accounting.stage import SERVICES, Stage, now, open_stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

LEARN_S: Final = 20.0
QUIET_S: Final = 25.0
"""Between two outages of a region, in which all is well."""
SETTLED_S: Final = 10.0
AROUND_S: Final = 15.0
"""Control is dead for so much longer on both sides of an outage."""
GOAL_S: Final = 60.0
LONE: Final = "lone"
"""Who has few requests and no probe: told, and not held to anything where partial losses come before and after."""
NEAR_S: Final = 10.0
"""So far around an outage is looked at."""


@dataclass(frozen=True, slots=True)
class Result:
    """One outage: seconds that the prober met, and that were booked of each service in the same time."""

    kind: str
    region: str
    lasted_s: float
    truth: tuple[float, float]
    booked: dict[str, tuple[float, float]]

    @property
    def errors_s(self) -> dict[str, float]:
        """The larger error, of down and degraded, by service."""
        return {
            name: max(abs(own - true) for own, true in zip(booked, self.truth, strict=True))
            for name, booked in self.booked.items()
        }

    @property
    def is_held(self) -> bool:
        """Whether no error is larger than a minute, of those of whom anything is promised."""
        return all(error_s <= GOAL_S for name, error_s in self.errors_s.items() if name != LONE)


Play = "Callable[[Stage, str, float], Awaitable[None]]"


def _mood(mood: Mood) -> Callable[[Stage, str, float], Awaitable[None]]:
    async def play(stage: Stage, region: str, seconds: float) -> None:
        await stage.feel(region, mood)
        await asyncio.sleep(seconds)
        await stage.feel(region, WELL)

    return play


def _measure(kind: str) -> Callable[[Stage, str, float], Awaitable[None]]:
    async def play(stage: Stage, region: str, seconds: float) -> None:
        begun = []
        for what in SERVICES:
            measure = {"kind": kind, "service": f"{what}-{region}"}
            body = {"measure": measure, "for_s": seconds + 60, "reason": "an outage that was asked for", "force": True}
            begun.append(await stage.protect("POST", "/v1/mitigations", body))
        await asyncio.sleep(seconds)
        for each in begun:
            await stage.protect("DELETE", f"/v1/mitigations/{each['id']}")

    return play


async def _edge_dead(stage: Stage, region: str, seconds: float) -> None:
    await stage.keep_edge_dead(region, seconds)


def _control_dead_meanwhile(mood: Mood) -> Callable[[Stage, str, float], Awaitable[None]]:
    """Control is dead for the middle third of an outage."""

    async def play(stage: Stage, region: str, seconds: float) -> None:
        await stage.feel(region, mood)
        await asyncio.sleep(seconds / 3)
        await asyncio.to_thread(stage.holdfast.kill_control)
        await asyncio.sleep(seconds / 3)
        began = now()
        await asyncio.to_thread(stage.holdfast.start_again)
        await asyncio.sleep(max(0.0, seconds / 3 - (now() - began)))
        await stage.feel(region, WELL)

    return play


def _while_control_is_dead(mood: Mood) -> Callable[[Stage, str, float], Awaitable[None]]:
    """Control never sees the outage: it is dead from before it begins until after its end."""

    async def play(stage: Stage, region: str, seconds: float) -> None:
        await asyncio.to_thread(stage.holdfast.kill_control)
        await asyncio.sleep(AROUND_S)
        await stage.feel(region, mood)
        await asyncio.sleep(seconds)
        await stage.feel(region, WELL)
        await asyncio.sleep(AROUND_S)
        await asyncio.to_thread(stage.holdfast.start_again)

    return play


async def _control_killed_often(stage: Stage, region: str, seconds: float) -> None:
    """Control is killed while it is told what it missed, three times."""
    await asyncio.to_thread(stage.holdfast.kill_control)
    await stage.feel(region, Mood(gone=True))
    await asyncio.sleep(seconds)
    await stage.feel(region, WELL)
    for number in range(3):
        await asyncio.to_thread(stage.holdfast.start_again)
        await asyncio.sleep(1.0 + number)
        await asyncio.to_thread(stage.holdfast.kill_control)
    await asyncio.to_thread(stage.holdfast.start_again)


async def _control_dead(stage: Stage, _region: str, seconds: float) -> None:
    """Nothing is down for users."""
    await asyncio.to_thread(stage.holdfast.kill_control)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(stage.holdfast.start_again)


async def _agent_dead_meanwhile(stage: Stage, region: str, seconds: float) -> None:
    await stage.feel(region, Mood(gone=True))
    await asyncio.sleep(seconds / 2)
    os.kill(stage.find_agent(region), signal.SIGKILL)
    await asyncio.sleep(seconds / 2)
    await stage.feel(region, WELL)


KINDS: Final[dict[str, Callable[[Stage, str, float], Awaitable[None]]]] = {
    "upstream killed": _mood(Mood(gone=True)),
    "upstream hung": _mood(Mood(hung=True)),
    "60 % lost": _mood(Mood(lost=0.6)),
    "20 % lost": _mood(Mood(lost=0.2)),
    "404 throughout": _mood(Mood(missing=True)),
    "read-only": _measure("read-only"),
    "killed by people": _measure("kill"),
    "edge's Envoy dead": _edge_dead,
    "agent killed meanwhile": _agent_dead_meanwhile,
}
ALONE: Final[dict[str, Callable[[Stage, str, float], Awaitable[None]]]] = {
    "control killed meanwhile": _control_dead_meanwhile(Mood(gone=True)),
    "killed while control is dead": _while_control_is_dead(Mood(gone=True)),
    "hung while control is dead": _while_control_is_dead(Mood(hung=True)),
    "20 % lost while control is dead": _while_control_is_dead(Mood(lost=0.2)),
    "control killed again and again after it": _control_killed_often,
    "only control killed": _control_dead,
}
"""What concerns both regions, and is played while the other is left alone."""


async def play(seed: int, kinds: Sequence[str], lasts_s: tuple[float, float]) -> list[Result]:
    """Play outages of these kinds in both regions, in an order and for times that are drawn."""
    random = Random(seed)
    with tempfile.TemporaryDirectory(prefix="hf-", dir="/tmp") as folder:
        async with open_stage(Path(folder), seed) as stage:
            await asyncio.sleep(LEARN_S)
            orders = {
                region: random.sample([k for k in kinds if k in KINDS], k=len([k for k in kinds if k in KINDS]))
                for region in stage.regions
            }
            tracks = [
                _play_region(stage, region, order, Random(random.random()), lasts_s) for region, order in orders.items()
            ]
            found = [times for track in await asyncio.gather(*tracks) for times in track]
            for kind in (each for each in kinds if each in ALONE):
                found.append(await _play_one(stage, ALONE[kind], kind, "us", random.uniform(*lasts_s)))
                await asyncio.sleep(QUIET_S)
            await asyncio.sleep(SETTLED_S)
            return [await _compare(stage, *times) for times in found]


async def _play_region(
    stage: Stage, region: str, order: Sequence[str], random: Random, lasts_s: tuple[float, float]
) -> list[tuple[str, str, float, float]]:
    found = []
    for kind in order:
        await asyncio.sleep(random.uniform(0, 5))
        found.append(await _play_one(stage, KINDS[kind], kind, region, random.uniform(*lasts_s)))
        await asyncio.sleep(QUIET_S)
    return found


async def _play_one(
    stage: Stage, playing: Callable[[Stage, str, float], Awaitable[None]], kind: str, region: str, seconds: float
) -> tuple[str, str, float, float]:
    began_at = now()
    await playing(stage, region, seconds)
    return kind, region, began_at, now()


async def _compare(stage: Stage, kind: str, region: str, began_at: float, ended_at: float) -> Result:
    since, until = began_at - NEAR_S, ended_at + NEAR_S
    truth = book_truth(stage.regions[region].probers["probe"].probes, since, until)
    booked = {}
    for what in SERVICES:
        document = await stage.read_stretches(f"{what}-{region}", region, since, until)
        lasted = {
            standing: sum(each.ended_at - each.began_at for each in document.stretches if each.standing == standing)
            for standing in ("down", "degraded")
        }
        booked[what] = (lasted["down"], lasted["degraded"])
    return Result(kind, region, ended_at - began_at, truth, booked)
