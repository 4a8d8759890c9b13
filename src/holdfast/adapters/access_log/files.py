"""The files of one access log, and what is done with them so that they never fill the disk.

`access.log` is what Envoy writes. Renamed, it is still written until Envoy opens `access.log` anew; so a renamed
file is only compressed or removed once there is an `access.log` again. While the disk has too little room,
`access.log` is a link to the null device: Envoy goes on, and writes nothing.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from holdfast.adapters.access_log.compression import COMPRESSED, compress_file

MIB: Final = 1024**2
_NOWHERE: Final = Path(os.devnull)
_RESUME_FACTOR: Final = 1.25
"""How much more room than the least there must be before anything is written again."""


@dataclass(frozen=True, slots=True)
class LogMaxima:
    """How large and old a file grows before the next is begun, and what all earlier ones may take together.

    Beyond `files` or `total_bytes` (as they are on disk) the oldest is removed. With less than `free_bytes_min` free
    on the disk, earlier files are removed, and if that isn't enough nothing is written until there is room again.
    """

    file_bytes: int = 64 * MIB
    file_age_s: float = 86_400.0
    files: int = 32
    total_bytes: int = 512 * MIB
    free_bytes_min: int = 512 * MIB


@dataclass
class LogFiles:
    """One log's files. Not for two threads at a time; OSError where the disk doesn't let something be done.

    `stopped` says why nothing is written now. `reopen_due` says that Envoy still writes to another file than
    `current`, and must be asked to open it anew.
    """

    current: Path
    maxima: LogMaxima = field(default_factory=LogMaxima)
    stopped: str = ""
    reopen_due: bool = field(default=False, init=False)
    _began_at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for draft in self.current.parent.glob(f".{self.current.stem}-*.new"):
            draft.unlink()
        self.reopen_due = self.current.is_symlink() or (not self.current.exists() and bool(self.earlier()))

    def earlier(self) -> list[Path]:
        """Files before the current one, newest first."""
        stem, suffix = self.current.stem, self.current.suffix
        found = [p for p in self.current.parent.glob(f"{stem}-*") if p.name.endswith((suffix, suffix + COMPRESSED))]
        return sorted(found, key=lambda path: path.name.removesuffix(COMPRESSED), reverse=True)

    def tend(self, now: float) -> None:
        """Look after all of it once; `now` is Unix time, in seconds."""
        self._remove_surplus()
        self._mind_free_space()
        if not self.stopped and self._is_due(now):
            self._rotate(now)

    def compress_earlier(self) -> None:
        """Compress what nobody writes any more."""
        if self.reopen_due or not self.current.exists():
            return
        for path in self.earlier():
            if path.suffix != COMPRESSED:
                compress_file(path)

    def _is_due(self, now: float) -> bool:
        try:
            found = self.current.stat()
        except FileNotFoundError:
            self._began_at = None
            return False
        if self._began_at is None:
            self._began_at = self._find_beginning(now)
        old = now - self._began_at >= self.maxima.file_age_s
        return bool(found.st_size) and (found.st_size >= self.maxima.file_bytes or old)

    def _find_beginning(self, now: float) -> float:
        """When the current file was begun: files don't say, but the one before it ended then."""
        before = next(iter(self.earlier()), None)
        return min(now, before.stat().st_mtime) if before else now

    def _rotate(self, now: float) -> None:
        number = f"{round(now * 1000):015d}"
        self.current.rename(self.current.with_name(f"{self.current.stem}-{number}{self.current.suffix}"))
        self.reopen_due, self._began_at = True, None

    def _remove_surplus(self) -> None:
        kept_bytes = 0
        for count, path in enumerate(self.earlier(), start=1):
            kept_bytes += path.stat().st_size
            if count > self.maxima.files or kept_bytes > self.maxima.total_bytes:
                path.unlink()

    def _mind_free_space(self) -> None:
        least = self.maxima.free_bytes_min
        if self.current.is_symlink():
            if self._free_bytes() >= least * _RESUME_FACTOR:
                self.current.unlink()
                self.stopped, self.reopen_due = "", True
            else:
                self.stopped = self._tell_stop()
            return
        for path in reversed(self.earlier()):
            if self._free_bytes() >= least:
                return
            path.unlink()
        if self._free_bytes() < least:
            self._stop()

    def _stop(self) -> None:
        link = self.current.with_name(f"{self.current.name}.stop")
        link.unlink(missing_ok=True)
        link.symlink_to(_NOWHERE)
        link.replace(self.current)
        self.stopped, self.reopen_due = self._tell_stop(), True

    def _tell_stop(self) -> str:
        free, least = self._free_bytes() // MIB, self.maxima.free_bytes_min // MIB
        return f"no access log is written: {free} MiB are free on its disk, less than {least} MiB"

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self.current.parent).free

    def searchable(self) -> Sequence[Path]:
        """What can be searched, newest first."""
        current = [] if self.current.is_symlink() or not self.current.exists() else [self.current]
        return [*current, *self.earlier()]
