"""Where control keeps what must outlive it: a directory of mode 0700 that one control has at a time."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STATE_PATH_BYTES_MAX: Final = 70
"""So that the sockets in it, whose paths the kernel holds to 107 bytes (unix(7)), have room for the edges' names."""


class StateDirInUse(Exception):
    """Another control has this directory."""


class StateDirUnusable(Exception):
    """The directory's path is too long."""


@dataclass(frozen=True, slots=True)
class StateDir:
    """The places in a state directory."""

    path: Path

    @property
    def journal(self) -> Path:
        """The record of what was decided."""
        return self.path / "journal.db"

    @property
    def tokens(self) -> Path:
        """Hashes of the tokens."""
        return self.path / "tokens.json"

    @property
    def admin_token(self) -> Path:
        """The secret of the first admin token."""
        return self.path / "admin.token"

    @property
    def usual(self) -> Path:
        """What the watch has learned to be usual."""
        return self.path / "usual.npz"

    @property
    def kept(self) -> Path:
        """What edges were given of the revision in force."""
        return self.path / "kept"

    @property
    def assets(self) -> Path:
        """Last good copies, and the engine that keeps them."""
        return self.path.resolve() / "assets"

    @property
    def edges(self) -> Path:
        """A folder for each edge on this machine."""
        return self.path.resolve() / "edges"

    @property
    def discovered(self) -> Path:
        """The endpoints that were learnt last."""
        return self.path / "endpoints.json"

    @property
    def readiness(self) -> Path:
        """What was proved of standbys."""
        return self.path / "readiness.json"

    @property
    def accounts(self) -> Path:
        """What was measured: traffic, and what was down."""
        return self.path / "accounts.db"

    @property
    def peaks(self) -> Path:
        """What services and locations were asked for at their peaks."""
        return self.path / "peaks.npz"

    @property
    def recorded(self) -> Path:
        """Requests as edges saw them, scrubbed."""
        return self.path / "recorded.json.gz"

    @property
    def status_site(self) -> Path:
        """The public status site, unless it is written elsewhere."""
        return self.path.resolve() / "status"

    @property
    def socket(self) -> Path:
        """Where control always answers."""
        return self.path / "control.sock"

    def lock(self) -> int:
        """Take the directory, making it if need be, until the returned descriptor is closed or the process ends.

        Raises StateDirInUse if another control has it, StateDirUnusable or OSError if it can't be made.
        """
        if len(os.fsencode(self.path.absolute())) > STATE_PATH_BYTES_MAX:
            raise StateDirUnusable(f"{self.path} is too long: choose a path of at most {STATE_PATH_BYTES_MAX} bytes")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode().strip()
            os.close(descriptor)
            raise StateDirInUse(f"the control of process {owner} has the state directory {self.path}") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        return descriptor


def default_state() -> Path:
    """$XDG_STATE_HOME/holdfast, which is ~/.local/state/holdfast unless set otherwise."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "holdfast"
