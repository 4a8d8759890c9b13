"""Peaks of traffic on disk, over restarts of control: all or nothing."""

import logging
import os
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np

from holdfast.rollout.usual import Peaks

LOG: Final = logging.getLogger(__name__)
KINDS: Final = ("services", "locations")
_PARTS: Final = ("names", "usual", "highest", "slot")


def save_peaks(path: Path, services: Peaks, locations: Peaks) -> None:
    """Keep peaks, for nobody else to read; a disk that can't take them is said in the log."""
    draft = path.with_name(path.name + ".new")
    arrays = {
        f"{kind}_{part}": np.array(getattr(peaks, part))
        for kind, peaks in zip(KINDS, (services, locations), strict=True)
        for part in _PARTS
    }
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        draft.replace(path)
    except OSError as error:
        LOG.warning("peaks of traffic can't be kept: %s", error)


def load_peaks(path: Path) -> tuple[Peaks, Peaks]:
    """The peaks of services and of locations that were kept; none if there is nothing that can be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            services, locations = (_read(kept, kind) for kind in KINDS)
    except FileNotFoundError:
        return Peaks(), Peaks()
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        LOG.warning("peaks of traffic can't be read, and are learned anew: %s", error)
        return Peaks(), Peaks()
    return services, locations


def _read(kept: "np.lib.npyio.NpzFile", kind: str) -> Peaks:
    """ValueError or KeyError if it makes no sense."""
    names, usual, highest, slot = (kept[f"{kind}_{part}"] for part in _PARTS)
    peaks = Peaks(tuple(str(name) for name in names), usual.astype(np.float32), highest.astype(np.float32), int(slot))
    if highest.shape != (*Peaks().highest.shape[:2], len(names)) or usual.shape != (len(names),):
        raise ValueError("its parts don't fit together")
    return peaks
