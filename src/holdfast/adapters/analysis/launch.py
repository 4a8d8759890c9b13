"""`python -m holdfast.adapters.analysis.launch FOLDER BUILD MODULE`: become a component, with little left to it.

Control can't do this between fork and exec without stopping its loop; so the process does it to itself first, before
any of the component's code is run. `FOLDER` is the only place it may write to, `BUILD` where its code is (`-` for
Holdfast's own).
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from holdfast.adapters.analysis.landlock import keep_to_files

NICENESS: Final = 10
ADDRESS_SPACE_BYTES_MAX: Final = 512 * 1024**2
FILE_BYTES_MAX: Final = 1024**2
FILES_MAX: Final = 64
CPU_LEASE_S: Final = 30
"""CPU time that it may use before control looks again; the kernel ends it after that, even if control hangs."""
_PR_SET_PDEATHSIG = 1
_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom")
HOLDFAST_PARENT: Final = Path(__file__).parents[3]
"""The folder that the package `holdfast` is in."""


def limit_resources() -> None:
    """Set limits that the process keeps whatever it becomes."""
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)  # not relative to control's own, which is higher
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES_MAX, ADDRESS_SPACE_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # no children; the kernel makes an exception for root
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LEASE_S, resource.RLIM_INFINITY))


def die_with_parent() -> bool:
    """Have the kernel end this process when control ends; False if it has ended already."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return parent == os.getppid()


def confine(folder: Path, code: list[Path]) -> None:
    """Take from the process what a component doesn't need."""
    limit_resources()
    python = (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent)
    readable = [*code, *python, *map(Path, (*_SYSTEM, *filter(None, sys.path)))]
    keep_to_files(readable, [folder, Path(os.devnull)])


def main() -> None:
    """Become the component."""
    folder, build, module = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    code = [HOLDFAST_PARENT] if build == "-" else [Path(build), HOLDFAST_PARENT]
    if not die_with_parent():
        sys.exit(1)
    confine(folder, code)
    environment = {"PYTHONPATH": os.pathsep.join(map(str, code)), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(sys.executable, [sys.executable, "-P", "-m", module], environment)  # noqa: S606 - that is what it is for


if __name__ == "__main__":
    main()
