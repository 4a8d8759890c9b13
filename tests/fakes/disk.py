"""A disk that can lose power and be full: SQLite's file system with everything written down, and replayed in part."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw


@dataclass(frozen=True)
class Write:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True)
class Sync:
    name: str


@dataclass(frozen=True)
class Delete:
    name: str


Event = Write | Truncate | Sync | Delete


class Disk(apsw.VFS):
    """Passes everything on to the real file system, and remembers it. `is_full` makes writes beyond a file's end fail.

    With `loses_syncs` they are believed to be done and aren't: for showing that the test would see it.
    """

    def __init__(self, name: str, *, loses_syncs: bool = False) -> None:
        self.vfs_name = name
        self.events: list[Event] = []
        self.is_full = False
        self.loses_syncs = loses_syncs
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "DiskFile":  # noqa: N802 - SQLite's name
        return DiskFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.events.append(Delete(Path(filename).name))


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else ""

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self._disk.is_full:
            raise apsw.FullError("no space left on device")
        super().xWrite(data, offset)
        self._disk.events.append(Write(self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._disk.events.append(Truncate(self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        if not self._disk.loses_syncs:
            self._disk.events.append(Sync(self._name))


def write_after_power_cut(events: list[Event], folder: Path, chance: random.Random | None) -> None:
    """The files as they may be found after power was lost right after these events.

    Without chance, nothing is left of what was written after a file's last sync. With it, any of those writes may be
    there, each by itself, as a disk's cache leaves them. A deletion holds from the next sync of any file on: the
    folder is synced with a new log's first, and when a spool is opened, which this can't see.
    """
    last_sync = {event.name: at for at, event in enumerate(events) if isinstance(event, Sync)}
    last_of_all = max(last_sync.values(), default=-1)
    contents: dict[str, bytearray] = {}
    for at, event in enumerate(events):
        is_safe = at < (last_of_all if isinstance(event, Delete) else last_sync.get(event.name, -1))
        if is_safe or (chance is not None and chance.random() < 0.5):
            _apply(event, contents)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _apply(event: Event, contents: dict[str, bytearray]) -> None:
    match event:
        case Write(name, offset, data):
            content = contents.setdefault(name, bytearray())
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data
        case Truncate(name, size):
            content = contents.setdefault(name, bytearray())
            del content[size:]
            content.extend(bytes(size - len(content)))
        case Delete(name):
            contents.pop(name, None)
        case Sync():
            pass
