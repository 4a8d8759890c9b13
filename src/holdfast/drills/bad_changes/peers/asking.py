"""Recorded requests, asked of a peer: what became of each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import h11

from holdfast.drills.bad_changes.peers.placing import LOOPBACK
from holdfast.drills.bad_changes.peers.world import PATH_HEADER, STUB_HEADER
from holdfast.runtime.spelling import spell_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.model.recorded import RecordedRequest

CONNECTIONS: Final = 16
BODY_BYTES_MAX: Final = 1024 * 1024
"""Bodies that were larger are sent as large as this."""
_KEPT: Final = (STUB_HEADER, PATH_HEADER, "location", "cache-control")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got: no status if nothing came.

    `endpoint` is who answered, and `path` what that was asked for; both are empty if the peer itself answered.
    """

    status: int | None
    endpoint: str = ""
    path: str = ""
    location: str = ""
    cache_control: str = ""


async def ask_all(
    port: int, requests: Sequence[RecordedRequest], answer_s_max: float, *, connections: int = CONNECTIONS
) -> tuple[Answer, ...]:
    """Ask a peer on this machine all of them, so many at a time, each as a client of its own."""
    answers: dict[int, Answer] = {}
    waiting = iter(enumerate(requests))

    async def ask_some() -> None:
        for index, request in waiting:
            answers[index] = await _ask(port, index, request, answer_s_max)

    await asyncio.gather(*(ask_some() for _ in range(connections)))
    return tuple(answers[index] for index in range(len(requests)))


async def _ask(port: int, index: int, request: RecordedRequest, answer_s_max: float) -> Answer:
    try:
        async with asyncio.timeout(answer_s_max):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                connection = h11.Connection(h11.CLIENT)
                for part in spell_request(
                    request, BODY_BYTES_MAX, (("x-forwarded-for", f"198.51.100.{index % 250 + 1}"),)
                ):
                    writer.write(connection.send(part) or b"")
                return await _read_answer(connection, reader)
            finally:
                writer.close()
    except (OSError, TimeoutError, h11.ProtocolError):
        return Answer(None)


async def _read_answer(connection: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    while not isinstance(event := connection.next_event(), h11.Response | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65_536))
    if not isinstance(event, h11.Response):
        return Answer(None)
    told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
    return Answer(event.status_code, *(told.get(name, "") for name in _KEPT))
