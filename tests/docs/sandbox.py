"""A home of its own on ports of its own, in which a page's commands are run for real."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from docs.ports import choose_ports

DEADLINE_S = 90.0
_POLL_S = 0.02
_SERVING = re.compile(r"holdfast (?:up|demo)\b")
_LONG = re.compile(r"holdfast drill run\b")
_REMEMBER = ". ./.shell; (exit {last}); {command}\nlast=$?; declare -px >.shell; exit $last"


class Sandbox:
    """One reader's machine. The ports that the documents name stand for free ones; everything else is as written."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hf-"))
        self._ports = choose_ports()
        self._last = 0
        self._serving: list[subprocess.Popen[bytes]] = []
        self._write_command()
        (self.folder / ".shell").write_text("")

    def close(self) -> None:
        """End what was started, and forget everything."""
        for process in reversed(self._serving):
            _stop(process)
        for pid in self._edges():
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        shutil.rmtree(self.folder)

    def write_platform(self, text: str) -> None:
        """Give `platform.yaml` a text of the documents."""
        (self.folder / "platform.yaml").write_text(self.localise(text))

    def run(self, command: str) -> tuple[int, str]:
        """What a command ended with, and all it printed."""
        script = _REMEMBER.format(command=self.localise(command), last=self._last)
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=self.folder, env=self._environment(), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            printed, _ = process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            printed, _ = process.communicate()
        self._last = process.returncode
        for file in self.folder.glob("*.yaml"):
            file.write_text(self.localise(file.read_text()))
        return process.returncode, printed.decode()

    def serve(self, command: str, shown: tuple[str, ...]) -> str:
        """Start a command that goes on; what it printed once all that is shown has been."""
        log = self.folder / f"serving-{len(self._serving)}.log"
        with log.open("wb") as output:
            words = shlex.split(self.localise(command.removesuffix("&")))
            process = subprocess.Popen(
                words, cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        self._serving.append(process)
        deadline = time.monotonic() + DEADLINE_S
        while find_missing(shown, self.localise(log.read_text())) and process.poll() is None:
            if time.monotonic() > deadline:
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_S)
        return log.read_text()

    def localise(self, text: str) -> str:
        """A text of the documents with this sandbox's ports."""
        return self._ports.localise(text)

    def make_happen(self, what: str) -> None:
        """Do what a page says happens."""
        {
            "control is killed": lambda: self._signal_control(signal.SIGKILL),
            "control is stopped": lambda: self._signal_control(signal.SIGTERM),
            "the journal is corrupted": self._corrupt_journal,
        }[what]()

    @property
    def state(self) -> Path:
        """Where control keeps its state by default."""
        return self.folder / ".local" / "state" / "holdfast"

    def _signal_control(self, number: signal.Signals) -> None:
        process = next(each for each in reversed(self._serving) if "holdfast" in str(each.args) and each.poll() is None)
        process.send_signal(number)
        process.wait(DEADLINE_S)

    def _corrupt_journal(self) -> None:
        journal = self.state / "journal.db"
        script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA wal_checkpoint(TRUNCATE)')"
        subprocess.run([sys.executable, "-c", script, str(journal)], check=True)
        held = bytearray(journal.read_bytes())
        last = held.rindex(b"mitigation_started")
        held[last : last + 18] = b"\x00" * 18
        journal.write_bytes(held)

    def _edges(self) -> list[int]:
        notes = [*self.state.glob("**/edges/*/agent.pid"), *self.state.glob("**/edges/*/envoy.pid")]
        alive = []
        for note in notes:
            noted = json.loads(note.read_text())
            with suppress(psutil.NoSuchProcess):
                if psutil.Process(noted["pid"]).create_time() == noted["born"]:
                    alive.append(int(noted["pid"]))
        return alive

    def _write_command(self) -> None:
        """The command `holdfast`, whose API listens where it is free here, and a mail server."""
        folder = self.folder / "bin"
        folder.mkdir()
        api = f"--api 127.0.0.1:{self._ports.localise('9900')}"
        command = folder / "holdfast"
        command.write_text(
            f'#!/bin/sh\ncase "$1" in up|demo) set -- "$@" {api} ;; esac\nexec {sys.executable} -m holdfast "$@"\n'
        )
        command.chmod(0o755)
        mail_server = folder / "aiosmtpd"
        mail_server.write_text(f'#!/bin/sh\nexec {sys.executable} -m aiosmtpd "$@"\n')
        mail_server.chmod(0o755)

    def _environment(self) -> dict[str, str]:
        kept: dict[str, Any] = {name: os.environ[name] for name in ("LANG", "PYTHONPATH") if name in os.environ}
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        own = {"HOME": str(self.folder), "PATH": path, "NO_COLOR": "1", "COLUMNS": "160"}
        return {**kept, **own}


def is_serving(command: str) -> bool:
    """Whether a command goes on until it is stopped."""
    return bool(_SERVING.match(command)) or command.endswith("&")


def without_playing(command: str) -> str:
    """A command as it is; of one that plays a drill, which takes a minute and has tests of its own, the usage alone."""
    return f"{command} --help" if _LONG.match(command) else command


def find_missing(shown: tuple[str, ...], printed: str) -> str | None:
    """The first line shown that isn't printed, after those before it; None if all are."""
    lines = iter(" ".join(line.split()) for line in printed.splitlines())
    for each in shown:
        pattern = ".*".join(re.escape(part) for part in " ".join(each.split()).split("..."))
        if pattern != ".*" and not any(re.fullmatch(pattern, line) for line in lines):
            return each
    return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
