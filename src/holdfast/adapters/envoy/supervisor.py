"""Keeps one Envoy running: finds the one that runs already, starts another when it ends."""

import asyncio
import logging
import os
from collections.abc import Callable

from holdfast.adapters.envoy.process import EnvoyProcess

_log = logging.getLogger(__name__)
RESTART_BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
SETTLED_AFTER_S = 30.0


async def supervise(adopt: Callable[[], EnvoyProcess | None], start: Callable[[], EnvoyProcess]) -> None:
    """Keep an Envoy running until cancelled; it isn't stopped then. OSError if it can't be started at all."""
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        process = adopt() or start()
        began = loop.time()
        await wait_for_end(process)
        failures = 0 if loop.time() - began > SETTLED_AFTER_S else failures + 1
        pause_s = RESTART_BACKOFF_S[min(failures, len(RESTART_BACKOFF_S) - 1)]
        _log.error("envoy (pid %d) ended; starting it again in %.1f s", process.pid, pause_s)
        await asyncio.sleep(pause_s)


async def wait_for_end(process: EnvoyProcess) -> None:
    """Return when the process has ended, whoever its parent is."""
    try:
        pidfd = process.open_pidfd()
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pidfd, ended.set)
    try:
        if process.is_alive():
            await ended.wait()
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)
