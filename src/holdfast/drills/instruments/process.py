"""Starts an instrument's process, places it on its cores, and ends it by its pid."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

ANNOUNCEMENT_S_MAX = 30.0
STOP_S_MAX = 5.0
READ_BYTES = 4096


class InstrumentError(Exception):
    """An instrument ended without doing its work. The message is what it said."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a process runs: on which cores (none named: any), and how far it steps back for others (nice level).

    One that goes first is run before all ordinary processes whenever it has something to do (the real-time policy
    SCHED_RR), where the machine allows it.
    """

    cpus: frozenset[int] = frozenset()
    nice: int = 0
    goes_first: bool = False


class InstrumentProcess:
    """A running instrument. It has printed its first line of JSON, `announcement`, and prints little else, ever:
    so its pipes never fill up and need no reader while it runs. The far end of its stdin is kept open here, and
    nowhere else, so an instrument that watches it learns when the starter is gone.
    """

    def __init__(self, command: Sequence[str], placement: Placement) -> None:
        """Starts it and returns once it has announced itself. Raises InstrumentError."""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._stderr = cast("IO[bytes]", self._process.stderr)
        try:
            self._place(placement)
            line, _, self._said = self._read_announcement().partition(b"\n")
            self.announcement: dict[str, Any] = json.loads(line)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def _place(self, placement: Placement) -> None:
        # One that has ended already tells why on stderr, which is more use than that it can't be placed.
        with contextlib.suppress(ProcessLookupError):
            if placement.cpus:
                os.sched_setaffinity(self.pid, placement.cpus)
            if placement.nice:
                os.setpriority(os.PRIO_PROCESS, self.pid, placement.nice)
            if placement.goes_first:
                self._put_first()

    def _put_first(self) -> None:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(self.pid, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR)))

    def _read_announcement(self) -> bytes:
        """The first line, and what may have come with it."""
        said = b""
        while b"\n" not in said:
            readable, _, _ = select.select([self._stdout], [], [], ANNOUNCEMENT_S_MAX)
            if not readable:
                raise InstrumentError(f"silent for {ANNOUNCEMENT_S_MAX:g} s after its start")
            more = self._stdout.read(READ_BYTES)
            if not more:
                raise InstrumentError(self._explain_end())
            said += more
        return said

    def _explain_end(self) -> str:
        complaint = self._stderr.read().decode(errors="replace").strip()
        return complaint or f"it ended with code {self._process.wait()}, without a word"

    def interrupt(self) -> None:
        """Asks it to come to an end."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout_s: float) -> bytes:
        """Waits for its end and returns what it printed since the announcement.

        Raises InstrumentError when it fails, or is still running after `timeout_s`.
        """
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as late:
            raise InstrumentError(f"still running after {timeout_s:g} s") from late
        if code != 0:
            raise InstrumentError(self._explain_end())
        return self._said + self._stdout.read()

    def resume(self) -> None:
        """Lets it go on if it was stopped. Nothing when it has ended."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends it: politely, and after 5 s by SIGKILL. Nothing when it has ended."""
        self.interrupt()
        self.resume()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S_MAX)
        self.kill()

    def kill(self) -> None:
        """Ends it by SIGKILL, if it has not ended yet, and closes its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._stdout, self._stderr):
            if pipe is not None:
                pipe.close()
