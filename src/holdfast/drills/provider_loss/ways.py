"""Cuts edges off from a site: packets that an edge's Envoy sends there are dropped by the kernel, other edges' aren't.

All edges are on one machine and one address, so only the kernel can tell them apart: each edge's Envoy is put into a
control group of its own, and a program (BPF_PROG_TYPE_CGROUP_SKB, bpf(2)) that looks at where a packet goes is linked
to the groups of those that are cut off. It needs root and a version 2 hierarchy of control groups. The kernel unlinks
it when the link's descriptor is closed, so also when this process is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import TracebackType

_BPF_NUMBER: Final = {"x86_64": 321, "aarch64": 280}
_PROG_LOAD, _LINK_CREATE = 5, 28
_CGROUP_SKB: Final = 8
_EGRESS: Final = 1
_REMOTE_IP4: Final = 92
"""Where `struct __sk_buff` has the address that a packet goes to, in network byte order."""
_LOAD_WORD, _AND, _JUMP_UNLESS_EQUAL, _MOVE, _EXIT = 0x61, 0x57, 0x55, 0xB7, 0x95
_DROP, _PASS = 0, 1


class WaysUnavailable(Exception):
    """Edges can't be told apart on this machine; the message says why."""


class Ways:
    """The edges' ways to sites. As a context manager, all are open again when the block is left."""

    def __init__(self, edge_pids: Mapping[str, int]) -> None:
        """Puts each edge's Envoy into a group of its own; only connections made from then on are told apart.

        Raises WaysUnavailable.
        """
        self._root = _find_hierarchy()
        self._pids = dict(edge_pids)
        self._links: list[int] = []
        try:
            for edge, pid in edge_pids.items():
                group = self._find_group(edge)
                group.mkdir(exist_ok=True)
                (group / "cgroup.procs").write_text(str(pid))
            self.cut_off(edge_pids, IPv4Network("127.255.255.254/32"))
            self.restore()
        except BaseException as error:
            self._leave()
            if isinstance(error, OSError):
                raise WaysUnavailable(f"control groups and their programs: {error.strerror}") from error
            raise

    def cut_off(self, edges: Collection[str], network: IPv4Network) -> None:
        """Drop what these edges send to a network, until `restore`. Raises OSError."""
        program = _load_program(network)
        try:
            for edge in edges:
                self._links.append(_link(program, self._find_group(edge)))
        finally:
            os.close(program)

    def restore(self) -> None:
        """Open all ways."""
        while self._links:
            os.close(self._links.pop())

    def _find_group(self, edge: str) -> Path:
        return self._root / f"holdfast-drill-{os.getpid()}-{edge}"

    def _leave(self) -> None:
        """Take Envoys that still run out of their groups, which can go then."""
        self.restore()
        for edge, pid in self._pids.items():
            with contextlib.suppress(OSError):
                if psutil.pid_exists(pid):
                    (self._root / "cgroup.procs").write_text(str(pid))
                self._find_group(edge).rmdir()

    def __enter__(self) -> Self:
        """The ways."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no group behind."""
        self._leave()


def _find_hierarchy() -> Path:
    """Where control groups of version 2 are. Raises WaysUnavailable."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split(" ")
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    raise WaysUnavailable("there is no hierarchy of control groups (version 2) that may be written")


def _load_program(network: IPv4Network) -> int:
    """A descriptor of a program that drops what goes to the network, and passes all else. Raises OSError."""
    code = _write_program(network)
    instructions, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    count = len(code) // 8
    where = ctypes.addressof(instructions), ctypes.addressof(licence)
    return _call_bpf(_PROG_LOAD, struct.pack("=IIQQIIQII16s", _CGROUP_SKB, count, *where, 0, 0, 0, 0, 0, b"ways"))


def _write_program(network: IPv4Network) -> bytes:
    mask, address = (_as_loaded(int(each)) for each in (network.netmask, network.network_address))
    return b"".join(
        (
            _instruct(_LOAD_WORD, source=1, offset=_REMOTE_IP4),
            _instruct(_AND, value=mask),
            _instruct(_JUMP_UNLESS_EQUAL, offset=2, value=address),
            _instruct(_MOVE, value=_DROP),
            _instruct(_EXIT),
            _instruct(_MOVE, value=_PASS),
            _instruct(_EXIT),
        )
    )


def _instruct(code: int, source: int = 0, offset: int = 0, value: int = 0) -> bytes:
    """One instruction on register 0."""
    return struct.pack("=BBhi", code, source << 4, offset, value)


def _as_loaded(word: int) -> int:
    """What an address in network byte order is as a signed number of this machine's."""
    return int(struct.unpack("=i", struct.pack("!I", word))[0])


def _link(program: int, group: Path) -> int:
    """Have a program see what a group sends, as long as the returned descriptor is open. Raises OSError."""
    target = os.open(group, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return _call_bpf(_LINK_CREATE, struct.pack("=IIII", program, target, _EGRESS, 0))
    finally:
        os.close(target)


def _call_bpf(command: int, attributes: bytes) -> int:
    """bpf(2), which libc has no function for. Raises OSError, WaysUnavailable."""
    number = _BPF_NUMBER.get(os.uname().machine)
    if number is None:
        raise WaysUnavailable(f"unknown kind of machine: {os.uname().machine}")
    told = ctypes.create_string_buffer(attributes, len(attributes))
    descriptor = int(ctypes.CDLL(None, use_errno=True).syscall(number, command, told, len(attributes)))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return descriptor
