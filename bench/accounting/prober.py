"""Somebody outside who keeps asking, and books what users met: independent of everything that Holdfast counts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_S: Final = 20.0
"""Longer than an edge waits for its upstream."""
NO_ANSWER: Final = 0
WINDOW: Final = 25
"""Probes that the share around each of them is taken of."""


@dataclass(frozen=True, slots=True)
class Probe:
    """When something was asked (Unix time, in seconds), whether it was a write, and the status; 0 for no answer."""

    asked_at: float
    is_write: bool
    status: int
    is_read_only: bool = False
    """Refused, since only reading works."""


async def ask(port: int, host: str, *, is_write: bool) -> Probe:
    """Ask an edge once, over a connection of its own."""
    asked_at, status, text = time(), NO_ANSWER, b""
    method = "POST" if is_write else "GET"
    request = f"{method} / HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
    with suppress(OSError, ValueError, IndexError, TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                text = await reader.read(65_536)
                status = int(text.split(b" ", 2)[1])
            finally:
                writer.close()
    return Probe(asked_at, is_write, status, b"read-only" in text)


class Prober:
    """Asks one service at one edge at a steady pace, however long answers take; a part of it writes."""

    def __init__(self, port: int, host: str, per_s: float, writes_every: int = 0) -> None:
        self.probes: list[Probe] = []
        self._port = port
        self._host = host
        self._per_s = per_s
        self._writes_every = writes_every
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Ask until cancelled."""
        loop = asyncio.get_running_loop()
        due, number = loop.time(), 0
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            due, number = due + 1 / self._per_s, number + 1
            is_write = bool(self._writes_every) and number % self._writes_every == 0
            task = asyncio.create_task(self._ask(is_write))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for the answers that are still due."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _ask(self, is_write: bool) -> None:
        self.probes.append(await ask(self._port, self._host, is_write=is_write))


def book_truth(probes: Sequence[Probe], began_at: float, ended_at: float) -> tuple[float, float]:
    """Seconds down and degraded between two times, as whoever asked met it: by the shares around each probe."""
    ordered = sorted(probes, key=lambda probe: probe.asked_at)
    lost = np.array([(p.status == NO_ANSWER or p.status >= 500) and not p.is_read_only for p in ordered], float)
    read_only = np.array([p.is_read_only for p in ordered], float)
    owed = np.array([not p.is_read_only for p in ordered], float)
    kernel = np.ones(WINDOW)
    share = np.convolve(lost, kernel, "same") / np.maximum(np.convolve(owed, kernel, "same"), 1.0)
    refused = np.convolve(read_only, kernel, "same") > 0
    down = share >= 0.5
    degraded = ~down & ((share >= 0.05) | refused)
    at = np.array([p.asked_at for p in ordered])
    lasts = np.diff(at, append=at[-1:])
    within = (at >= began_at) & (at < ended_at)
    return float(lasts[within & down].sum()), float(lasts[within & degraded].sum())
