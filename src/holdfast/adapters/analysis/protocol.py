"""What control and an analyser say to each other: JSON objects, one a line, over its standard input and output.

Control hands over samples, and asks; every question is answered once, in order, after all samples before it were
taken. An analyser says nothing unasked. It ends when its input does. Anything else counts against it.
"""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from holdfast.model.noun import Noun
from holdfast.model.query import FlaggedOperation, ServiceQueries
from holdfast.model.scalars import Name

SAMPLES_MAX: Final = 64
"""Samples in one line."""
DOCUMENT_CHARACTERS_MAX: Final = 8_192
MESSAGE_BYTES_MAX: Final = 4 * 1024**2
"""A line to the analyser: SAMPLES_MAX documents whose every character is escaped."""
ANSWER_BYTES_MAX: Final = 128 * 1024
"""A line from the analyser."""
FLAGGED_MAX: Final = 10

AskNumber = Annotated[int, Field(ge=1)]
Sample = tuple[Name, Annotated[str, Field(max_length=DOCUMENT_CHARACTERS_MAX)], Annotated[float, Field(gt=0)]]
"""A service, a document, and how many requests it stands for."""


class Samples(Noun):
    """Documents to analyse. They aren't answered."""

    samples: Annotated[tuple[Sample, ...], Field(max_length=SAMPLES_MAX)]


class Ask(Noun):
    """Asks whether all is well and what was newly flagged, or for what is known of a service."""

    ask: AskNumber
    service: Name | None = None


class Answer(Noun):
    """The answer to the question of that number. `queries` is there where a service was named."""

    answer: AskNumber
    flagged: Annotated[tuple[FlaggedOperation, ...], Field(max_length=FLAGGED_MAX)] = ()
    queries: ServiceQueries | None = None


Message = Samples | Ask
MESSAGE: Final[TypeAdapter[Message]] = TypeAdapter(Message)


def write_line(message: Message | Answer) -> bytes:
    """A message as a line. Characters that UTF-8 has no word for are replaced."""
    return message.model_dump_json(exclude_none=True).encode() + b"\n"
