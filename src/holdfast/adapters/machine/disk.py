"""The disk that state is kept on: whether it can be written, has room, and keeps what it says it kept."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from holdfast.model.checkup import Check, doubtful, fit, unfit

SYNCS: Final = 20
SYNCED_BYTES: Final = 65_536
SYNC_S_MAX: Final = 0.02
"""Every decision waits for one sync of the disk, and accepted messages for one in common."""
FORGETFUL: Final = frozenset({"tmpfs", "ramfs", "overlay", "aufs"})
"""They are gone with the machine, or with the container."""
REMOTE: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"})
"""SQLite's locks can't be relied on there (sqlite.org, "How To Corrupt An SQLite Database File")."""


def check_disk(folder: Path, free_bytes_min: int) -> Iterator[Check]:
    """The place that a folder is in, or would be; it is made for the moment of the look, and not kept."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
    try:
        sync_s = measure_sync(there)
    except OSError as failure:
        yield unfit("state", f"{there} can't be written: {failure.strerror}", "choose another with --state")
        return
    yield judge_kind(there, find_kind(there))
    yield judge_room(shutil.disk_usage(there).free, free_bytes_min)
    yield judge_sync(sync_s)


def judge_kind(folder: Path, kind: str) -> Check:
    """Whether what is written there is there tomorrow. `kind` is the file system's type."""
    if kind in REMOTE:
        return unfit("state", f"{folder} is on {kind}", "keep it on a disk of this machine: locks don't hold there")
    if kind in FORGETFUL:
        return doubtful("state", f"{folder} is on {kind}", "mount a volume that outlives the machine or container")
    return fit("state", f"{folder}, on {kind or 'a disk'}")


def judge_room(free: int, needed: int) -> Check:
    """Free bytes beside those that the platform may come to need."""
    told = f"{free / (1 << 30):.1f} GiB free"
    if free < needed:
        remedy = f"make room for {needed / (1 << 30):.1f} GiB, or lower spool.bytes_max and assets.bytes_max"
        return doubtful("room", told, remedy)
    return fit("room", told)


def judge_sync(sync_s: float) -> Check:
    """How long a sync takes, in seconds, of 64 KiB."""
    told = f"{sync_s * 1_000:.2f} ms for a sync of 64 KiB (median of {SYNCS})"
    if sync_s > SYNC_S_MAX:
        return doubtful("syncs", told, "a faster disk: each decision and each accepted message waits for a sync")
    return fit("syncs", told)


def measure_sync(folder: Path) -> float:
    """The median time of fdatasync(2), in seconds, after each 64 KiB that are written; OSError if it can't be."""
    spent = []
    with tempfile.TemporaryFile(dir=folder, prefix=".holdfast-") as file:
        for _ in range(SYNCS):
            file.write(bytes(SYNCED_BYTES))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def find_kind(folder: Path) -> str:
    """The type of the file system that a folder is on; empty if that isn't known."""
    mounted = {Path(each.mountpoint): each.fstype for each in psutil.disk_partitions(all=True)}
    resolved = folder.resolve()
    return next((mounted[place] for place in (resolved, *resolved.parents) if place in mounted), "")
