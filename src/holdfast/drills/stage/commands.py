"""Runs `holdfast` commands as people type them, stepping back for whatever is measured meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from holdfast.drills.broken import DrillBroken

if TYPE_CHECKING:
    from holdfast.drills.stage.machine import Cores
    from holdfast.runtime.state_dir import StateDir

COMMAND_S_MAX: Final = 120.0
NICE: Final = 10


class CommandFailed(DrillBroken):
    """A command ended with an error; the message is what it said."""


def run_command(places: StateDir, cores: Cores, *arguments: str) -> str:
    """What a command printed. Raises CommandFailed."""
    command = [sys.executable, "-m", "holdfast", *arguments, "--state", str(places.path)]
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "200"}
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        if cores.rest:
            os.sched_setaffinity(process.pid, cores.rest)
        try:
            told, complaint = process.communicate(timeout=COMMAND_S_MAX)
        except subprocess.TimeoutExpired as late:
            process.kill()
            raise CommandFailed(f"holdfast {arguments[0]} took over {COMMAND_S_MAX:g} s") from late
    if process.returncode != 0:
        raise CommandFailed(f"holdfast {' '.join(arguments)} ended with {process.returncode}: {complaint.strip()}")
    return told
