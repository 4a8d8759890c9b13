"""A change that may be why something was found, with all that speaks for it."""

from typing import Annotated

from pydantic import Field

from holdfast.model.ledger import LedgerKind
from holdfast.model.noun import Noun


class Suspect(Noun):
    """A change that reached what a finding is about before that began. Times are Unix times, in seconds.

    `sequence` is its place in the ledger; None while it isn't recorded. It was in force there for `lead_s` seconds when
    the trouble began. `affected_having` of the `affected` services, or edges, had it, and `having_share` of all.
    `weight` is how likely it is the cause if one of the changes or none of them is, from 0 to 1; all weights beside a
    finding add up to less than 1, and the rest is none of them. `evidence` says so in plain words.
    """

    sequence: int | None
    kind: LedgerKind
    subject: str
    title: str
    author: str
    why: str
    reached_at: float
    lead_s: float
    affected: int
    affected_having: int
    having_share: Annotated[float, Field(ge=0, le=1)]
    weight: Annotated[float, Field(ge=0, le=1)]
    evidence: tuple[str, ...]


class RuledOut(Noun):
    """A change made shortly before that isn't why; `evidence` says why not. `at` is when it first reached anybody.

    `sequence` is its place in the ledger; None while it isn't recorded.
    """

    sequence: int | None
    kind: LedgerKind
    subject: str
    title: str
    author: str
    why: str
    at: float
    evidence: tuple[str, ...]
