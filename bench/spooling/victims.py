"""The parts of one Holdfast, to be killed, and its edges, to be hung."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import psutil

from holdfast.runtime.recovery.spooler_process import find_spooler

if TYPE_CHECKING:
    import random

    from holdfast.drills.stage.holdfast_process import HoldfastProcess

PARTS = ("spooler", "front", "agent", "control", "envoy")
"""`front` is the spooler's child process, which speaks HTTP."""
LOOK_S = 0.1
THERE_S_MAX = 10.0
"""Who isn't there by then is taken for nobody's part."""
CONTROL_AWAY_S = (0.0, 0.7)
HANG_S = (0.5, 5.0)


class Victims:
    """Kills parts by SIGKILL. Control is started again; whoever else is killed is so by who looks after it."""

    def __init__(self, holdfast: HoldfastProcess, chance: random.Random) -> None:
        self.hangs = 0
        self._holdfast = holdfast
        self._chance = chance
        self._returning: asyncio.Task[None] | None = None
        self._hanging: asyncio.Task[None] | None = None

    async def wait_for(self, part: str) -> bool:
        """Wait until there is somebody of a kind; whether it came to that in time."""
        deadline = time.monotonic() + THERE_S_MAX
        while part != "control" and not await asyncio.to_thread(self._find_pids, part):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_S)
        return True

    async def kill(self, part: str) -> bool:
        """Kill one of a kind, and whether there was one. HoldfastFailed if control didn't return from the last time."""
        if part == "control":
            return await self._kill_control()
        pids = await asyncio.to_thread(self._find_pids, part)
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._chance.choice(pids), signal.SIGKILL)
            return True
        return False

    def hang_edge(self) -> None:
        """Have an Envoy stop for a while, if none is stopped yet; half of them never go on."""
        if self._hanging is None or self._hanging.done():
            hang_s, ends = self._chance.uniform(*HANG_S), self._chance.random() < 0.5
            self._hanging = asyncio.create_task(self._hang(hang_s, signal.SIGKILL if ends else signal.SIGCONT))

    async def settle(self) -> None:
        """Wait until control is back and no edge is hung any more. HoldfastFailed if control doesn't return."""
        if self._hanging is not None:
            await self._hanging
        if self._returning is not None:
            await self._returning

    async def release(self) -> None:
        """Let go of everybody, whatever came of it."""
        for task in (self._hanging, self._returning):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    async def _kill_control(self) -> bool:
        if self._returning is not None:
            if not self._returning.done():
                return False
            self._returning.result()
        await asyncio.to_thread(self._holdfast.kill_control)
        self._returning = asyncio.create_task(self._bring_control_back(self._chance.uniform(*CONTROL_AWAY_S)))
        return True

    async def _bring_control_back(self, away_s: float) -> None:
        await asyncio.sleep(away_s)
        await asyncio.to_thread(self._holdfast.start_again)

    async def _hang(self, hang_s: float, then: signal.Signals) -> None:
        await self.wait_for("envoy")
        pids = await asyncio.to_thread(self._find_pids, "envoy")
        with contextlib.suppress(ProcessLookupError, IndexError):
            envoy = os.pidfd_open(self._chance.choice(pids))
            try:
                signal.pidfd_send_signal(envoy, signal.SIGSTOP)
                self.hangs += 1
                await asyncio.sleep(hang_s)
            finally:
                signal.pidfd_send_signal(envoy, then)
                os.close(envoy)

    def _find_pids(self, part: str) -> list[int]:
        if part == "agent":
            return self._holdfast.agent_pids
        if part == "envoy":
            return [envoy.pid for envoy in self._holdfast.envoys.values()]
        spooler = find_spooler(self._holdfast.places.path / "spool")
        if spooler is None or part == "spooler":
            return [spooler.pid] if spooler else []
        with contextlib.suppress(psutil.NoSuchProcess):
            return [child.pid for child in spooler.children()]
        return []
