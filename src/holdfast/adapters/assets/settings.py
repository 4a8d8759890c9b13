"""What the store of last good copies is told: for whom it keeps, how much, and whom it asks."""

import os
from dataclasses import dataclass
from pathlib import Path

SOCKET_PATH_BYTES_MAX = 107
"""The kernel's limit for the path of a UNIX socket (unix(7))."""
_QUERIED_SHARE = 0.25
_INDEX_BYTES_MAX, _INDEX_BYTES_MIN = 32 * 1024**2, 64 * 1024
"""nginx keeps some 8,000 names of copies in 1 MiB of memory."""
_PART_OBJECTS_MIN = 8


@dataclass(frozen=True, slots=True)
class Headers:
    """Names of the headers that edges and the store tell each other things by."""

    service: str
    host: str
    path: str
    inner: str
    inner_value: str


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """One machine's store.

    `services` share `bytes_max` in equal parts, so that none can have another's copies thrown out; a quarter of each
    part is for addresses with a query, which anybody can make up without end. `edge_sockets` are the inner listeners
    that it fetches through. `fetches_max` is for one service and one second.
    """

    folder: Path
    headers: Headers
    edge_sockets: tuple[Path, ...]
    services: tuple[str, ...]
    bytes_max: int
    object_max: int
    unused_max_s: float
    fetches_max: int = 200
    variants_max: int = 16

    @property
    def fill_socket(self) -> Path:
        """Where edges tell of requests."""
        return check_socket(self.folder / "fill.sock")

    @property
    def serve_socket(self) -> Path:
        """Where edges get copies."""
        return check_socket(self.folder / "serve.sock")

    @property
    def figures_socket(self) -> Path:
        """Where counts are read."""
        return check_socket(self.folder / "figures.sock")

    @property
    def part_bytes(self) -> int:
        """What one service may keep, in bytes."""
        return self.bytes_max // max(1, len(self.services))

    @property
    def largest_bytes(self) -> int:
        """The largest copy that is kept: never so large that a few would fill a service's part."""
        return max(1, min(self.object_max, self.part_bytes // _PART_OBJECTS_MIN))

    def zones(self) -> tuple["Zone", ...]:
        """Two of each service, `plain` and `queried`."""
        index = _INDEX_BYTES_MAX // max(1, len(self.services))
        return tuple(
            Zone(
                name=f"{service}.{kind}",
                folder=self.folder / "kept" / service / kind,
                bytes_max=max(1, int(self.part_bytes * share)),
                index_bytes=max(_INDEX_BYTES_MIN, int(index * share) // 4096 * 4096),
            )
            for service in self.services
            for kind, share in (("plain", 1 - _QUERIED_SHARE), ("queried", _QUERIED_SHARE))
        )


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the store with bounds of its own."""

    name: str
    folder: Path
    bytes_max: int
    index_bytes: int


def check_socket(path: Path) -> Path:
    """The path, if the kernel takes it for a socket; else ValueError."""
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES_MAX:
        raise ValueError(f"{path} is too long for a socket: choose a state directory with a shorter path")
    return path
