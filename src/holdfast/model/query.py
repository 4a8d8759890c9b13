"""What the analyser says of GraphQL operations, without anything that a client put into them as a value."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.scalars import Name

OPERATIONS_SHOWN_MAX: Final = 50
"""Operations of one service that are told at once."""
TEXT_CHARACTERS_MAX: Final = 256

Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""The same for operations that differ in values, aliases, order and layout only."""
_Amount = Annotated[float, Field(ge=0)]
_Size = Annotated[int, Field(ge=0, le=1_000_000_000)]


class QueryFlag(StrEnum):
    """Why an operation is called large or complex."""

    DEEP = "deep"
    WIDE = "wide"
    COSTLY = "costly"
    MANY_ALIASES = "many-aliases"
    MANY_DIRECTIVES = "many-directives"
    CYCLIC = "cyclic"
    """Its fragments spread one another in a circle, which no server may execute."""


class Unreadable(StrEnum):
    """Why a document wasn't analysed."""

    TOO_LONG = "too-long"
    TOO_NESTED = "too-nested"
    TOO_MANY_TOKENS = "too-many-tokens"
    TOO_SLOW = "too-slow"
    MALFORMED = "malformed"
    NO_OPERATION = "no-operation"
    FAILED = "failed"
    """A bug in the analyser, which its log says more of."""
    SKIPPED = "skipped"
    """Not seen before, and the analyser had no CPU time left for it."""


class QueryMeasures(Noun):
    """How large an operation is, fragments expanded; each figure ends at a billion.

    `depth` counts fields within fields. `cost` is 1 for each field, plus its children's cost times the number of
    items that its arguments ask for.
    """

    depth: _Size
    fields: _Size
    aliases: _Size
    directives: _Size
    cost: _Size


class Operation(Noun):
    """Requests of one fingerprint. `requests` are at least so many, and at most `overcount` more.

    Requests of ten minutes ago count half, of twenty a quarter, and so on.
    """

    fingerprint: Fingerprint
    text: Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]
    requests: _Amount
    overcount: _Amount = 0.0
    measures: QueryMeasures
    flags: Annotated[tuple[QueryFlag, ...], Field(max_length=len(QueryFlag))] = ()

    @property
    def load(self) -> float:
        """What its requests cost together: what operations are ranked by."""
        return (self.requests + self.overcount) * max(1, self.measures.cost)


class ServiceQueries(Noun):
    """The operations of a service that cost most together, the costliest first; and what couldn't be analysed.

    `requests` counts all documents that were sampled, weighted by how many requests each stands for.
    """

    service: Name
    requests: _Amount = 0.0
    unreadable: dict[Unreadable, _Amount] = Field(default_factory=dict)
    operations: Annotated[tuple[Operation, ...], Field(max_length=OPERATIONS_SHOWN_MAX)] = ()


class FlaggedOperation(Noun):
    """An operation that was seen to be large or complex for the first time."""

    service: Name
    operation: Operation
