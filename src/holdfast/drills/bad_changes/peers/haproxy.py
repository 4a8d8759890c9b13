"""HAProxy: `haproxy -c`, then a reload of its worker."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from holdfast.drills.bad_changes.peers.programs import FileProgram

if TYPE_CHECKING:
    from pathlib import Path


def make_haproxy(folder: Path) -> FileProgram:
    """A HAProxy with its files in a folder. Raises PeerMissing."""
    return FileProgram("haproxy", "haproxy.cfg.j2", ["-c", "-f"], ["-W", "-db", "-f"], signal.SIGUSR2, folder)
