"""Runs the upstream: one process that answers for all tenants of a location, behind the location's shared cap."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import psutil

from holdfast.drills.instruments.build import build_instrument
from holdfast.drills.instruments.process import InstrumentError, InstrumentProcess, Placement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

STATS_S_MAX = 10.0
LOOK_S = 0.001
ANYWHERE = Placement()


@dataclass(frozen=True, slots=True)
class UpstreamOptions:
    """How the location behaves.

    At most `cap` requests are worked on at once; more of them queue (up to `queue_max`, then 503) or are rejected
    with 503. Work takes `answer_ms`. The capacity host's takes `answer_ms` times the number of its requests worked on,
    at most `capacity_answer_ms_max`. It listens on an address of 127.0.0.0/8; port 0 is a free one. What it answers to
    requests that may write is noted in the `ledger`, a line `NANOSECONDS METHOD TARGET` each (CLOCK_MONOTONIC).
    """

    cap: int = 64
    when_full: Literal["queue", "reject"] = "queue"
    queue_max: int = 65_536
    capacity_host: str = ""
    answer_ms: float = 5.0
    capacity_answer_ms_max: float = 500.0
    connections_max: int = 8_192
    address: str = "127.0.0.1"
    port: int = 0
    ledger: Path | None = None


@dataclass(frozen=True, slots=True)
class UpstreamStats:
    """What goes on at the location: counts since its start, peaks since the stats were last read.

    `abandoned` are requests whose caller hung up before the answer.
    """

    in_flight: int
    in_flight_peak: int
    queued: int
    queued_peak: int
    capacity_host_in_flight: int
    capacity_host_in_flight_peak: int
    abandoned: int
    answered: Mapping[int, int]

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight or queued."""
        return self.in_flight == 0 and self.queued == 0


class Upstream:
    """A running upstream. As a context manager, it is gone when the block is left.

    It also ends by itself when the process that started it does, however that happens.
    """

    def __init__(self, options: UpstreamOptions, placement: Placement) -> None:
        """Starts it. Raises InstrumentError, BuildError."""
        command = [str(build_instrument("upstream")), "--exit-with-stdin", *render_options(options)]
        self._process = InstrumentProcess(command, placement)
        self.address = options.address
        self.port: int = self._process.announcement["port"]

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def read_stats(self) -> UpstreamStats:
        """What goes on now; peaks start again. Raises OSError when it doesn't answer."""
        fields: dict[str, Any] = json.loads(self._ask("GET", "/__stats"))
        answered = {int(status): count for status, count in fields.pop("answered").items()}
        return UpstreamStats(**fields, answered=answered)

    async def read_stats_async(self) -> UpstreamStats:
        """As `read_stats`, without holding up the event loop."""
        return await asyncio.to_thread(self.read_stats)

    def set_capacity_host(self, host: str) -> None:
        """From now on this host's work takes longer the more of it there is. Raises OSError when it doesn't answer."""
        self._ask("PUT", "/__capacity-host", host)

    def set_answer_ms(self, answer_ms: int) -> None:
        """From now on work takes so long. Raises OSError when it doesn't answer."""
        self._ask("PUT", f"/__answer-ms/{answer_ms}")

    def vanish(self) -> None:
        """Returns when whatever is sent to it is dropped unseen and unanswered, as by a network that swallows packets.

        That goes on until `wake`. Raises OSError, InstrumentError when it doesn't.
        """
        self._ask("PUT", "/__vanish")
        self._await_stop()

    def hang(self) -> None:
        """It stands still until `wake`; connections to it are still made. Raises InstrumentError."""
        os.kill(self.pid, signal.SIGSTOP)
        self._await_stop()

    def wake(self) -> None:
        """Let it go on that has vanished or hung. Nothing when it has ended."""
        self._process.resume()

    def kill(self) -> None:
        """Ends it by SIGKILL: connections to it are refused from then on."""
        self._process.kill()

    def _await_stop(self) -> None:
        deadline = time.monotonic() + STATS_S_MAX
        while psutil.Process(self.pid).status() != psutil.STATUS_STOPPED:
            if time.monotonic() > deadline:
                raise InstrumentError(f"the upstream still works after {STATS_S_MAX:g} s")
            time.sleep(LOOK_S)

    def _ask(self, method: str, path: str, host: str | None = None) -> bytes:
        connection = http.client.HTTPConnection(self.address, self.port, timeout=STATS_S_MAX)
        try:
            connection.request(method, path, headers={"Host": host} if host else {})
            return connection.getresponse().read()
        finally:
            connection.close()

    def stop(self) -> None:
        """Ends it. Nothing when it has ended."""
        self._process.stop()

    def __enter__(self) -> Self:
        """The upstream itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves no process behind."""
        self.stop()


def render_options(options: UpstreamOptions) -> list[str]:
    """The options as the program's arguments."""
    return [
        f"--address={options.address}",
        f"--port={options.port}",
        f"--cap={options.cap}",
        f"--when-full={options.when_full}",
        f"--queue-max={options.queue_max}",
        f"--capacity-host={options.capacity_host}",
        f"--answer-ms={options.answer_ms}",
        f"--capacity-answer-ms-max={options.capacity_answer_ms_max}",
        f"--connections-max={options.connections_max}",
        *([] if options.ledger is None else [f"--ledger={options.ledger}"]),
    ]


def start_upstream(options: UpstreamOptions, placement: Placement = ANYWHERE) -> Upstream:
    """Starts an upstream and returns once it listens. Raises InstrumentError, BuildError."""
    return Upstream(options, placement)
