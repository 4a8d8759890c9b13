"""Messages to people, and the durable store that they wait in until somebody's channel has them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pydantic import SecretStr


class ChannelKind(StrEnum):
    """How a letter gets there."""

    EMAIL = "email"
    """`address` is an e-mail address."""
    WEBHOOK = "webhook"
    """`address` is an http(s) URL."""
    APPRISE = "apprise"
    """`address` is a URL in Apprise's form (https://github.com/caronc/apprise/wiki), secrets and all."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach somebody."""

    kind: ChannelKind
    address: SecretStr


@dataclass(frozen=True, slots=True)
class Letter:
    """One message by one channel. What bears a key that was put before is the same letter, and isn't sent again.

    `headers` are those of a mail, such as List-Unsubscribe; `body` is the JSON text of a webhook, by default one with
    key, subject and text. After `not_after` (Unix time, in seconds) it isn't worth sending.
    """

    key: str
    channel: Channel
    subject: str
    text: str
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    not_after: float | None = None


class LetterStatus(StrEnum):
    """How far a letter is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Given up: refused for good, or not taken until it wasn't worth sending."""


@dataclass(frozen=True, slots=True)
class LetterState:
    """What became of a letter so far; `error` is the latest one, without secrets. Times are Unix times, in seconds."""

    key: str
    status: LetterStatus
    tries: int
    put_at: float
    changed_at: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Letters that whoever they are for refused for good, one after the other, with none taken in between.

    Their keys begin with `owner` and a colon. Times are Unix times, in seconds; `error` is the latest one.
    """

    owner: str
    kind: ChannelKind
    count: int
    first_at: float
    latest_at: float
    error: str


class OutboxFull(Exception):
    """As many letters wait as may."""


class OutboxUnavailable(Exception):
    """Letters can't be kept, or read, now: the disk is full, say. Trying again may help."""


class Outbox(Protocol):
    """Letters that survive a SIGKILL. Belongs to one process. All of it may raise OutboxUnavailable."""

    async def put(self, letters: Sequence[Letter]) -> None:
        """Make letters durable, all or none, but for those whose key is known.

        OutboxFull if that is too many, ValueError if one isn't a letter that could ever be sent.
        """

    async def look_up(self, keys: Sequence[str]) -> Sequence[LetterState]:
        """How far those of these letters are that are known."""

    async def cancel(self, prefix: str) -> None:
        """Give up the waiting letters whose keys begin so."""


class RefusingOutbox(Outbox, Protocol):
    """An outbox that knows who refuses letters. All of it may raise OutboxUnavailable."""

    async def list_refusals(self, count_min: int, rows_max: int) -> Sequence[Refusals]:
        """Those with so many letters refused in a row, at most so many of them; who refused first comes first."""

    async def forget_refusals(self, owner: str) -> None:
        """Count anew from now on."""

    async def find_arrival(self, kind: ChannelKind) -> float | None:
        """When somebody last took a letter of a kind, as far as that is remembered: Unix time, in seconds."""


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """How an outbox does: letters that wait, the age of the oldest in seconds, and those given up, by channel kind."""

    waiting: int = 0
    oldest_s: float = 0.0
    failed: dict[ChannelKind, int] = field(default_factory=dict)
