"""Sockets that only their owner may connect to."""

import os
import socket
from pathlib import Path


def bind_private(path: Path) -> socket.socket:
    """A socket at a path; what an earlier process left there is removed. OSError if it can't be had."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        bound.bind(str(path))
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(before)
    return bound
