"""Small files that nobody else may read, and that are what was written even if the machine crashes."""

import os
from pathlib import Path


def write_durably(path: Path, text: str) -> None:
    """Replace a file in one step; OSError if that can't be done, and then it is as before."""
    draft = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def append_durably(path: Path, text: str) -> int:
    """Add to a file's end; how many bytes it has then. OSError if that can't be done."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size
