"""Who owns the machines: starts and takes them back, and keeps the list of those that there are."""

from __future__ import annotations

import http.client
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from holdfast.drills.instruments.process import InstrumentProcess, Placement
from holdfast.drills.spot_reclaim.machine import STATS_PATH
from holdfast.model.recovery import Endpoint

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from holdfast.drills.spot_reclaim.scenario import Machines

STATS_S_MAX: Final = 5.0
SETTLED_S: Final = 2.0
NETWORK: Final = "127.64"
"""Machines have addresses of their own in it, as they have with a provider; no address is used twice."""


@dataclass(eq=False)
class Machine:
    """A machine, and the slot that it fills."""

    slot: int
    endpoint: Endpoint
    process: InstrumentProcess
    started_s: float
    is_alive: bool = True

    @property
    def is_settled(self) -> bool:
        """Whether it has been there long enough for whoever learns of it to have it."""
        return self.is_alive and time.monotonic() > self.started_s + SETTLED_S

    def read_served(self) -> int:
        """How many requests it was asked. Raises OSError when it doesn't answer."""
        host, _, port = self.endpoint.address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=STATS_S_MAX)
        try:
            connection.request("GET", STATS_PATH)
            return int(json.loads(connection.getresponse().read())["requests"])
        finally:
            connection.close()


class Provider:
    """Machines in slots: when one is taken back, another fills its slot. As a context manager, all end afterwards."""

    def __init__(self, machines: Machines, feed: Path, port: int, placement: Placement) -> None:
        self._machines = machines
        self._feed = feed
        self._port = port
        self._placement = placement
        self._started = 0
        self.slots: dict[int, Machine] = {}

    @property
    def alive(self) -> list[Machine]:
        """Those that run, by slot."""
        return [self.slots[slot] for slot in sorted(self.slots) if self.slots[slot].is_alive]

    def start_all(self) -> None:
        """One machine for each slot. Raises InstrumentError."""
        for slot in range(self._machines.stable + self._machines.ephemeral):
            self.start(slot)
        self.publish()

    def start(self, slot: int) -> Machine:
        """Fill a slot. Raises InstrumentError."""
        number = self._started
        self._started += 1
        address = f"{NETWORK}.{number // 250}.{number % 250 + 1}"
        answer_ms = f"{self._machines.answer * 1e3:g}"
        command = [sys.executable, "-m", "holdfast.drills.spot_reclaim.machine", address, str(self._port), answer_ms]
        process = InstrumentProcess(command, self._placement)
        endpoint = Endpoint(
            address=f"{address}:{self._port}", zone=f"zone-{slot % 3}", ephemeral=slot >= self._machines.stable
        )
        self.slots[slot] = Machine(slot, endpoint, process, time.monotonic())
        return self.slots[slot]

    def kill(self, machine: Machine) -> None:
        """Take a machine back at once, by SIGKILL."""
        machine.is_alive = False
        machine.process.kill()

    def publish(self) -> None:
        """Bring the list of machines up to date: the one that Holdfast watches."""
        listed = [machine.endpoint.model_dump(mode="json", exclude_none=True) for machine in self.alive]
        draft = self._feed.with_suffix(".new")
        draft.write_text(json.dumps(listed), encoding="utf-8")
        draft.replace(self._feed)

    def __enter__(self) -> Self:
        """The provider itself, with all its machines."""
        self.start_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no process behind."""
        for machine in self.slots.values():
            machine.process.kill()
