"""Control and agents go first on a busy machine: they need little, and that little is how a flood is ended."""

import contextlib
import os

FIRST = -10
"""Niceness of control and agents, where the system allows it (root or CAP_SYS_NICE)."""


def go_first() -> None:
    """Put this process before ordinary ones; nothing happens where that isn't allowed."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
