"""Those who send mail: each its own numbered messages, one after the other, over any edge; and what arrived of them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, Self

from holdfast.drills.stage.client import Client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from holdfast.drills.stage.client import Answer

MAIL_PREFIX: Final = "/send/"
TIMEOUT_S: Final = 10.0
"""A sender has patience; what is slow is told by its latency."""
POST: Final = "POST"
LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, and what the sender was told. Numbers of a key count up from 0."""

    key: str
    number: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Received:
    """A message that a machine answered 200, at a moment of CLOCK_MONOTONIC."""

    key: str
    number: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends by which service. Its messages bear its key in a header, and are kept in their order for it."""

    service: str
    key: str


class Senders:
    """Threads that send until the block is left, `rps` messages a second each; nothing is ever sent twice by them."""

    def __init__(self, senders: Sequence[Sender], order_by: str, rps: float, ports: Sequence[int], seed: int) -> None:
        """`order_by` is the header, `ports` are those of the edges that each sender chooses from anew each time."""
        self._order_by = order_by
        self._rps = rps
        self._ports = ports
        self._sent: list[Sent] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_all, args=(sender, Random(seed + place)), daemon=True)  # noqa: S311
            for place, sender in enumerate(senders)
        ]

    def finish(self) -> list[Sent]:
        """Send nothing more; returns all that was sent."""
        self._over.set()
        for thread in self._threads:
            thread.join(2 * TIMEOUT_S)
        return self._sent

    def _send_all(self, sender: Sender, chance: Random) -> None:
        clients = [Client(port, TIMEOUT_S) for port in self._ports]
        number, due_s = 0, time.monotonic() + chance.uniform(0, 1 / self._rps)
        while not self._over.wait(max(0.0, due_s - time.monotonic())):
            headers = {self._order_by: sender.key, "idempotency-key": f"{sender.key}-{number}"}
            path = f"{MAIL_PREFIX}{sender.key}/{number}"
            answer = chance.choice(clients).ask(sender.service, POST, path, headers, "hello")
            self._sent.append(Sent(sender.key, number, answer))
            number += 1
            due_s = max(due_s + 1 / self._rps, time.monotonic())
        for client in clients:
            client.close()

    def __enter__(self) -> Self:
        """Begin to send."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no thread behind."""
        self.finish()


def await_received(sent: Sequence[Sent], ledgers: Path, seconds_max: float) -> list[Received]:
    """What was received when all that was accepted is there, or the time is up."""
    deadline = time.monotonic() + seconds_max
    received = read_received(ledgers)
    while list_missing(sent, received) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
        received = read_received(ledgers)
    return received


def read_received(ledgers: Path) -> list[Received]:
    """All mail that any machine took, in the order of its moments."""
    received = []
    for file in sorted(ledgers.iterdir()):
        for line in file.read_text("utf-8").splitlines():
            at_ns, method, target = line.split(" ")
            if method == POST and target.startswith(MAIL_PREFIX):
                key, number = target.removeprefix(MAIL_PREFIX).split("/")
                received.append(Received(key, int(number), int(at_ns)))
    return sorted(received, key=lambda each: each.at_ns)


def list_missing(sent: Sequence[Sent], received: Sequence[Received]) -> list[Sent]:
    """What a sender was told is accepted, and no machine has."""
    there = {(each.key, each.number) for each in received}
    return [each for each in sent if each.answer.is_good and (each.key, each.number) not in there]


def count_disorder(sent: Sequence[Sent], received: Sequence[Received]) -> int:
    """How often an accepted message first arrived after a later one of the same key.

    Those that nobody accepted may arrive at any time, and don't count.
    """
    accepted = {(each.key, each.number) for each in sent if each.answer.is_good}
    latest: dict[str, int] = {}
    known: set[tuple[str, int]] = set()
    wrong = 0
    for each in received:
        message = (each.key, each.number)
        if message not in accepted or message in known:
            continue
        known.add(message)
        wrong += each.number < latest.get(each.key, -1)
        latest[each.key] = max(each.number, latest.get(each.key, -1))
    return wrong


def count_doubled(received: Sequence[Received]) -> int:
    """How many arrivals were of messages that had arrived before."""
    times: Mapping[tuple[str, int], None] = dict.fromkeys((each.key, each.number) for each in received)
    return len(received) - len(times)
