"""One Envoy process: started as an orphan so that it outlives whoever started it, and found again by its pid file."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_START_S_MAX = 10.0
ORDINARY = 0
_LOG_FLUSH_MS = 1000
"""So long at most until what Envoy logs is in the file."""
_CPUCLOCK_SCHED = 2
"""The kernel's clock of a process's processor time (include/linux/posix-timers.h)."""
# Envoy asks the kernel to be ended with its parent. So its parent must be gone before it starts: the inner
# shell waits for the outer one to be reaped, is adopted by init, and only then becomes Envoy.
_ORPHAN = 'out=$1; shift; (while kill -0 $$; do :; done 2>/dev/null; exec "$@") >>"$out" 2>&1 </dev/null & echo $!'


@dataclass(frozen=True, slots=True)
class EnvoyProcess:
    """A running Envoy. `born` guards against a pid that was given to another process meanwhile."""

    pid: int
    born: float

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return _born(self.pid) == self.born

    def read_cpu_s(self) -> float:
        """Processor time it has had, of all threads, in user mode and in the kernel, in seconds; OSError if it ended.

        The same account as utime + stime in proc(5), without its rounding to ticks.
        """
        return time.clock_gettime((~self.pid << 3) | _CPUCLOCK_SCHED)

    def read_memory_bytes(self) -> int:
        """Memory that it has in use (resident); OSError if it ended."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.NoSuchProcess as error:
            raise ProcessLookupError(self.pid) from error

    def stop(self, grace_s: float = 5.0) -> None:
        """End it: politely, then by force."""
        for sign, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, _START_S_MAX)):
            if not self.is_alive():
                return
            with contextlib.suppress(ProcessLookupError):
                self._signal(sign, wait_s)

    def _signal(self, sign: signal.Signals, wait_s: float) -> None:
        """Send a signal and wait for the end, which comes before its parent takes note of it."""
        pidfd = self.open_pidfd()
        try:
            signal.pidfd_send_signal(pidfd, sign)
            ended = select.poll()
            ended.register(pidfd, select.POLLIN)
            ended.poll(wait_s * 1e3)
        finally:
            os.close(pidfd)

    def open_pidfd(self) -> int:
        """A file descriptor that becomes readable when the process ends; ProcessLookupError if it has."""
        return os.pidfd_open(self.pid)


def start_envoy(
    binary: Path, bootstrap: Mapping[str, Any], folder: Path, *, workers: int, cpus: frozenset[int] | None = None
) -> EnvoyProcess:
    """Start Envoy on a bootstrap, its files in `folder`; it survives the caller's death."""
    config = folder / "bootstrap.json"
    config.write_text(json.dumps(bootstrap, indent=1))
    log = folder / "envoy.log"
    arguments = [
        *(["taskset", "-c", ",".join(map(str, sorted(cpus)))] if cpus else []),
        str(binary), "--config-path", str(config), "--concurrency", str(workers),
        "--use-dynamic-base-id", "--disable-hot-restart", "--log-level", "warning",
        "--file-flush-interval-msec", str(_LOG_FLUSH_MS),
    ]  # fmt: skip
    command = ["/bin/sh", "-c", _ORPHAN, "sh", str(log), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True, cwd=folder)
    pid = int(result.stdout)
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, ORDINARY)  # its agent's own is higher, and would be inherited
    process = EnvoyProcess(pid, _born(pid) or 0.0)
    (folder / "envoy.pid").write_text(json.dumps({"pid": process.pid, "born": process.born}))
    return process


def adopt_envoy(folder: Path) -> EnvoyProcess | None:
    """The Envoy that an earlier run started in `folder`, if it still runs."""
    try:
        noted = json.loads((folder / "envoy.pid").read_text())
        process = EnvoyProcess(int(noted["pid"]), float(noted["born"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return process if process.is_alive() else None


def _born(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
