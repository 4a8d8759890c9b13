"""Asks edges that don't report whether they serve: an agent that is gone is no downtime, an Envoy that is gone is."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from typing import Final

from holdfast.incidents.downtime.intake import Dead

SILENT_S: Final = 1.5
"""An edge that hasn't reported for so long is asked."""
ANSWER_S: Final = 2.0
ASKED_MAX: Final = 16
"""Edges that are asked at a time."""
KEPT_MAX: Final = 1_000
"""Times in which edges were dead that are remembered."""
_QUESTION: Final = b"GET / HTTP/1.1\r\nhost: nobody.invalid\r\nconnection: close\r\n\r\n"


class Door(Enum):
    """What came of asking."""

    OPEN = "open"
    """It answers; what exactly doesn't matter."""
    SHUT = "shut"
    """Nothing listens there."""
    MUTE = "mute"
    """Nothing is heard: it hangs, or it can't be reached from here."""


@dataclass(slots=True)
class _Edge:
    heard_at: float
    """When it last reported or answered."""
    was_open: bool = False
    dead_since: float | None = None


@dataclass
class Doors:
    """What is known of edges' doors. Times are Unix times, in seconds. `ask` is a `Door` for an address."""

    past: list[Dead] = field(default_factory=list)
    _edges: dict[str, _Edge] = field(default_factory=dict)

    def hear(self, edge: str, began_at: float, ended_at: float) -> None:
        """An edge reported of this time."""
        known = self._edges.setdefault(edge, _Edge(ended_at))
        self._revive(edge, known, began_at)
        known.heard_at, known.was_open = max(known.heard_at, ended_at), True

    async def ask_silent(self, addresses: Mapping[str, str], now: float) -> None:
        """Ask all edges (with their addresses) that haven't reported lately, some at a time."""
        for edge in addresses:
            self._edges.setdefault(edge, _Edge(now))
        silent = [edge for edge in addresses if now - self._edges[edge].heard_at >= SILENT_S]
        gate = asyncio.Semaphore(ASKED_MAX)
        answers = await asyncio.gather(*(_ask_in_turn(addresses[edge], gate) for edge in silent))
        for edge, door in zip(silent, answers, strict=True):
            self._take(edge, self._edges[edge], door, now)
        for gone in self._edges.keys() - addresses.keys():
            del self._edges[gone]

    def list_dead(self) -> tuple[Dead, ...]:
        """The times in which edges were dead, those that still are included."""
        still = (Dead(edge, each.dead_since, float("inf")) for edge, each in self._edges.items() if each.dead_since)
        return (*self.past, *still)

    def forget(self, before: float) -> None:
        """Keep only what ended later."""
        self.past = [dead for dead in self.past if dead.ended_at > before][-KEPT_MAX:]

    def _take(self, edge: str, known: _Edge, door: Door, now: float) -> None:
        """A mute door is believed only of an edge that was heard before: else it may be unreachable from here."""
        if door is Door.OPEN:
            self._revive(edge, known, now)
        elif known.dead_since is None and (door is Door.SHUT or known.was_open):
            known.dead_since = known.heard_at

    def _revive(self, edge: str, known: _Edge, at: float) -> None:
        if known.dead_since is not None:
            self.past.append(Dead(edge, known.dead_since, max(known.dead_since, at)))
            known.dead_since = None


def list_doors(listens: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Where to ask edges by name: what listens on all addresses is asked on this machine's own."""
    doors = {}
    for edge, listen in listens:
        host, _, port = listen.rpartition(":")
        with suppress(ValueError):
            if ip_address(host.strip("[]")).is_unspecified:
                host = "[::1]" if host.startswith("[") else "127.0.0.1"
        doors[edge] = f"{host}:{port}"
    return doors


async def ask_door(address: str) -> Door:
    """Ask an edge for a host that nobody has: it refuses that at once if it is alive."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            try:
                writer.write(_QUESTION)
                await writer.drain()
                return Door.OPEN if await reader.read(1) else Door.MUTE
            finally:
                writer.close()
    except ConnectionRefusedError:
        return Door.SHUT
    except (OSError, TimeoutError):
        return Door.MUTE


async def _ask_in_turn(address: str, gate: asyncio.Semaphore) -> Door:
    async with gate:
        return await ask_door(address)
