"""`python -m holdfast.drills.kill_timer`: gives kills and times them, as a process of its own.

An order as JSON comes by stdin. For each kill it asks every edge for the service at even intervals, gives the kill by
control's socket, waits until every edge refuses because of it, watches a while that none serves again, ends the kill,
and waits until all serve. A line of JSON tells each kill.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import uvloop
from pydantic import SecretStr

from holdfast.model.noun import Noun

PROBE_INTERVAL_S: Final = 0.002
"""Of the requests to each edge; a kill may have been in force that long before it is seen."""
SETTLE_S: Final = 0.03
WATCH_S: Final = 0.05
STEP_S_MAX: Final = 10.0
KILL_S: Final = 3600


class KillOrder(Noun):
    """What to kill, where. `pauses_s` come before each kill, so that it falls at no particular moment."""

    socket: str
    token_file: str
    edge_ports: tuple[int, ...]
    services: tuple[str, ...]
    hosts: tuple[str, ...]
    pauses_s: tuple[float, ...]


class TimedKill(Noun):
    """One kill, in milliseconds from just before the call.

    `in_force_ms` is when the last edge's first refusal had arrived, `answered_ms` when control's answer had,
    `lifted_ms` counts from the call that ended it to the first answer that isn't the kill's on every edge. `leaks`
    are requests sent after an edge's first refusal and served all the same. `called_ns` is CLOCK_MONOTONIC.
    """

    service: str
    called_ns: int
    in_force_ms: float
    answered_ms: float
    lifted_ms: float
    leaks: int


class Answer(NamedTuple):
    """When a request was sent and answered (CLOCK_MONOTONIC, ns), and whether because of a kill it was refused."""

    sent_ns: int
    done_ns: int
    killed: bool


class Connection:
    """A connection to an edge, kept alive."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def ask(self, host: str) -> Answer:
        """Ask once. Raises ConnectionError, IncompleteReadError."""
        sent_ns = time.monotonic_ns()
        self.writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length or 0))
        killed = head.startswith(b"http/1.1 503") and b"\r\nx-holdfast-cause: kill\r\n" in head
        return Answer(sent_ns, time.monotonic_ns(), killed)


class EdgeProbe:
    """Asks one edge for one host at even intervals, over as many connections as that needs."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._host = ""
        self._idle: list[Connection] = []
        self._answers: list[Answer] = []

    def begin(self, host: str) -> None:
        """Ask for another host from now on."""
        self._host, self._answers = host, []

    async def run(self) -> None:
        """Ask until cancelled."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        async with asyncio.TaskGroup() as asking:
            while True:
                asking.create_task(self._ask(self._host, self._answers))
                due_s = max(due_s + PROBE_INTERVAL_S, loop.time())
                await asyncio.sleep(due_s - loop.time())

    async def _ask(self, host: str, answers: list[Answer]) -> None:
        connection = self._idle.pop() if self._idle else await self._connect()
        try:
            answers.append(await connection.ask(host))
            self._idle.append(connection)
        except (ConnectionError, asyncio.IncompleteReadError):
            connection.writer.close()

    async def _connect(self) -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", self._port))

    def find_first(self, *, killed: bool, after_ns: int) -> int | None:
        """When the first such answer to a request sent after a moment came."""
        found = [each.done_ns for each in self._answers if each.killed is killed and each.sent_ns >= after_ns]
        return min(found, default=None)

    def count_leaks(self, since_ns: int, until_ns: int) -> int:
        """Requests sent in this time that no kill refused."""
        return sum(1 for each in self._answers if not each.killed and since_ns < each.sent_ns < until_ns)


async def time_kills(order: KillOrder, token: SecretStr) -> None:
    """Carry out an order."""
    edges = [EdgeProbe(port) for port in order.edge_ports]
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    transport = httpx.AsyncHTTPTransport(uds=order.socket)
    async with (
        httpx.AsyncClient(base_url="http://control", transport=transport, headers=headers, timeout=30) as control,
        asyncio.TaskGroup() as tasks,
    ):
        (await control.get("/v1/status")).raise_for_status()
        for edge in edges:
            edge.begin(order.hosts[0])
        probing = [tasks.create_task(edge.run()) for edge in edges]
        for service, host, pause_s in zip(order.services, order.hosts, order.pauses_s, strict=True):
            await _settle(edges, host, pause_s)
            print((await _time_kill(control, edges, service)).model_dump_json(), flush=True)
        for task in probing:
            task.cancel()


async def _settle(edges: list[EdgeProbe], host: str, pause_s: float) -> None:
    for edge in edges:
        edge.begin(host)
    await asyncio.sleep(SETTLE_S + pause_s)
    await _wait_for_all(edges, killed=False, after_ns=0)


async def _time_kill(control: httpx.AsyncClient, edges: list[EdgeProbe], service: str) -> TimedKill:
    body = {"measure": {"kind": "kill", "service": service}, "for_s": KILL_S, "reason": "drill noisy-neighbour"}
    called = time.monotonic_ns()
    call = asyncio.create_task(_call(control, "POST", "/v1/mitigations", body))
    refused = await _wait_for_all(edges, killed=True, after_ns=0)
    mitigation, answered = await call
    await asyncio.sleep(WATCH_S)
    ended = time.monotonic_ns()
    leaks = sum(edge.count_leaks(first, ended) for edge, first in zip(edges, refused, strict=True))
    await _call(control, "DELETE", f"/v1/mitigations/{mitigation}")
    served = await _wait_for_all(edges, killed=False, after_ns=ended)
    return TimedKill(
        service=service,
        called_ns=called,
        in_force_ms=(max(refused) - called) / 1e6,
        answered_ms=(answered - called) / 1e6,
        lifted_ms=(max(served) - ended) / 1e6,
        leaks=leaks,
    )


async def _call(control: httpx.AsyncClient, method: str, path: str, body: object = None) -> tuple[str, int]:
    """A mitigation's id, and when the answer came."""
    answer = await control.request(method, path, json=body)
    answered = time.monotonic_ns()
    answer.raise_for_status()
    return str(answer.json()["id"]), answered


async def _wait_for_all(edges: list[EdgeProbe], *, killed: bool, after_ns: int) -> list[int]:
    """When each edge first answered so. Raises TimeoutError."""
    async with asyncio.timeout(STEP_S_MAX):
        while True:
            firsts = [edge.find_first(killed=killed, after_ns=after_ns) for edge in edges]
            found = [first for first in firsts if first is not None]
            if len(found) == len(edges):
                return found
            await asyncio.sleep(PROBE_INTERVAL_S)


def main() -> None:
    """Carry out the order that comes by stdin."""
    order = KillOrder.model_validate_json(sys.stdin.read())
    token = SecretStr(Path(order.token_file).read_text().strip())
    uvloop.run(time_kills(order, token))


if __name__ == "__main__":
    main()
