"""An analyser's process: started, fed and read without ever waiting for it, measured, ended by its pid."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil

from holdfast.adapters.analysis.launch import CPU_LEASE_S, HOLDFAST_PARENT
from holdfast.adapters.analysis.protocol import ANSWER_BYTES_MAX
from holdfast.model.component import Build

READ_BYTES: Final = 64 * 1024
LAST_WORDS_BYTES: Final = 1_000


class AnalyserProcess:
    """One process, which may write to an existing `folder` only. OSError if it can't be started."""

    def __init__(self, build: Build, folder: Path) -> None:
        self.folder = folder
        environment = {"PYTHONPATH": str(HOLDFAST_PARENT), "PYTHONDONTWRITEBYTECODE": "1"}
        launch = [sys.executable, "-P", "-m", "holdfast.adapters.analysis.launch"]
        descriptor = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._popen = subprocess.Popen(
                [*launch, str(folder), build.folder or "-", build.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=descriptor,
                cwd=folder,
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
        finally:
            os.close(descriptor)
        assert self._popen.stdin is not None  # noqa: S101 - both are pipes
        assert self._popen.stdout is not None  # noqa: S101
        self._input, self._output = self._popen.stdin, self._popen.stdout
        for pipe in (self._input, self._output):
            os.set_blocking(pipe.fileno(), False)
        self._process = psutil.Process(self._popen.pid)
        self._unread = b""
        self._unsent = memoryview(b"")

    @property
    def pid(self) -> int:
        """Its process id, and that of its group."""
        return self._popen.pid

    @property
    def input(self) -> int:
        """The descriptor that becomes writable when it takes more."""
        return self._input.fileno()

    @property
    def output(self) -> int:
        """The descriptor that becomes readable when it says something, or ends."""
        return self._output.fileno()

    @property
    def is_fed(self) -> bool:
        """Whether it was given all that it was sent."""
        return not self._unsent

    def send(self, line: bytes) -> None:
        """Give it a line, after all before it; as much as it takes now. Call `feed` when it takes more."""
        self._unsent = memoryview(bytes(self._unsent) + line)
        self.feed()

    def feed(self) -> None:
        """Give it more of what it was sent."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            while self._unsent:
                self._unsent = self._unsent[os.write(self.input, self._unsent) :]

    def read(self) -> list[bytes] | None:
        """Lines that it said meanwhile, READ_BYTES at most; None when it says no more.

        What is longer than any answer comes in pieces, none of which is one.
        """
        try:
            said = os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return []
        if not said:
            return None
        *lines, rest = (self._unread + said).split(b"\n")
        if len(rest) > ANSWER_BYTES_MAX:
            lines, rest = [*lines, rest], b""
        self._unread = rest
        return lines

    def measure(self) -> tuple[float, int]:
        """CPU time that it has used, in seconds, and memory that it has, in bytes; zeros if it has ended."""
        try:
            times = self._process.cpu_times()
            cpu_s = times.user + times.system + times.children_user + times.children_system
            return cpu_s, self._process.memory_info().rss
        except psutil.NoSuchProcess:
            return 0.0, 0

    def renew_lease(self, cpu_s: float) -> None:
        """Let it use some more CPU time than the `cpu_s` that it has used."""
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            self._process.rlimit(resource.RLIMIT_CPU, (int(cpu_s) + CPU_LEASE_S, resource.RLIM_INFINITY))

    def find_end(self) -> str | None:
        """How it ended; None if it hasn't."""
        code = self._popen.poll()
        if code is None:
            return None
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def read_last_words(self) -> str:
        """The end of its log, as one printable line."""
        try:
            with (self.folder / "log").open("rb") as log:
                log.seek(max(0, os.fstat(log.fileno()).st_size - LAST_WORDS_BYTES))
                words = log.read(LAST_WORDS_BYTES).decode(errors="replace")
        except OSError:
            return ""
        return " | ".join("".join(c for c in line if c.isprintable()) for line in words.splitlines())

    def kill(self) -> None:
        """End it and all of its group now. `find_end` says when it has."""
        if self._popen.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._input.close()
        self._output.close()

    def wait_for_end(self, deadline_s: float) -> None:
        """Wait until it has ended, in a thread that may wait; not longer than the deadline."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(deadline_s)
