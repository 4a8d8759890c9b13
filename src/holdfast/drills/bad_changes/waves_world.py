"""The corpus' world under traffic: stubs that take their time, fail now and then, and carry only so much at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import h11

from holdfast.drills.bad_changes.peers.world import NOWHERE, Listening, choose_answer, read_request
from holdfast.model.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.bad_changes.peers.placing import Places
    from holdfast.drills.bad_changes.peers.world import World

_SPREAD: Final = 0.2
"""Answers take up to so much longer or shorter than usual."""


class BusyWorld(Listening):
    """Endpoints under load, over connections that stay open.

    `recorded_s` is how long requests for a path were recorded to take: believed where the endpoint says nothing of
    that path.
    """

    def __init__(self, places: Places, world: World, recorded_s: Mapping[str, float], seed: int) -> None:
        super().__init__(places, world)
        self._recorded_s = recorded_s
        self._chance = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
        self._in_flight: Counter[str] = Counter()

    async def _converse(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while await self._answer(address, connection, reader, writer):
            connection.start_next_cycle()

    async def _answer(
        self, address: str, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        request = await read_request(connection, reader)
        endpoint = self._world.get(address, NOWHERE)
        if request is None or endpoint.get("protocol") == "http2":
            return False
        if endpoint.get("silent"):
            await reader.read()
            return False
        self._in_flight[address] += 1
        try:
            answer = await self._work(address, endpoint, request)
        finally:
            self._in_flight[address] -= 1
        headers = [("content-length", "0")]
        headers += [("location", answer["location"])] if "location" in answer else []
        for part in (h11.Response(status_code=answer["status"], headers=headers), h11.EndOfMessage()):
            writer.write(connection.send(part) or b"")
        await writer.drain()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE

    async def _work(self, address: str, endpoint: Mapping[str, Any], request: h11.Request) -> Mapping[str, Any]:
        """Take as long as the endpoint does, and answer as it would with so many requests at once."""
        if self._in_flight[address] > endpoint.get("in_flight_max", float("inf")):
            answer: Mapping[str, Any] = endpoint.get("over_max", {"status": 503, "latency": "0s"})
            took_s = parse_duration(answer.get("latency", "0s"))
        else:
            answer = choose_answer(endpoint, request)
            took_s = self._find_latency_s(endpoint, answer, request)
            if self._chance.random() < _read_share(endpoint.get("errors", "0%")):
                answer = {"status": 500}
        await asyncio.sleep(took_s * self._chance.uniform(1 - _SPREAD, 1 + _SPREAD))
        return answer

    def _find_latency_s(self, endpoint: Mapping[str, Any], answer: Mapping[str, Any], request: h11.Request) -> float:
        if "latency" in answer:
            return parse_duration(answer["latency"])
        usual_s = parse_duration(endpoint.get("latency", "0s"))
        return self._recorded_s.get(request.target.decode("latin-1").partition("?")[0], usual_s)


def _read_share(text: str) -> float:
    return float(str(text).removesuffix("%")) / 100
