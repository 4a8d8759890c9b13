"""Runs somebody else's program for a drill: apart from the cores of what is measured, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psutil
from jinja2 import Environment, PackageLoader, StrictUndefined

from holdfast.drills.broken import DrillBroken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

READY_S_MAX: Final = 20.0
STOP_S_MAX: Final = 10.0
POLL_S: Final = 0.05
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian has programs that aren't for everybody."""
_TEMPLATES: Final = Environment(
    loader=PackageLoader("holdfast.drills.peers"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - configuration, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class PeerMissing(DrillBroken):
    """A peer isn't installed on this machine."""


class PeerFailed(DrillBroken):
    """A peer ended or didn't come up; the message is what it said."""


def find_program(name: str) -> str:
    """A program's path. Raises PeerMissing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_PATH}")
    if found is None:
        raise PeerMissing(f"{name} isn't installed; on Debian: apt-get install {name.removesuffix('-server')}")
    return found


def read_version(command: Sequence[str]) -> str:
    """The first line of what a program says of its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


def write_config(into: Path, template: str, **values: object) -> Path:
    """A configuration file made from a template, in a folder of the drill."""
    file = into / template.removesuffix(".j2")
    file.write_text(_TEMPLATES.get_template(template).render(**values), encoding="utf-8")
    return file


@contextmanager
def run_peer(
    command: Sequence[str], folder: Path, cpus: frozenset[int], is_ready: Callable[[], bool]
) -> Iterator[list[int]]:
    """A program at work, once it is ready; its processes' ids. Ended by its pid, with what it started.

    Raises PeerFailed.
    """
    log = folder / f"{os.path.basename(command[0])}.log"  # noqa: PTH119 - a name of a command, not of a file
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_tie_to_parent(), *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
        )
    try:
        if cpus:
            os.sched_setaffinity(process.pid, cpus)
        _await_ready(process, log, is_ready)
        yield [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
    finally:
        _end(process)


def _await_ready(process: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_S_MAX
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise PeerFailed(log.read_text(errors="replace")[-2_000:] or "it ended without a word")
        time.sleep(POLL_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S_MAX)
        for child in psutil.wait_procs(children, STOP_S_MAX)[1]:
            child.kill()
    process.kill()
    process.wait()


def _tie_to_parent() -> list[str]:
    """What to put before a command so that it gets SIGTERM when the drill is gone, even by SIGKILL."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []
