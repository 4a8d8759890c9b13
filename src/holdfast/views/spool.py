"""The spool as documents: what is kept of each service, dead letters, and what was done about them."""

from typing import Annotated

from pydantic import Field

from holdfast.model.noun import Noun
from holdfast.model.redaction import redact_url
from holdfast.model.scalars import Name

BODY_SHOWN_MAX = 65_536
"""Bytes of a body that are shown."""


class SpooledServiceDocument(Noun):
    """What is kept of one service. Times are Unix times, in seconds.

    `phase` is that of its switch: direct, opening, spooling, closing or releasing; `turn` numbers what is wished of the
    edges. `held_up`: our own doing keeps deliveries back. `at_once` is how many are sent at a time now.
    """

    service: Name
    tenant: str
    phase: str
    turn: int = 0
    wants_open: bool = False
    pinned: bool = False
    waiting: int = 0
    waiting_bytes: int = 0
    ordered: int = 0
    delivering: int = 0
    dead: int = 0
    dead_bytes: int = 0
    oldest_at: float | None = None
    delivered: int = 0
    failing: bool = False
    held_up: bool = False
    at_once: int = 0


class SpoolDocument(Noun):
    """The spool. `running` says whether its process answers; without it the rest is what was last known."""

    running: bool
    services: tuple[SpooledServiceDocument, ...] = ()
    disk_bytes: int = 0
    free_bytes: int = 0


class DeadLetterDocument(Noun):
    """What could not be delivered, without its content."""

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


class DeadLettersDocument(Noun):
    """Dead letters, oldest acceptance first. `after` is what to continue with, None at the end."""

    dead: tuple[DeadLetterDocument, ...]
    after: int | None = None


class MessageDocument(Noun):
    """What is kept of a message, and what became of it.

    `body` is its beginning in Base64, with headers and body None for whoever may not read them.
    """

    id: str
    standing: str
    service: str
    tenant: str
    idempotency_key: str
    accepted_at: float
    expires_at: float
    attempts: int
    why: str | None = None
    by: str | None = None
    status: int | None = None
    route: str | None = None
    order_key: str | None = None
    method: str | None = None
    host: str | None = None
    path: str | None = None
    headers: tuple[tuple[str, str], ...] | None = None
    body: str | None = None
    body_bytes: int | None = None


def hide_content(message: MessageDocument) -> MessageDocument:
    """A message for whoever may see that it is there, but not read it."""
    return message.model_copy(update={"headers": None, "body": None, "path": None})


def hide_queries(letters: DeadLettersDocument) -> DeadLettersDocument:
    """Dead letters for whoever may not read them: of what was asked for, only what is no secret."""
    dead = (letter.model_copy(update={"path": redact_url(letter.path)}) for letter in letters.dead)
    return letters.model_copy(update={"dead": tuple(dead)})


class SpoolActionDocument(Noun):
    """What was done about dead letters: how many there were of them."""

    done: Annotated[int, Field(ge=0)]
