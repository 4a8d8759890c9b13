"""What is kept for later: messages that an upstream couldn't take, what became of each, and the store that keeps them.

Times are seconds since the epoch, as wall clocks say it. Nothing here knows how a message is delivered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

Headers = tuple[tuple[str, str], ...]
"""Names in lower case and values, in the order in which they came, without those that are about one connection only."""


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """A request as it came in, before it is a message.

    `idempotency_key` is the client's own; without one, the store assigns the message's id. `order_key` is the value of
    the header that the route's deferral orders by: messages of a service that bear the same are delivered in the order
    of their acceptance. `priority` goes from 0 (first) to 9. `path` has the query with it.
    """

    service: str
    tenant: str
    route: str
    order_key: str | None
    idempotency_key: str | None
    priority: int
    method: str
    host: str
    path: str
    headers: Headers
    body: bytes
    accepted_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Message:
    """A request that was accepted, with everything that its delivery needs.

    `id` is unguessable: who knows it may read the receipt. `sequence` rises with every acceptance. `attempts` counts
    the deliveries that failed by the message's own or the upstream's fault.
    """

    id: str
    sequence: int
    service: str
    tenant: str
    route: str
    order_key: str | None
    idempotency_key: str
    priority: int
    method: str
    host: str
    path: str
    headers: Headers
    body: bytes
    accepted_at: float
    expires_at: float
    attempts: int = 0


class Standing(StrEnum):
    """What has become of a message. The last two are for good; of a dead letter people decide."""

    WAITING = "waiting"
    DELIVERING = "delivering"
    DEAD = "dead"
    DELIVERED = "delivered"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What may be told to whoever was given a message's id.

    `status` is the upstream's answer, of the delivered. `why` is the reason of a death or a drop, or of the last
    failed attempt. `by` is who dropped it. `settled_at` is when it was delivered, died or was dropped.
    """

    id: str
    standing: Standing
    service: str
    idempotency_key: str
    accepted_at: float
    expires_at: float
    attempts: int = 0
    status: int | None = None
    why: str | None = None
    by: str | None = None
    settled_at: float | None = None


class Accepted(msgspec.Struct, frozen=True):
    """The message is durable. `replayed`: it was already, by the same key with the same content."""

    id: str
    idempotency_key: str
    replayed: bool = False


class Refusal(StrEnum):
    """Why a message isn't taken."""

    CONFLICT = "conflict"
    """Its idempotency key belongs to a message with another content."""
    TENANT_FULL = "tenant_full"
    FULL = "full"
    DISK_FULL = "disk_full"


class Refused(msgspec.Struct, frozen=True):
    """Nothing was kept."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Delivered:
    """The upstream took it."""

    id: str
    status: int
    at: float


@dataclass(frozen=True, slots=True)
class Retry:
    """It is to be tried again, not before `due_at`. `counted`: the attempt was the message's or the upstream's fault.

    With `counted=False` and `due_at=0` a claim is given back as if it had never been.
    """

    id: str
    due_at: float
    why: str | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Dead:
    """It becomes a dead letter. The next message of its order, if it has one, may be delivered now."""

    id: str
    why: str
    at: float


Outcome = Delivered | Retry | Dead


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is kept of one service. Of what waits or is being delivered, `ordered` have an order."""

    tenant: str
    service: str
    waiting: int
    waiting_bytes: int
    ordered: int
    delivering: int
    dead: int
    dead_bytes: int
    oldest_at: float | None


@dataclass(frozen=True, slots=True)
class SpoolFigures:
    """What is kept, by service that anything is kept of; the size of the files; and what they may still grow by."""

    backlogs: tuple[Backlog, ...]
    disk_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter as it stands in a list: without its content."""

    id: str
    sequence: int
    service: str
    tenant: str
    route: str
    order_key: str | None
    method: str
    host: str
    path: str
    body_bytes: int
    accepted_at: float
    died_at: float
    attempts: int
    why: str


class SpoolCorrupt(Exception):
    """The store's file isn't what was written to it."""


class SpoolUnavailable(Exception):
    """The store can't do what it was asked for now: its disk is full or fails. Nothing of it was done."""


