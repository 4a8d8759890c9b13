"""Runs the upstream: one process that answers for all tenants of a location, behind the location's shared cap."""

from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from holdfast.drills.instruments.build import build_instrument
from holdfast.drills.instruments.process import InstrumentProcess, Placement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

STATS_S_MAX = 10.0
ANYWHERE = Placement()


@dataclass(frozen=True, slots=True)
class UpstreamOptions:
    """How the location behaves.

    At most `cap` requests are worked on at once; more of them queue (up to `queue_max`, then 503) or are rejected
    with 503. Work takes `answer_ms`. The capacity host's takes `answer_ms` times the number of its requests worked on,
    at most `capacity_answer_ms_max`. Port 0 is a free one.
    """

    cap: int = 64
    when_full: Literal["queue", "reject"] = "queue"
    queue_max: int = 65_536
    capacity_host: str = ""
    answer_ms: float = 5.0
    capacity_answer_ms_max: float = 500.0
    connections_max: int = 8_192
    port: int = 0


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
    """A running upstream on 127.0.0.1. As a context manager, it is gone when the block is left.

    It also ends by itself when the process that started it does, however that happens.
    """

    def __init__(self, options: UpstreamOptions, placement: Placement) -> None:
        """Starts it. Raises InstrumentError, BuildError."""
        command = [str(build_instrument("upstream")), "--exit-with-stdin", *render_options(options)]
        self._process = InstrumentProcess(command, placement)
        self.port: int = self._process.announcement["port"]

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def read_stats(self) -> UpstreamStats:
        """What goes on now; peaks start again. Raises OSError when it doesn't answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=STATS_S_MAX)
        try:
            connection.request("GET", "/__stats")
            fields: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        answered = {int(status): count for status, count in fields.pop("answered").items()}
        return UpstreamStats(**fields, answered=answered)

    async def read_stats_async(self) -> UpstreamStats:
        """As `read_stats`, without holding up the event loop."""
        return await asyncio.to_thread(self.read_stats)

    def set_capacity_host(self, host: str) -> None:
        """From now on this host's work takes longer the more of it there is. Raises OSError when it doesn't answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=STATS_S_MAX)
        try:
            connection.request("PUT", "/__capacity-host", headers={"Host": host})
            connection.getresponse().read()
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
        f"--port={options.port}",
        f"--cap={options.cap}",
        f"--when-full={options.when_full}",
        f"--queue-max={options.queue_max}",
        f"--capacity-host={options.capacity_host}",
        f"--answer-ms={options.answer_ms}",
        f"--capacity-answer-ms-max={options.capacity_answer_ms_max}",
        f"--connections-max={options.connections_max}",
    ]


def start_upstream(options: UpstreamOptions, placement: Placement = ANYWHERE) -> Upstream:
    """Starts an upstream and returns once it listens. Raises InstrumentError, BuildError."""
    return Upstream(options, placement)
