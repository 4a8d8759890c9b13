"""nginx: `nginx -t`, then a reload."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from holdfast.drills.bad_changes.peers.programs import FileProgram

if TYPE_CHECKING:
    from pathlib import Path


def make_nginx(folder: Path) -> FileProgram:
    """An nginx with its files in a folder. Raises PeerMissing."""
    return FileProgram("nginx", "nginx.conf.j2", ["-t", "-q", "-c"], ["-c"], signal.SIGHUP, folder)
