"""A directory whose files change all at once, so that nobody ever reads a mixture.

`releases/N` holds all files of one publication, `current` is a symbolic link to the latest. A publication is a folder
of its own, in which what didn't change is the same file by another name (a hard link); then the link is put in place of
the one before, which is one step (rename(2)). Whoever dies in the middle leaves the former publication.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

CURRENT: Final = "current"
RELEASES: Final = "releases"
KEPT: Final = 3
"""Publications that stay: who reads one file after the other, or copies them, finds the former ones for a while."""
_UNFINISHED: Final = ".unfinished"


class SiteDirectory:
    """Belongs to one process. OSError where something can't be written; then what was published stays."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: Path | None = None
        self._written: Mapping[str, bytes] = {}

    def publish(self, files: Mapping[str, bytes]) -> int:
        """Put these files in place of all that were there; how many had to be written."""
        releases = self.path / RELEASES
        self.path.mkdir(parents=True, exist_ok=True)
        if not releases.exists():
            _make_folder(releases)
        name = str(self._find_number() + 1)
        unfinished = releases / f"{name}{_UNFINISHED}"
        shutil.rmtree(unfinished, ignore_errors=True)
        for folder in _list_folders(files):
            _make_folder(unfinished / folder)
        written = sum(self._place(unfinished, path, content) for path, content in files.items())
        finished = releases / name
        unfinished.rename(finished)
        self._point(finished)
        self._last, self._written = finished, files
        self._prune(finished)
        return written

    def _place(self, folder: Path, path: str, content: bytes) -> bool:
        """Whether a file had to be written, instead of only being linked."""
        if self._last is not None and self._written.get(path) == content:
            try:
                os.link(self._last / path, folder / path)
            except OSError:
                pass
            else:
                return False
        _write(folder / path, content)
        return True

    def _point(self, finished: Path) -> None:
        fresh = self.path / f"{CURRENT}{_UNFINISHED}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path(RELEASES) / finished.name)
        fresh.replace(self.path / CURRENT)

    def _find_number(self) -> int:
        numbers = [int(each.name) for each in (self.path / RELEASES).iterdir() if each.name.isdigit()]
        return max(numbers, default=0)

    def _prune(self, finished: Path) -> None:
        oldest = int(finished.name) - KEPT + 1
        for each in (self.path / RELEASES).iterdir():
            if not each.name.isdigit() or int(each.name) < oldest:
                shutil.rmtree(each, ignore_errors=True)


def _list_folders(files: Iterable[str]) -> list[Path]:
    """Each before those in it; the first is the one of all."""
    return sorted({parent for file in files for parent in Path(file).parents} | {Path()})


def _make_folder(path: Path) -> None:
    """A folder that everybody may read, whatever this process creates otherwise (umask)."""
    path.mkdir()
    path.chmod(0o755)


def _write(path: Path, content: bytes) -> None:
    """Likewise a new file."""
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(content)
