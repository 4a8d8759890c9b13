"""The peers by name, and the whole corpus pushed to one of them."""

from __future__ import annotations

import asyncio
import re
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.adapters.envoy.binary import find_envoy
from holdfast.drills.bad_changes.peers.bare_envoy import BareEnvoy
from holdfast.drills.bad_changes.peers.haproxy import make_haproxy
from holdfast.drills.bad_changes.peers.nginx import make_nginx
from holdfast.drills.bad_changes.peers.trying import Pushed, push_case
from holdfast.drills.peers.peer_process import PeerMissing, find_program, read_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from holdfast.drills.bad_changes.corpus import Case
    from holdfast.drills.bad_changes.peers.peer import Peer

_AT_A_TIME: Final = 4
_WALKABLE: Final = 0o711
_NUMBER: Final = re.compile(r"\b\d+\.\d+\.\d+\b")


class Contender(StrEnum):
    """Who is pushed to."""

    ENVOY = "envoy"
    NGINX = "nginx"
    HAPROXY = "haproxy"


_MAKERS: Final[dict[Contender, Callable[[Path], Peer]]] = {
    Contender.ENVOY: BareEnvoy,
    Contender.NGINX: make_nginx,
    Contender.HAPROXY: make_haproxy,
}


async def push_all(peer: Contender, cases: Iterable[Case], tell: Callable[[Pushed], None]) -> list[Pushed]:
    """Every case at a peer of its own, a few at a time; the results in order, and each told when it is there.

    Raises PeerMissing.
    """
    turns = asyncio.Semaphore(_AT_A_TIME)

    async def push_one(case: Case) -> Pushed:
        async with turns:
            with tempfile.TemporaryDirectory(prefix="hf-") as folder:
                pushed = await push_case(case, _MAKERS[peer](_open_up(folder)))
        tell(pushed)
        return pushed

    return list(await asyncio.gather(*(push_one(case) for case in cases)))


def list_installed() -> list[Contender]:
    """Those that this machine has."""
    installed = []
    for peer in Contender:
        try:
            read_peer_version(peer)
        except PeerMissing:
            continue
        installed.append(peer)
    return installed


def read_peer_version(peer: Contender) -> str:
    """The number of a peer's version. Raises PeerMissing."""
    envoy = peer is Contender.ENVOY
    said = read_version([str(find_envoy()), "--version"] if envoy else [find_program(peer.value), "-v"])
    number = _NUMBER.search(said)
    return number[0] if number else said


def _open_up(folder: str) -> Path:
    """Let a peer's workers, which may run as somebody else, find their way to what they write."""
    path = Path(folder)
    path.chmod(_WALKABLE)
    return path
