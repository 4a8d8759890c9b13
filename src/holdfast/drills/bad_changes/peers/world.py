"""The corpus' world: stubs that answer as its endpoints do, and say which of them they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import h11

from holdfast.model.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.bad_changes.peers.placing import Places

STUB_HEADER: Final = "x-stub"
"""Names the endpoint that answered, by its address in the platform file."""
PATH_HEADER: Final = "x-stub-path"
"""The path that it was asked for, without the query."""
_READ_BYTES: Final = 65_536
NOWHERE: Final[Mapping[str, Any]] = {"down": True}

World = dict[str, "Mapping[str, Any]"]


def merge_world(world: Mapping[str, Any], more: Mapping[str, Any]) -> World:
    """Endpoints by address, with what is told of them later."""
    merged: World = {**world}
    for address, told in more.items():
        merged[address] = {**merged.get(address, {}), **told}
    return merged


class Listening:
    """Every endpoint that has a place here; those that the world doesn't know, or calls down, refuse connections."""

    def __init__(self, places: Places, world: World) -> None:
        self._places = places
        self._world = world
        self._servers: dict[str, asyncio.Server] = {}

    async def follow(self, world: World | None = None) -> None:
        """Listen where the world, as it is now, says that somebody listens."""
        self._world = self._world if world is None else world
        for address, bound in self._places.sockets.items():
            is_up = not self._world.get(address, NOWHERE).get("down")
            if is_up and address not in self._servers:
                self._servers[address] = await asyncio.start_server(self._serve_as(address), sock=bound)
            elif not is_up and address in self._servers:
                self._servers.pop(address).close()

    def close(self) -> None:
        """Stop all of them."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()

    def _serve_as(self, address: str) -> Any:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._converse(address, reader, writer)
            except (ConnectionError, h11.ProtocolError, asyncio.CancelledError):
                pass  # whoever asked has gone or speaks something else, or the loop ends before a slow answer
            finally:
                writer.close()

        return serve

    async def _converse(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes over one connection, until it is to be closed."""
        raise NotImplementedError


class Stubs(Listening):
    """One answer for each connection.

    `slow` makes them take as long as the world says. Shares of errors and limits in flight are left out: a request at a
    time says nothing of them.
    """

    def __init__(self, places: Places, world: World) -> None:
        super().__init__(places, world)
        self.slow = False

    async def _converse(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        request = await read_request(connection, reader)
        endpoint = self._world.get(address, NOWHERE)
        if request is None or endpoint.get("protocol") == "http2":
            return  # the stubs have no HTTP/2, and who speaks nothing else takes no HTTP/1
        answer = choose_answer(endpoint, request)
        if endpoint.get("silent"):
            await reader.read()
            return
        if self.slow and (latency := answer.get("latency") or endpoint.get("latency")):
            await asyncio.sleep(parse_duration(latency))
        path = request.target.partition(b"?")[0].decode("latin-1")
        headers = [(STUB_HEADER, address), (PATH_HEADER, path), ("content-length", "0"), ("connection", "close")]
        headers += [("location", answer["location"])] if "location" in answer else []
        for part in (h11.Response(status_code=answer["status"], headers=headers), h11.EndOfMessage()):
            writer.write(connection.send(part) or b"")
        await writer.drain()


def choose_answer(endpoint: Mapping[str, Any], request: h11.Request) -> Mapping[str, Any]:
    """What an endpoint says to a request: `status`, and whatever else its world states of that path."""
    path = request.target.decode("latin-1").partition("?")[0]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers}
    if not path.startswith("/healthz") and not _has_required(endpoint, headers):
        return {"status": endpoint.get("else", 403)}
    told = _find_path(endpoint.get("paths", {}), path)
    answer = told if isinstance(told, dict) else {"status": endpoint.get("otherwise", 404) if told is None else told}
    if "methods" in answer and request.method.decode() not in answer["methods"]:
        return {"status": 405}
    return answer if _has_required(answer, headers) else {**answer, "status": answer.get("else", 403)}


def _find_path(paths: Mapping[str, Any], path: str) -> Any:
    if f"={path}" in paths:
        return paths[f"={path}"]
    prefixes = [each for each in paths if not each.startswith("=") and path.startswith(each)]
    return paths[max(prefixes, key=len)] if prefixes else None


def _has_required(stated: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    wanted = stated.get("requires_headers", {})
    if any(name not in headers or value not in ("*", headers[name]) for name, value in wanted.items()):
        return False
    return "requires_host" not in stated or headers.get("host", "").partition(":")[0] in stated["requires_host"]


async def read_request(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """The next request of a connection once its body has come; None if the peer has left."""
    request = None
    while not isinstance(event := connection.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Request):
            request = event
    return request
