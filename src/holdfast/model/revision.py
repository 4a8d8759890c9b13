"""Immutable, numbered operator intent."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun

ContentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a platform file's text, in hexadecimal."""
RevisionNumber = Annotated[int, Field(ge=1)]
Commit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{7,64}(-dirty)?)?$")]
"""A commit of version control, in hexadecimal; `-dirty` behind it if what was handed in isn't as it is in that."""


class RevisionStatus(StrEnum):
    """How far a revision got. At most one is in force; at most one is being proved or rolling out."""

    PROVING = "proving"
    ROLLING_OUT = "rolling_out"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    ROLLED_BACK = "rolled_back"


class Revision(Noun):
    """One platform file as it was handed in. Its text is kept by hash, beside the journal."""

    number: RevisionNumber
    content: ContentHash
    author: str
    reason: str
    proposed_at: float
    rollback_of: RevisionNumber | None = None
    recompiles: RevisionNumber | None = None
    """Set where the text is that of an earlier revision, compiled anew by another version of Holdfast."""
    at_once: bool = False
    """Somebody wanted it everywhere without waves."""
    file: str = ""
    commit: Commit = ""
    """Where the text came from, as far as that is known."""
    confirmed: tuple[str, ...] = ()
    """Codes of what its plan found dangerous, and somebody wanted all the same."""
