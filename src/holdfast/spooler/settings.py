"""What the spooler is told, in a file of its own folder, so that it can start again without control."""

import os
from pathlib import Path
from typing import Final

from pydantic import Field

from holdfast.model.noun import Noun
from holdfast.model.recovery import Deferral, SpoolBounds
from holdfast.model.scalars import Positive, Size

SOCKET_PATH_BYTES_MAX = 107
"""The kernel's limit for the path of a UNIX socket (unix(7))."""


class SpooledService(Noun):
    """A service that defers: whose it is, and by route how. `idempotency_header` is where clients put their keys."""

    tenant: str
    routes: dict[str, Deferral] = Field(default_factory=dict)
    idempotency_header: str = "idempotency-key"


class SpoolSettings(Noun):
    """One machine's spooler.

    `edges` are this machine's edges by name, each with the path of its inner listener's socket. What the disk must have
    free, beside what the store already has, is `disk_free_min` bytes: below it nothing is taken. `receiving_max` is
    how many bytes of requests may be underway, from when they come in until they are answered, even to nobody; half of
    them for one tenant. Receipts of what is settled stay `receipts_kept_s`.
    """

    services: dict[str, SpooledService] = Field(default_factory=dict)
    bounds: SpoolBounds = SpoolBounds()
    edges: dict[str, str] = Field(default_factory=dict)
    disk_free_min: Size = 268_435_456
    receiving_max: Size = 67_108_864
    connections_max: Positive = 1024
    receipts_kept_s: float = 86_400.0
    hold_max_s: float = 10.0
    """How long an answer may wait for the switch; after that the client is told to come back with the same key."""

    def save(self, folder: Path) -> None:
        """Write to the spooler's folder, in one step that survives a crash."""
        draft = folder / "spooler.json.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / "spooler.json")

    @staticmethod
    def load(folder: Path) -> "SpoolSettings":
        """Read from the spooler's folder; OSError or ValueError if that can't be done."""
        return SpoolSettings.model_validate_json((folder / "spooler.json").read_text())


ACCEPT_BACKLOG: Final = 512
"""How many connections may wait to be taken."""


def store_file(folder: Path) -> Path:
    """Where what is kept lies; its journal and index lie beside it."""
    return folder / "spool.db"


def open_services_file(folder: Path) -> Path:
    """Which services' switches are open."""
    return folder / "open.json"


def accept_socket(folder: Path) -> Path:
    """Where edges hand over what is to be kept, and ask for receipts."""
    return _socket(folder / "accept.sock")


def control_socket(folder: Path) -> Path:
    """Where control, and it alone, speaks to the spooler."""
    return _socket(folder / "control.sock")


def _socket(path: Path) -> Path:
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES_MAX:
        raise ValueError(f"{path} is too long for a socket: choose a state directory with a shorter path")
    return path
