"""The spooler as a process: started so that it outlives control, found again, ended."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil

from holdfast.spooler.settings import SpoolSettings, store_file

STOP_S_MAX: Final = 15.0


def start_spooler(folder: Path, settings: SpoolSettings) -> None:
    """Start it in its folder, with these settings; OSError if that can't be done."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.save(folder)
    with (folder / "spooler.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "holdfast.spooler", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    with contextlib.suppress(psutil.NoSuchProcess):
        born = psutil.Process(process.pid).create_time()
        draft = folder / "spooler.pid.new"
        draft.write_text(json.dumps({"pid": process.pid, "born": born}))
        draft.replace(folder / "spooler.pid")


def find_spooler(folder: Path) -> psutil.Process | None:
    """The one that runs in a folder, whoever started it."""
    try:
        noted = json.loads((folder / "spooler.pid").read_text())
        process = psutil.Process(int(noted["pid"]))
        alive = process.create_time() == noted["born"] and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return None
    return process if alive else None


def has_spooled(folder: Path) -> bool:
    """Whether anything was ever kept in a folder."""
    return store_file(folder).exists()


def stop_spooler(folder: Path) -> None:
    """End the one that runs in a folder, and wait until it has; what it keeps stays."""
    process = find_spooler(folder)
    if process is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(STOP_S_MAX)
        except psutil.TimeoutExpired:
            process.kill()
