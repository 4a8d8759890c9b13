"""What one process may have, and what there is for all of them."""

import os
import resource
from collections.abc import Iterator
from typing import Final

import psutil

from holdfast.model.checkup import Check, doubtful, fit, unfit

FILES_MIN: Final = 65_536
"""An edge of twenty thousand connections has as many to upstreams, and files beside."""
FILES_WORKABLE: Final = 4_096
CORES_MIN: Final = 2
"""One for an edge's worker; control, which may be busy, must not be in its way."""
MEMORY_BYTES_MIN: Final = 2 << 30
MEMORY_BYTES_WORKABLE: Final = 1 << 30


def check_limits() -> Iterator[Check]:
    """Open files, cores and memory, as this process would have them."""
    yield judge_files(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    yield judge_cores(len(os.sched_getaffinity(0)))
    memory = psutil.virtual_memory()
    yield judge_memory(memory.total, memory.available)


def judge_files(files_max: int) -> Check:
    """How many files, connections among them, a process may be given at the most (`resource.RLIM_INFINITY`: any)."""
    told = "any number" if files_max == resource.RLIM_INFINITY else f"{files_max:,} in one process"
    if files_max == resource.RLIM_INFINITY or files_max >= FILES_MIN:
        return fit("open files", told)
    remedy = f"LimitNOFILE={FILES_MIN} in the systemd unit, or `ulimit -Hn {FILES_MIN}` before the start"
    return (doubtful if files_max >= FILES_WORKABLE else unfit)("open files", told, remedy)


def judge_cores(cores: int) -> Check:
    """How many cores there are for control and edges together."""
    if cores < CORES_MIN:
        return doubtful("cores", f"{cores}", "give it two: control and an edge shouldn't have to share one")
    return fit("cores", f"{cores}")


def judge_memory(total: int, available: int) -> Check:
    """Bytes that the machine has, and that are free to be used."""
    told = f"{available / (1 << 30):.1f} of {total / (1 << 30):.1f} GiB available"
    if available >= MEMORY_BYTES_MIN:
        return fit("memory", told)
    remedy = "2 GiB are needed for control, one edge and a thousand services, with room for a surge"
    return (doubtful if available >= MEMORY_BYTES_WORKABLE else unfit)("memory", told, remedy)
