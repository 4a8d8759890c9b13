"""`holdfast` as processes of their own, with real edges."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import psutil
from typer.testing import CliRunner

from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.runtime.state_dir import StateDir

DEADLINE_S = 90.0
HOLDFAST = [sys.executable, "-c", "from holdfast.cli.main import main; main()"]


def until(holds: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Wait until something holds; AssertionError at the deadline."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {what}"
        Event().wait(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


class Installation:
    """A state directory, and the commands that are run on it."""

    def __init__(self, state: Path) -> None:
        self.state = StateDir(state)
        self.port = free_port()
        self.file = state.parent / "platform.yaml"
        self.write("shop", "mail")

    def write(self, *services: str) -> None:
        """The platform file."""
        tenants = "".join(
            f"  t-{name}: {{services: {{{name}: {{hosts: [{name}.example], "
            'upstream: {endpoints: ["127.0.0.1:1"]}}}}\n'
            for name in services
        )
        self.file.write_text(
            "holdfast: 1\nname: small\nclients: {trusted_proxies: []}\nlocations:\n"
            f'  here: {{edges: [{{name: edge-1, listen: "127.0.0.1:{self.port}"}}], '
            f"capacity: {{in_flight: 100, requests: 1000/s}}}}\ntenants:\n{tenants}"
        )

    def run(self, *arguments: str, code: ExitCode = ExitCode.OK) -> str:
        """What a command prints, in this process: to start another takes longer than all that it does.

        Not for `up` where it gets as far as to serve: that makes the process its own.
        """
        environment = {"HOLDFAST_STATE": str(self.state.path), "NO_COLOR": "1"}
        done = CliRunner().invoke(make_app(), arguments, env=environment, catch_exceptions=False)
        assert done.exit_code == code, f"{done.exit_code}: {done.output}"
        return done.output

    def run_apart(self, *arguments: str, code: ExitCode = ExitCode.OK, **environment: str) -> str:
        """What a command that ends by itself prints, in a process of its own."""
        done = subprocess.run(
            [*HOLDFAST, *arguments],
            env=self._environment(environment),
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    @contextmanager
    def up(self, *arguments: str) -> Iterator["Up"]:
        """A running control; whatever it leaves is ended after."""
        output = (self.state.path.parent / "up.log").open("w+")
        with (
            output,
            subprocess.Popen(
                [*HOLDFAST, "up", *arguments, "--api", "127.0.0.1:0"],
                env=self._environment({}),
                stdout=output,
                stderr=output,
            ) as process,
        ):
            up = Up(self, process, Path(output.name))
            try:
                up.wait_until_ready()
                yield up
            finally:
                up.clear()

    def answer(self, service: str, method: str = "GET") -> int:
        """How the edge answers a request for a service; 0 if it doesn't."""
        try:
            url = f"http://127.0.0.1:{self.port}/"
            return httpx.request(method, url, headers={"Host": f"{service}.example"}, timeout=5).status_code
        except httpx.HTTPError:
            return 0

    def cause(self, service: str) -> str | None:
        """The machine-readable cause of an answer that the edge gave itself."""
        url = f"http://127.0.0.1:{self.port}/"
        cause: str | None = httpx.get(url, headers={"Host": f"{service}.example"}).headers.get("x-holdfast-cause")
        return cause

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "HOLDFAST_STATE": str(self.state.path), "NO_COLOR": "1", **more}


class Up:
    """One life of `holdfast up`."""

    def __init__(self, installation: Installation, process: subprocess.Popen[bytes], log: Path) -> None:
        self._installation = installation
        self._process = process
        self._log = log
        self._family: list[psutil.Process] = []

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_until_ready(self) -> None:
        until(lambda: "API http://" in self.output or self._process.poll() is not None, "control is up")
        assert self._process.poll() is None, self.output
        self._family = self._find_family()

    def kill(self) -> None:
        """End control at once, without a chance to tidy up."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(DEADLINE_S)

    def stop(self, *, keeps_edges: bool = False) -> None:
        """Have control end as Ctrl-C does; it must leave nothing behind, or the edges if it keeps them."""
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(DEADLINE_S) == ExitCode.OK, self.output
        assert bool([process for process in self._family if _is_alive(process)]) is keeps_edges

    def fill_disk(self) -> None:
        """No file of control's may grow from now on."""
        psutil.Process(self._process.pid).rlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def free_disk(self) -> None:
        psutil.Process(self._process.pid).rlimit(
            resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )

    def clear(self) -> None:
        for process in [*self._find_family(), *self._family]:
            if _is_alive(process):
                process.kill()
        if self._process.poll() is None:
            self._process.kill()

    def _find_family(self) -> list[psutil.Process]:
        """Every process that names this installation's directory, and its children; but not this test."""
        place = str(self._installation.state.path)
        named = [p for p in psutil.process_iter(["cmdline"]) if any(place in a for a in p.info["cmdline"] or ())]
        family = {child for process in named for child in [process, *process.children(recursive=True)]}
        return [process for process in family if process.pid not in {os.getpid(), self._process.pid}]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
