"""What control and the spooler say to each other: JSON objects, one a line, over the spooler's private socket.

Control says how edges are switched, and asks. The spooler answers every question once, and tells unasked how it
stands: whenever what it wants changes, and again and again.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from holdfast.model.noun import Noun
from holdfast.model.scalars import Name
from holdfast.spool.switching import Position
from holdfast.spooler.settings import SpoolSettings
from holdfast.views.spool import DeadLettersDocument, MessageDocument, SpoolDocument

LINE_BYTES_MAX: Final = 64 * 1024**2
LETTERS_MAX: Final = 1_000
"""Dead letters in one answer, or acted upon by one question."""


class Configure(Noun):
    """Go by these settings from now on."""

    kind: Literal["configure"] = "configure"
    settings: SpoolSettings


class EdgesStand(Noun):
    """How the edges are switched for a service, as of a wish's number. `pinned`: somebody wants it open."""

    position: Position
    turn: int
    pinned: bool = False


class Positions(Noun):
    """How the edges are switched."""

    kind: Literal["positions"] = "positions"
    services: dict[Name, EdgesStand]


class ListDead(Noun):
    """Which dead letters are there?"""

    kind: Literal["list-dead"] = "list-dead"
    service: Name | None = None
    tenant: Name | None = None
    after: int = 0
    count_max: Annotated[int, Field(ge=1, le=LETTERS_MAX)] = 100


class Inspect(Noun):
    """What is a message, and what became of it?"""

    kind: Literal["inspect"] = "inspect"
    id: str


class Redeliver(Noun):
    """Let a dead letter wait again."""

    kind: Literal["redeliver"] = "redeliver"
    id: str
    by: str
    why: str


class Drop(Noun):
    """Never deliver a message that waits or is dead."""

    kind: Literal["drop"] = "drop"
    id: str
    by: str
    why: str


Question = Annotated[ListDead | Inspect | Redeliver | Drop, Field(discriminator="kind")]


class Ask(Noun):
    """A question, with a number by which its answer is known."""

    kind: Literal["ask"] = "ask"
    ask: int
    question: Question


class Answer(Noun):
    """The answer to the question of that number: what was asked for, or why not. `missing`: there is no such message.

    With none of them, it is done.
    """

    kind: Literal["answer"] = "answer"
    ask: int
    letters: DeadLettersDocument | None = None
    message: MessageDocument | None = None
    missing: str | None = None
    refused: str | None = None


class Stand(Noun):
    """How the spooler stands."""

    kind: Literal["stand"] = "stand"
    spool: SpoolDocument


FromControl = Annotated[Configure | Positions | Ask, Field(discriminator="kind")]
FromSpooler = Annotated[Answer | Stand, Field(discriminator="kind")]
FROM_CONTROL: Final[TypeAdapter[Configure | Positions | Ask]] = TypeAdapter(FromControl)
FROM_SPOOLER: Final[TypeAdapter[Answer | Stand]] = TypeAdapter(FromSpooler)


def write_line(said: Noun) -> bytes:
    """What is said, as a line."""
    return said.model_dump_json().encode() + b"\n"
