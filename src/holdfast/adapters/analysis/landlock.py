"""Keeps this process to some files, and away from TCP, through the kernel's Landlock (landlock(7), Linux 5.13).

Numbers are those of the kernel's interface, linux/landlock.h; the system calls have the same numbers on every
architecture. Newer kernels refuse more; on each, everything is refused that it knows to refuse.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_FILES_BY_VERSION: Final = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_FOR_FILES_ONLY: Final = _EXECUTE | (1 << 1) | _READ_FILE | (1 << 14) | (1 << 15)
_TCP: Final = (4, 0b11)
_OTHER_PROCESSES: Final = (6, 0b11)
"""Signals to processes outside, and abstract UNIX sockets of theirs."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def find_landlock_version() -> int:
    """The version of the kernel's Landlock; 0 if it has none, or has it switched off."""
    version: int = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    return max(0, version)


def keep_to_files(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Refuse this process, and whatever it becomes or starts, all files but these and those below them.

    False if the kernel has no Landlock: nothing is refused then. OSError if it has one that doesn't do it.
    """
    version = find_landlock_version()
    if version == 0:
        return False
    files = sum(bits for since, bits in _FILES_BY_VERSION if version >= since)
    rules = _Ruleset(files, _since(version, _TCP), _since(version, _OTHER_PROCESSES))
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _call(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for path in readable:
        _allow(ruleset, path, _EXECUTE | _READ_FILE | _READ_DIR)
    for path in writable:
        _allow(ruleset, path, files & ~_EXECUTE)
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "privileges can't be renounced")
    _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)
    return True


def _since(version: int, bits: tuple[int, int]) -> int:
    return bits[1] if version >= bits[0] else 0


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Allow what can be allowed for a path; one that doesn't exist needs no allowing."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        allowed = rights if path.is_dir() else rights & _FOR_FILES_ONLY
        rule = _PathBeneath(allowed, parent)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(parent)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
