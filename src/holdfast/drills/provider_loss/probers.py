"""Somebody in each region who keeps asking for one service, reading and writing, and notes what the answers say."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Self

from holdfast.drills.provider_loss.traffic import READ_PATH, WRITE_PATH
from holdfast.drills.stage.client import Client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from holdfast.drills.stage.client import Answer

PAUSE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Probe:
    """What one probe was answered."""

    is_write: bool
    answer: Answer


class Prober:
    """Asks a service at a location's edges in turn, until the block is left. A write follows each read."""

    def __init__(self, service: str, ports: Sequence[int], timeout_s: float) -> None:
        self._service = service
        self._ports = ports
        self._timeout_s = timeout_s
        self._probes: list[Probe] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._probe, args=(writes,), daemon=True) for writes in (False, True)]

    def finish(self) -> list[Probe]:
        """Ask nothing more; returns all that was asked, by the moment of asking."""
        self._over.set()
        for thread in self._threads:
            thread.join(2 * self._timeout_s)
        return sorted(self._probes, key=lambda probe: probe.answer.asked_ns)

    def _probe(self, writes: bool) -> None:
        clients = [Client(port, self._timeout_s) for port in self._ports]
        due_s, turn = time.monotonic(), 0
        while not self._over.wait(max(0.0, due_s - time.monotonic())):
            client = clients[turn % len(clients)]
            method, path = ("POST", WRITE_PATH) if writes else ("GET", READ_PATH)
            answer = client.ask(self._service, method, path, {}, "one" if writes else None)
            self._probes.append(Probe(writes, answer))
            due_s, turn = max(due_s + PAUSE_S, time.monotonic()), turn + 1
        for client in clients:
            client.close()

    def __enter__(self) -> Self:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no thread behind."""
        self.finish()


def find_longest_outage_s(probes: Sequence[Probe], *, writes: bool) -> float:
    """The longest time between two good answers, the pause between probes included; infinite without any."""
    good = [each.answer.answered_ns for each in probes if each.is_write == writes and each.answer.is_good]
    gaps = [(after - before) / 1e9 for before, after in pairwise(good)]
    return max(gaps, default=float("inf"))
