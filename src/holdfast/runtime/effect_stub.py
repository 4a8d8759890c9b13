"""The one upstream of scratch edges: it answers with the request that it was sent.

Every connection is closed after one answer: an edge keeps some for each upstream of each service: thousands, perhaps.
"""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import h11

ANSWERED: Final = (("cache-control", "max-age=60"), ("server", "stub"), ("x-powered-by", "stub"))
"""Headers of its answers, so that it shows what routes take out of them or set in their place."""
_READ_BYTES: Final = 65_536


class EffectStub:
    """Serves HTTP/1.1 on a UNIX socket while its block lasts. `headers` are names that its answers have beside
    `ANSWERED`.
    """

    def __init__(self, socket: Path, headers: Iterable[str] = ()) -> None:
        self._socket = socket
        named = {name for name, _ in ANSWERED}
        self._headers = [*ANSWERED, *((name, "stub") for name in sorted(set(headers) - named))]
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self._socket)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while await self._answer(connection, reader, writer):
                connection.start_next_cycle()
        except (ConnectionError, h11.RemoteProtocolError, h11.LocalProtocolError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer the next request; False if there is none."""
        request: h11.Request | None = None
        while not isinstance(event := connection.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(_READ_BYTES))
            elif isinstance(event, h11.Request):
                request = event
        if request is None:
            return False
        seen = {
            "path": request.target.decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers],
        }
        body = b"" if request.method == b"HEAD" else json.dumps(seen).encode()
        told = ("x-holdfast-seen", json.dumps(seen, ensure_ascii=True))
        headers = [*self._headers, told, ("content-length", str(len(body))), ("connection", "close")]
        for part in (h11.Response(status_code=200, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            if sent := connection.send(part):
                writer.write(sent)
        await writer.drain()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE
