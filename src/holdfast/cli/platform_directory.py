"""Reads a platform that is a directory: `platform.yaml`, and a file for each tenant below `tenants`."""

from pathlib import Path
from typing import Final

from holdfast.spec import FILE_SIZE_MAX, MAIN, Content, Oddity

READ: Final = (MAIN, "tenants/[!.]*")
"""Glob patterns of what is read of a directory."""
_TENANTS: Final = "tenants"


def read_directory(root: Path) -> dict[str, Content]:
    """The files by their names below `root`, the whole not larger than a platform may be. OSError if one can't be read.

    Names that begin with a dot are passed over: editors and version control keep theirs so.
    """
    names = [MAIN] if _is_there(root / MAIN) else []
    if _is_there(root / _TENANTS):
        entries = sorted(entry.name for entry in (root / _TENANTS).iterdir())
        names += [f"{_TENANTS}/{name}" for name in entries if not name.startswith(".")]
    real_root, room = root.resolve(strict=True), FILE_SIZE_MAX
    files = dict[str, Content]()
    for name in names:
        files[name] = content = _read_content(root / name, real_root, room)
        room -= len(content) if isinstance(content, bytes) else 0
    return files


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _read_content(path: Path, real_root: Path, room: int) -> Content:
    real = path.resolve(strict=True)
    if not real.is_relative_to(real_root):
        return Oddity.OUTSIDE
    if not real.is_file():
        return Oddity.NOT_A_FILE
    with real.open("rb") as file:
        data = file.read(room + 1)
    return data if len(data) <= room else Oddity.TOO_LARGE
