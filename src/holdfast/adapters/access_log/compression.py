"""Compressing a file in place of itself, so that at every moment one of the two is there and whole."""

import gzip
import shutil
from pathlib import Path
from typing import Final

COMPRESSED: Final = ".gz"
_LEVEL: Final = 4
"""Three quarters of what level 9 saves, in a quarter of its time."""
_CHUNK_BYTES: Final = 1024**2


def compress_file(path: Path) -> Path:
    """Compress a file that nobody writes any more; where it is then. It keeps its times and mode."""
    draft, done = path.with_name(f".{path.name}.new"), path.with_name(path.name + COMPRESSED)
    try:
        with path.open("rb") as whole, gzip.open(draft, "wb", compresslevel=_LEVEL) as packed:
            shutil.copyfileobj(whole, packed, _CHUNK_BYTES)
        shutil.copystat(path, draft)
        draft.replace(done)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    path.unlink()
    return done
