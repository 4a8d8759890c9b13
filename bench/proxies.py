"""Runs the proxies that Holdfast is compared with, on the configuration files in `peers/`."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import psutil
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.edge import wait_until_ready
from bench.stage import pin
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.envoy.process import start_envoy

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable
    from typing import Any

ProxyName: TypeAlias = Literal["envoy", "nginx", "haproxy"]

LISTENS_S_MAX = 10.0
_SUFFIX: dict[ProxyName, str] = {"envoy": "envoy.yaml", "nginx": "nginx.conf", "haproxy": "haproxy.cfg"}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "peers"),
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class ProxyFailed(Exception):
    """A proxy ended or didn't listen; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: where it listens, and the processes that do its work."""

    port: int
    pids: tuple[int, ...]


def find_free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def render_config(config: str, name: ProxyName, **values: Any) -> str:
    """`peers/<config>.<the proxy's suffix>` with its values filled in."""
    return _TEMPLATES.get_template(f"{config}.{_SUFFIX[name]}").render(**values)


def is_installed(name: ProxyName) -> bool:
    """Whether the proxy can be run on this machine."""
    return name == "envoy" or shutil.which(name) is not None


@contextlib.asynccontextmanager
async def run_proxy(name: ProxyName, config: str, cpus: frozenset[int], **values: Any) -> AsyncIterator[Proxy]:
    """A proxy on one of the files in `peers/`; gone when the block is left. Raises ProxyFailed, EdgeRefused."""
    with tempfile.TemporaryDirectory(prefix=f"holdfast-{name}-") as folder_name:
        folder, port = Path(folder_name), find_free_port()
        text = render_config(config, name, port=port, folder=folder, **values)
        start = _run_envoy if name == "envoy" else _run_other
        async with start(name, text, folder, port, cpus) as proxy:
            yield proxy


@contextlib.asynccontextmanager
async def _run_envoy(
    _name: ProxyName, text: str, folder: Path, port: int, cpus: frozenset[int]
) -> AsyncIterator[Proxy]:
    envoy = start_envoy(find_envoy(), yaml.safe_load(text), folder, workers=1, cpus=cpus)
    try:
        await wait_until_ready(envoy, folder)
        yield Proxy(port, (envoy.pid,))
    finally:
        await asyncio.to_thread(envoy.stop)


@contextlib.asynccontextmanager
async def _run_other(name: ProxyName, text: str, folder: Path, port: int, cpus: frozenset[int]) -> AsyncIterator[Proxy]:
    file = folder / "config"
    file.write_text(text, encoding="utf-8")
    command = ["nginx", "-p", str(folder), "-c", str(file)] if name == "nginx" else ["haproxy", "-db", "-f", str(file)]
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*pin(cpus), *command, stdout=log, stderr=log)
    try:
        await _wait_until(lambda: _listens(port), process, folder / "log")
        if name == "nginx":
            await _wait_until(lambda: bool(_list_children(process)), process, folder / "log")
        yield Proxy(port, (process.pid, *_list_children(process)))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _wait_until(is_so: Callable[[], bool], process: Process, log: Path) -> None:
    deadline = time.monotonic() + LISTENS_S_MAX
    while not is_so():
        if process.returncode is not None or time.monotonic() > deadline:
            raise ProxyFailed((await asyncio.to_thread(log.read_text, errors="replace"))[-4000:])
        await asyncio.sleep(0.02)


def _list_children(process: Process) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def read_version(name: ProxyName) -> str:
    """What the proxy says its version is; "not installed" if there is none."""
    if not is_installed(name):
        return "not installed"
    program = str(find_envoy()) if name == "envoy" else name
    flag = {"envoy": "--version", "nginx": "-v", "haproxy": "-v"}[name]
    said = subprocess.run([program, flag], capture_output=True, text=True, check=True)
    found = re.search(r"\d+\.\d+\.\d+[^\s/]*", said.stdout + said.stderr)
    return found[0] if found else "unknown"
