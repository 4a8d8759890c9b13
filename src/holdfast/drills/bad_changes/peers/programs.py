"""nginx and HAProxy: a file, which the program is asked to check, and a signal to read it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import psutil

from holdfast.drills.bad_changes.peers.peer import NotExpressible
from holdfast.drills.bad_changes.peers.rendering import merge_in_conflict, render
from holdfast.drills.peers.peer_process import PeerFailed, find_program, run_peer
from holdfast.drills.peers.places import is_open

if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence
    from pathlib import Path

    from holdfast.model.platform import Platform

_RELOAD_S_MAX: Final = 10.0
_CHECK_S_MAX: Final = 20.0
_POLL_S: Final = 0.02
_SAID_CHARS: Final = 400


class FileProgram:
    """A program that reads a configuration file, and reads it again when it is told to."""

    def __init__(
        self, name: str, template: str, check: Sequence[str], run: Sequence[str], reload: signal.Signals, folder: Path
    ) -> None:
        self._binary = find_program(name)
        self._template, self._check, self._run, self._reload = template, check, run, reload
        self._folder = folder
        self._file = folder / template.removesuffix(".j2")
        self._text = ""
        self._running = ExitStack()
        self._pid = 0
        self._port = 0

    async def start(self, platform: Platform) -> None:
        """Come up with a platform. Raises PeerFailed or NotExpressible."""
        self._text = self._render(platform)
        if said := await asyncio.to_thread(self._ask_whether_good, self._text):
            raise PeerFailed(said)
        self._port = _port_of(platform)
        await asyncio.to_thread(self._boot)

    async def push(self, platform: Platform, marred: Platform | int | None) -> str | None:
        """Write the file, have it checked, and reload; what it said if it refuses. Raises NotExpressible."""
        text = self._render(platform)
        if isinstance(marred, int):
            text *= marred
        elif marred is not None:
            text = merge_in_conflict(text, self._render(marred))
        if text == self._text:
            raise NotExpressible("nothing of its configuration would be another")
        if said := await asyncio.to_thread(self._ask_whether_good, text):
            return said
        self._text, self._port = text, _port_of(platform)
        return await asyncio.to_thread(self._read_again)

    async def restart(self) -> str | None:
        """Stop it and start it again from its file."""
        self._running.close()
        try:
            await asyncio.to_thread(self._boot)
        except PeerFailed as failure:
            return str(failure)[-_SAID_CHARS:]
        return None

    async def stop(self) -> None:
        """End it."""
        await asyncio.to_thread(self._running.close)

    def _render(self, platform: Platform) -> str:
        try:
            return render(self._template, platform, str(self._folder))
        except (TypeError, ValueError, AttributeError, KeyError) as failure:
            raise NotExpressible(f"it can't be written: {failure}") from failure

    def _ask_whether_good(self, text: str) -> str | None:
        file = self._folder / f"new-{self._file.name}"
        file.write_text(text, encoding="utf-8")
        command = [self._binary, *self._check, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_CHECK_S_MAX)
        return _tell((done.stdout + done.stderr).replace(str(self._folder), "")) if done.returncode else None

    def _boot(self) -> None:
        self._file.write_text(self._text, encoding="utf-8")
        command = [self._binary, *self._run, str(self._file)]
        pids = run_peer(command, self._folder, frozenset(), lambda: is_open(self._port))
        self._pid = self._running.enter_context(pids)[0]

    def _read_again(self) -> str | None:
        self._file.write_text(self._text, encoding="utf-8")
        old = self._list_workers()
        os.kill(self._pid, self._reload)
        deadline = time.monotonic() + _RELOAD_S_MAX
        while (now := self._list_workers()) & old or not now or not is_open(self._port):
            if time.monotonic() > deadline:
                return "it didn't take the file that it had called good"
            time.sleep(_POLL_S)
        return None

    def _list_workers(self) -> set[int]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return {child.pid for child in psutil.Process(self._pid).children()}
        return set()


def _port_of(platform: Platform) -> int:
    return int(next(iter(platform.locations.values())).edges[0].listen.rpartition(":")[2])


def _tell(said: str) -> str:
    """The first thing that it complains of."""
    alarms = [line for line in said.splitlines() if "[emerg]" in line or "[ALERT]" in line]
    lines = [line for line in alarms if "Continuing" not in line] or alarms or said.splitlines()
    return lines[0][-_SAID_CHARS:] if lines else "it ended without a word"
