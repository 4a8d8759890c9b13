"""A case's recorded requests as steady traffic, and how it was answered."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_changes.peers.expected import list_recorded
from holdfast.drills.bad_changes.peers.placing import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from holdfast.drills.bad_changes.corpus import Case
    from holdfast.drills.bad_changes.peers.expected import Asked

AT_FULL_RATE: Final[Mapping[str, Mapping[str, str]]] = {
    "048-fine-until-the-evening": {"search": "/"},
    "051-reads-sent-to-the-primary": {"contacts": "/", "post-api": "/v3/contacts"},
}
"""Cases whose harm is want of capacity: services that are asked as often as is usual there, by prefix of the path."""
RPS_MAX: Final = 400.0
"""All requests a second in such a case."""
BODY_BYTES_MAX: Final = 4_096
"""Bodies that were larger are sent as large as this: how large they are is no matter here."""
ANSWER_S_MAX: Final = 45.0
IN_FLIGHT_MAX: Final = 600
_CLIENTS: Final = 250
_TRIED_S_MAX: Final = 4.0
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Stream:
    """A recorded request that is asked again and again, at random moments, so often a second."""

    asked: Asked
    rps: float


@dataclass
class Tally:
    """Requests of each service that were asked, and of them those that were answered otherwise than recorded."""

    asked: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    """What the wrong ones were answered; None if nothing came."""


def plan_traffic(case: Case, rps: float) -> tuple[Stream, ...]:
    """Every recorded request in proportion to its weight, together `rps`.

    Where some are asked as often as is usual, all are `RPS_MAX` together, and the others share what is left.
    """
    recorded = list(list_recorded(case))
    full = {each: _find_usual_rps(case, each, recorded) for each in recorded if _is_at_full_rate(case, each)}
    weights = sum(each.request.weight for each in recorded if each not in full)
    left_rps = max(0.0, RPS_MAX - sum(full.values())) if full else rps
    return tuple(
        Stream(each, full[each] if each in full else left_rps * each.request.weight / weights) for each in recorded
    )


def _is_at_full_rate(case: Case, asked: Asked) -> bool:
    prefix = AT_FULL_RATE.get(case.id, {}).get(asked.service)
    return prefix is not None and asked.request.path.startswith(prefix)


def _find_usual_rps(case: Case, asked: Asked, recorded: Sequence[Asked]) -> float:
    usage = case.base.usage.services[asked.service]
    rps = usage.peak_rps if case.raw.get("load") == "peak" else usage.rps
    return rps * asked.request.weight / sum(e.request.weight for e in recorded if e.service == asked.service)


class Traffic:
    """Clients who keep asking until they are stopped, whatever they are answered."""

    def __init__(self, ports: Sequence[int], seed: int) -> None:
        self.tally = Tally()
        self.unsent = 0
        """Requests that weren't asked since too many were still open."""
        self._ports = cycle(ports)
        self._chance = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
        self._idle: dict[int, list[_Line]] = {port: [] for port in ports}
        self._open: set[asyncio.Task[None]] = set()

    def begin_tally(self) -> Tally:
        """Count anew from now on; what was counted until now, to which only late answers are still added."""
        counted, self.tally = self.tally, Tally()
        return counted

    async def run(self, streams: Sequence[Stream]) -> None:
        """Ask until cancelled."""
        rates = [each.rps for each in streams]
        rps, loop = sum(rates), asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                due += self._chance.expovariate(rps)
                await asyncio.sleep(max(0.0, due - loop.time()))
                [stream] = self._chance.choices(streams, rates)
                self._begin(stream)
        finally:
            for task in self._open:
                task.cancel()
            for line in (each for idle in self._idle.values() for each in idle):
                line.writer.close()

    def _begin(self, stream: Stream) -> None:
        if len(self._open) >= IN_FLIGHT_MAX:
            self.unsent += 1
            return
        task = asyncio.create_task(self._ask_counted(stream.asked, self.tally))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _ask_counted(self, asked: Asked, tally: Tally) -> None:
        status = await self.ask(asked)
        tally.asked[asked.service] += 1
        if status != asked.expect:
            tally.wrong[asked.service] += 1
            tally.statuses[asked.service, status] += 1

    async def ask(self, asked: Asked) -> int | None:
        """Ask once; the status, or None if no answer came."""
        port = next(self._ports)
        message = _spell(asked, f"198.51.100.{self._chance.randrange(_CLIENTS) + 1}")
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                if self._idle[port]:
                    try:
                        return await self._ask_by(self._idle[port].pop(), message, asked)
                    except (OSError, asyncio.IncompleteReadError):
                        pass  # the edge had closed the connection meanwhile
                return await self._ask_by(_Line(port, *await asyncio.open_connection(LOOPBACK, port)), message, asked)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return None

    async def _ask_by(self, line: _Line, message: bytes, asked: Asked) -> int:
        kept = False
        try:
            line.writer.write(message)
            head = await line.reader.readuntil(b"\r\n\r\n")
            status, body_bytes, kept = _read_head(head)
            if asked.request.method != "HEAD" and body_bytes:
                await line.reader.readexactly(body_bytes)
            return status
        finally:
            if kept:
                self._idle[line.port].append(line)
            else:
                line.writer.close()


@dataclass(frozen=True, slots=True)
class _Line:
    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


def _read_head(head: bytes) -> tuple[int, int, bool]:
    """Status, length of the body, and whether the connection may be used again."""
    first, *lines = head.decode("latin-1").split("\r\n")
    told = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    kept = told.get("connection", "").lower() != "close" and "transfer-encoding" not in told
    return int(first.split(" ", 2)[1]), int(told.get("content-length", 0)), kept


def _spell(asked: Asked, client: str) -> bytes:
    request = asked.request
    body = b" " * min(request.body_bytes, BODY_BYTES_MAX)
    headers = [("host", request.host), ("x-forwarded-for", client), *request.headers]
    headers += [("content-length", str(len(body)))] if body else []
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


async def leave_out_odd(traffic: Traffic, streams: Sequence[Stream]) -> tuple[Stream, ...]:
    """The streams without those that are answered otherwise than recorded from the first: nothing is said of them.

    What takes longer than a few seconds isn't tried, and stays.
    """
    fine = await asyncio.gather(*(_is_fine(traffic, each) for each in streams))
    return tuple(each for each, is_fine in zip(streams, fine, strict=True) if is_fine)


async def _is_fine(traffic: Traffic, stream: Stream) -> bool:
    if (stream.asked.request.latency_s or 0) > _TRIED_S_MAX:
        return True
    for _ in range(_TRIES):
        if await traffic.ask(stream.asked) == stream.asked.expect:
            return True
    return False
