"""One nginx process: started as an orphan so that it outlives whoever started it, and found again by its pid file."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from holdfast.adapters.assets.configuration import render_configuration
from holdfast.adapters.assets.engine import Engine
from holdfast.adapters.assets.settings import StoreSettings

_STOP_S_MAX = 10.0
_TEST_S_MAX = 20.0
_START_S_MAX, _LOOK_S = 20.0, 0.01
_CONFIGURATION = "nginx.conf"
_NOTE, _OWN_NOTE = "engine.pid", "nginx.pid"
_LOG = "engine.log"
_LOG_BYTES_MAX = 1024 * 1024
_ORPHAN = 'out=$1; shift; umask 077; exec "$@" >>"$out" 2>&1 </dev/null & echo $!'


@dataclass(frozen=True, slots=True)
class StoreProcess:
    """A running engine: its master. `born` guards against a pid that was given to another process meanwhile."""

    pid: int
    born: float

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return _born(self.pid) == self.born

    def open_pidfd(self) -> int:
        """A file descriptor that becomes readable when the process ends; ProcessLookupError if it has."""
        return os.pidfd_open(self.pid)

    def reload(self) -> None:
        """Have it take up its configuration; what is kept stays."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGHUP)

    def stop(self) -> None:
        """End it and its workers: at once, then by force. What is kept stays on disk."""
        workers = _children(self.pid) if self.is_alive() else []
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if not self.is_alive():
                break
            with contextlib.suppress(ProcessLookupError):
                self._signal(sign)
        for worker in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()

    def read_cpu_s(self) -> float:
        """Processor time that it and its workers have had, in seconds."""
        times = []
        for process in (psutil.Process(self.pid), *_children(self.pid)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times.append(process.cpu_times())
        return sum(time.user + time.system for time in times)

    def _signal(self, sign: signal.Signals) -> None:
        pidfd = self.open_pidfd()
        try:
            signal.pidfd_send_signal(pidfd, sign)
            ended = select.poll()
            ended.register(pidfd, select.POLLIN)
            ended.poll(_STOP_S_MAX * 1e3)
        finally:
            os.close(pidfd)


def start_store(engine: Engine, settings: StoreSettings) -> StoreProcess:
    """Start the engine; it survives the caller's death. OSError or ValueError, with nginx's words, if it can't be."""
    folder = settings.folder
    write_configuration(engine, settings)
    _end_left_over(folder)
    for name in ("fill.sock", "judge.sock", "serve.sock", "figures.sock", _OWN_NOTE):
        (folder / name).unlink(missing_ok=True)
    command = ["/bin/sh", "-c", _ORPHAN, "sh", str(folder / _LOG), *_arguments(engine, folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True, cwd=folder)
    pid = int(result.stdout)
    process = StoreProcess(pid, _born(pid) or 0.0)
    (folder / _NOTE).write_text(json.dumps({"pid": process.pid, "born": process.born}))
    _await_start(process, folder)
    return process


def adopt_store(folder: Path) -> StoreProcess | None:
    """The engine that an earlier run started in `folder`, if it still runs."""
    try:
        noted = json.loads((folder / _NOTE).read_text())
        process = StoreProcess(int(noted["pid"]), float(noted["born"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return process if process.is_alive() else None


def bound_log(folder: Path) -> None:
    """Empty the engine's log if it has grown too long; it goes on writing to it."""
    log = folder / _LOG
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_BYTES_MAX:
            os.truncate(log, 0)


def write_configuration(engine: Engine, settings: StoreSettings) -> bool:
    """Write what the engine reads, and say whether it differs from before. What nginx refuses stays a draft."""
    folder = settings.folder
    for part in (folder, folder / "temp", *(zone.folder for zone in settings.zones())):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    text, place = render_configuration(settings, engine), folder / _CONFIGURATION
    if place.is_file() and place.read_text() == text:
        return False
    draft = folder / f"{_CONFIGURATION}.new"
    draft.write_text(text)
    arguments = [*_arguments(engine, folder, draft.name), "-t", "-q"]
    tested = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=_TEST_S_MAX, cwd=folder)
    if tested.returncode:
        raise ValueError(f"nginx refuses its configuration: {tested.stderr.strip()}")
    draft.replace(place)
    return True


def _await_start(process: StoreProcess, folder: Path) -> None:
    """Return once it takes signals: from then on its own note is there. OSError if it has ended instead."""
    deadline = time.monotonic() + _START_S_MAX
    try:
        pidfd = process.open_pidfd()
    except ProcessLookupError as error:
        raise OSError(f"nginx ended as it was started: {_last_words(folder)}") from error
    try:
        ended = select.poll()
        ended.register(pidfd, select.POLLIN)
        while not (folder / _OWN_NOTE).exists():
            if ended.poll(_LOOK_S * 1e3) or time.monotonic() > deadline:
                raise OSError(f"nginx didn't start: {_last_words(folder)}")
    finally:
        os.close(pidfd)


def _last_words(folder: Path) -> str:
    lines = (folder / _LOG).read_text(errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"


def _end_left_over(folder: Path) -> None:
    """End workers whose master was killed: they would go on, over the same copies, where nobody reaches them."""
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "nginx" and process.info["cwd"] == str(folder.resolve()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _arguments(engine: Engine, folder: Path, configuration: str = _CONFIGURATION) -> list[str]:
    return [str(engine.binary), "-p", f"{folder}/", "-e", _LOG, "-c", configuration]


def _children(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _born(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
