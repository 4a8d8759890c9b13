"""The paging file: read, read again when it changes; what was good last is kept, and outlives control."""

import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.model.paging import Paging
from holdfast.model.ports import Clock
from holdfast.spec.codes import Code
from holdfast.spec.document import diagnose
from holdfast.spec.events import Mark
from holdfast.spec.paging import CheckedPaging, check_paging
from holdfast.spec.paging_codes import READABLE, UNREADABLE

LOG: Final = logging.getLogger(__name__)
SIZE_MAX: Final = 1_048_576
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class PagingUnusable(Exception):
    """The paging file can't be used, and none was good before."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(f"{each.code} {each.message}" for each in diagnostics[:5]))
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class PagingFileStanding:
    """What is in force, read when (Unix time, in seconds); and what is wrong with what is in the file now."""

    file: str
    read_at: float
    mistakes: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def read_paging_file(path: Path, now: float | None) -> CheckedPaging:
    """What a paging file says, or everything that is wrong with it. Nothing is raised."""
    checked, _ = _read(path, now)
    return checked


class PagingFile:
    """Who is paged. `paging` is what is in force: the file's, unless that can't be used."""

    def __init__(self, path: Path, kept: Path, clock: Clock) -> None:
        """Read the file, or what was kept at `kept` of an earlier one; PagingUnusable if neither can be used."""
        self._path = path
        self._kept = kept
        self._clock = clock
        self._mark: object = _mark(path)
        checked, data = _read(path, clock())
        self.paging, self.standing = self._take_first(checked)
        if checked.paging is not None:
            self._keep(data)

    def look(self) -> bool:
        """Read the file again if it is another than before; whether another one is in force since."""
        mark = _mark(self._path)
        if mark == self._mark:
            return False
        self._mark = mark
        checked, data = _read(self._path, self._clock())
        if checked.paging is None:
            self._refuse(checked)
            return False
        self.paging, self.standing = checked.paging, self._stand(checked)
        self._keep(data)
        return True

    def _take_first(self, checked: CheckedPaging) -> tuple[Paging, PagingFileStanding]:
        if checked.paging is not None:
            return checked.paging, self._stand(checked)
        kept = read_paging_file(self._kept, None)
        if kept.paging is None:
            raise PagingUnusable(checked.diagnostics)
        standing = PagingFileStanding(str(self._path), _find_time(self._kept), checked.diagnostics, kept.diagnostics)
        LOG.error("%s can't be used, what was good last is: %s", self._path, PagingUnusable(checked.diagnostics))
        return kept.paging, standing

    def _stand(self, checked: CheckedPaging) -> PagingFileStanding:
        return PagingFileStanding(str(self._path), self._clock(), warnings=checked.diagnostics)

    def _refuse(self, checked: CheckedPaging) -> None:
        before = self.standing
        self.standing = PagingFileStanding(before.file, before.read_at, checked.diagnostics, before.warnings)
        LOG.error("%s can't be used any more, what was good last is: %s", self._path, PagingUnusable(_errors(checked)))

    def _keep(self, data: bytes) -> None:
        """Keep what is good for a control that starts while the file isn't. That it can't be stops nothing."""
        draft = self._kept.with_name(self._kept.name + ".new")
        try:
            draft.unlink(missing_ok=True)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - mode
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._kept)
        except OSError as error:
            LOG.warning("the paging file that is good can't be kept: %s", error)


def _errors(checked: CheckedPaging) -> tuple[Diagnostic, ...]:
    return tuple(each for each in checked.diagnostics if each.severity is Severity.ERROR)


def _read(path: Path, now: float | None) -> tuple[CheckedPaging, bytes]:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a FIFO
            found = os.fstat(file.fileno())
            if refused := _refuse_mode(path, found):
                return CheckedPaging(None, (refused,)), b""
            data = file.read(SIZE_MAX + 1)
    except OSError as error:
        why = (error.strerror or "it can't be read").lower()
        return CheckedPaging(None, (_diagnose(UNREADABLE, path, why, "name a file that is there"),)), b""
    if len(data) > SIZE_MAX:
        message = f"it has more than {SIZE_MAX:,} bytes"
        return CheckedPaging(None, (_diagnose(UNREADABLE, path, message, "name the paging file"),)), b""
    return check_paging(data, str(path), now), data


def _refuse_mode(path: Path, found: os.stat_result) -> Diagnostic | None:
    if not stat.S_ISREG(found.st_mode):
        return _diagnose(UNREADABLE, path, "it is no file", "name a file")
    if found.st_mode & _OTHERS:
        message = f"others can read or write it: its mode is {stat.S_IMODE(found.st_mode):04o}"
        return _diagnose(READABLE, path, message, f"chmod 600 {path}")
    if found.st_uid not in {os.geteuid(), 0}:
        return _diagnose(READABLE, path, "somebody else owns it", f"let whoever runs Holdfast own {path}")
    return None


def _diagnose(code: Code, path: Path, message: str, fix: str) -> Diagnostic:
    return diagnose(code, str(path), Mark(1, 1), "", message, fix)


def _mark(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as error:
        return error.errno
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def _find_time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
