"""What the watch has learned, on disk: all or nothing, and worth nothing when it is old."""

import logging
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np

from holdfast.detect.memory import Memory

LOG: Final = logging.getLogger(__name__)
AGE_S_MAX: Final = 86_400.0
"""What is usual is learned anew after a longer absence."""
_SERVICES: Final = "services"
_AT: Final = "at"


def save_memory(path: Path, memory: Memory, at: float) -> None:
    """Keep what was learned until a moment (Unix time, in seconds); a disk that can't take it is said in the log."""
    draft = path.with_name(path.name + ".new")
    try:
        with draft.open("wb") as file:
            arrays = {_SERVICES: np.array(memory.services), _AT: np.array(at), **memory.learned}
            np.savez(file, allow_pickle=False, **arrays)
        draft.replace(path)
    except OSError as error:
        LOG.warning("what is usual can't be kept: %s", error)


def load_memory(path: Path, now: float) -> Memory | None:
    """What was learned lately; None if there is nothing, or nothing that can be read."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            if not 0 <= now - float(kept[_AT]) <= AGE_S_MAX:
                return None
            services = tuple(str(name) for name in kept[_SERVICES])
            learned = {name: kept[name] for name in kept.files if name not in {_SERVICES, _AT}}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        LOG.warning("what was usual can't be read, and is learned anew: %s", error)
        return None
    return Memory(services, learned)