class NotInSpool(Exception):
    """There is no such message, or it isn't in a state that allows what was asked for."""


class SpoolStore(Protocol):
    """Keeps messages until they are settled. Every method may be called at any time from the one event loop.

    What changes something returns when that is durable: it survives a crash of the machine. Calls made at the same
    time share one commit, so settle many concurrently rather than one after the other. Claims are the exception: they
    are in memory only, and all of them are gone after a restart, when every message that isn't settled waits again.
    """

    async def accept_all(self, drafts: Sequence[Draft]) -> Sequence[Accepted | Refused]:
        """Keep messages with one commit, but for those that a bound or the disk forbids; say of each what became of it.

        They get their sequence in this order, and in that of the calls. SpoolUnavailable if the disk fails otherwise.
        """
        ...

    async def claim(self, service: str, now: float, count_max: int, bytes_max: int) -> Sequence[Message]:
        """Take up to `count_max` waiting messages of a service, of `bytes_max` bytes together but at least one.

        They come by priority, then by sequence. Only what is due by `now` is taken, nothing that is claimed, and of
        each order key only its first that waits, and only if none of that key is claimed. Every claimed message must
        be settled once by `settle`. A message whose content fails its checksum is never handed out: it is made a dead
        letter that says so.
        """
        ...

    async def settle(self, outcome: Outcome) -> None:
        """Write down what became of a claimed message, and end its claim.

        NotInSpool if it isn't claimed; SpoolUnavailable if it can't be written: the claim stays, settle it again.
        A `Retry` that isn't counted and due at once isn't written, it only ends the claim.
        """
        ...

    async def claim_expired(self, service: str, now: float, count_max: int) -> Sequence[str]:
        """Ids of waiting, unclaimed messages whose `expires_at` has passed, oldest first. They are claimed by this.

        Settle each as `Dead`, or as an uncounted `Retry` where it shall live on. Order keys don't matter here.
        """
        ...

    async def next_due(self, service: str, now: float) -> float | None:
        """When the next waiting message that isn't due by `now` will be; None if there is none."""
        ...

    async def wait_for_arrival(self) -> None:
        """Return when a message was accepted, or redelivered, since this was last returned from. One waiter only."""
        ...

    async def wait_until_settled(self, message_id: str) -> Receipt | None:
        """Return the receipt once the message is delivered, dead or dropped; None if there is no such message."""
        ...

    async def postpone_expiry(self, service: str, by_s: float) -> None:
        """Move `expires_at` of all that waits of a service later: for time that was our fault. Cheap, however many."""
        ...

    async def receipt(self, message_id: str) -> Receipt | None:
        """What became of a message; None if there is none of that id, or it was settled so long ago that it's gone."""
        ...

    async def inspect(self, message_id: str) -> Message | None:
        """A waiting message or dead letter with its content; None if there is none, or it is settled for good.

        SpoolCorrupt if its content fails its checksum.
        """
        ...

    async def list_dead(
        self, *, service: str | None = None, tenant: str | None = None, after: int = 0, count_max: int = 100
    ) -> Sequence[DeadLetter]:
        """Dead letters by sequence, beginning after `after`."""
        ...

    async def redeliver(self, message_id: str, now: float, expires_at: float) -> None:
        """Let a dead letter wait again, from attempt 0. It takes its old place in its order. NotInSpool if not dead."""
        ...

    async def drop(self, message_id: str, now: float, reason: str, by: str) -> None:
        """Never deliver a dead or waiting message. NotInSpool if there is none, or it is claimed or settled."""
        ...

    async def figures(self) -> SpoolFigures:
        """What is kept now. Cheap enough to be asked several times a second."""
        ...

    async def forget(self, before: float) -> int:
        """Remove receipts of what was delivered or dropped before a time, and with them their idempotency keys."""
        ...
