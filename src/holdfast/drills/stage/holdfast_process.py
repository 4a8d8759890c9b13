"""A Holdfast of its own for a drill: `holdfast up` as a process, apart from the cores of its edges."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

import httpx
import psutil

from holdfast.adapters.envoy.process import EnvoyProcess, adopt_envoy
from holdfast.drills.broken import DrillBroken
from holdfast.runtime.recovery.spooler_process import find_spooler
from holdfast.runtime.state_dir import StateDir
from holdfast.views.status import StatusDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from holdfast.drills.stage.machine import Cores

LOOPBACK = "127.0.0.0/8"
"""Who subscribes in a drill is there."""
READY_S_MAX = 90.0
STOP_S_MAX = 30.0
POLL_S = 0.05
LOG_TAIL_CHARS = 2_000


class HoldfastFailed(DrillBroken):
    """Holdfast didn't come up, or ended by itself; the message ends in what it said last."""


class HoldfastProcess:
    """Holdfast at work in a folder of its own. As a context manager, it and all its edges are gone afterwards.

    They are too when the thread that started it is killed, where the machine has setpriv (util-linux).
    """

    def __init__(self, folder: Path, platform_text: str, cores: Cores, arguments: Sequence[str] = ()) -> None:
        """Start it, with further arguments of `holdfast up`, and return once every edge has everything.

        Raises HoldfastFailed.
        """
        folder.mkdir(mode=0o700, parents=True)
        self._log = folder / "up.log"
        self.places = StateDir(folder / "state")
        file = folder / "platform.yaml"
        file.write_text(platform_text, encoding="utf-8")
        self._cores = cores
        self._arguments = arguments
        self._start(str(file))

    def kill_control(self) -> None:
        """End control by SIGKILL, as a machine does that runs out of memory. Its agents and edges go on."""
        self._process.kill()
        self._process.wait()

    def start_again(self) -> None:
        """Start control that was killed, with what was in force, and return once every edge has everything.

        Raises HoldfastFailed.
        """
        self._start()

    def _start(self, *file: str) -> None:
        command = [
            *_tie_to_parent(),
            sys.executable,
            "-m",
            "holdfast",
            "up",
            *file,
            "--state",
            str(self.places.path),
        ]
        environment = os.environ | {
            "HOLDFAST_EDGE_CPUS": ",".join(map(str, sorted(self._cores.edge))),
            "HOLDFAST_SUBSCRIBER_NETWORKS": LOOPBACK,
            "NO_COLOR": "1",
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--api", "127.0.0.1:0", *self._arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            if self._cores.rest:
                os.sched_setaffinity(self._process.pid, self._cores.rest)
            self._await_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def envoys(self) -> dict[str, EnvoyProcess]:
        """The Envoys that run, by edge."""
        found = {folder.name: adopt_envoy(folder) for folder in self._edge_folders()}
        return {edge: envoy for edge, envoy in found.items() if envoy is not None}

    @property
    def control_pid(self) -> int:
        """Process id of control."""
        return self._process.pid

    @property
    def agent_pids(self) -> list[int]:
        """Process ids of the edges' agents."""
        return [agent.pid for agent in self._agents() if agent is not None]

    def stop(self) -> None:
        """End it, its agents and its Envoys: politely, then by force, each by its pid. Nothing when all have ended."""
        left = [find_spooler(self.places.path / "spool"), *self._agents(), *map(_process_of, self.envoys.values())]
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        left += [*self._agents(), *map(_process_of, self.envoys.values()), *self._list_scratch_envoys()]
        _end(process for process in left if process is not None)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_S_MAX
        with httpx.Client(
            base_url="http://control", transport=httpx.HTTPTransport(uds=str(self.places.socket))
        ) as client:
            while not self._is_ready(client):
                if self._process.poll() is not None:
                    raise HoldfastFailed(f"holdfast up ended with code {self._process.returncode}: {self._tail()}")
                if time.monotonic() > deadline:
                    raise HoldfastFailed(f"not every edge was ready within {READY_S_MAX:g} s: {self._tail()}")
                time.sleep(POLL_S)

    def _is_ready(self, client: httpx.Client) -> bool:
        try:
            token = self.places.admin_token.read_text().strip()
            answer = client.get("/v1/status", headers={"Authorization": f"Bearer {token}"})
        except (OSError, httpx.HTTPError):
            return False
        if not answer.is_success:
            return False
        status = StatusDocument.model_validate_json(answer.content)
        return status.in_force is not None and 0 < status.reach.edges == status.reach.programmed

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-LOG_TAIL_CHARS:]

    def _edge_folders(self) -> list[Path]:
        return sorted((self.places.path / "edges").glob("*"))

    def _list_scratch_envoys(self) -> list[psutil.Process | None]:
        """Those that control left behind when it was killed."""
        scratch = (self.places.path / "canary", *(self.places.path / "trials").glob("*"))
        found = (adopt_envoy(folder) for folder in scratch)
        return [_process_of(envoy) for envoy in found if envoy is not None]

    def _agents(self) -> list[psutil.Process | None]:
        found = []
        for folder in self._edge_folders():
            with contextlib.suppress(OSError, ValueError, KeyError):
                noted = json.loads((folder / "agent.pid").read_text())
                found.append(_find_process(int(noted["pid"]), float(noted["born"])))
        return found

    def __enter__(self) -> Self:
        """The running Holdfast."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no process behind."""
        self.stop()


def _tie_to_parent() -> list[str]:
    """What to put before a command so that it gets SIGTERM when its parent is gone, even by SIGKILL."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _end(processes: Iterable[psutil.Process]) -> None:
    """End those that still run."""
    running = [process for process in processes if process.is_running()]
    for process in running:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(running, STOP_S_MAX)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _process_of(envoy: EnvoyProcess) -> psutil.Process | None:
    return _find_process(envoy.pid, envoy.born)


def _find_process(pid: int, born: float) -> psutil.Process | None:
    """The process, unless its pid has been given to another one since."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.create_time() == born:
            return process
    return None
