"""Immutable, numbered operator intent."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun

ContentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a platform file's text, in hexadecimal."""
RevisionNumber = Annotated[int, Field(ge=1)]


class RevisionStatus(StrEnum):
    """How far a revision got. At most one is in force; at most one is being proved."""

    PROVING = "proving"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


class Revision(Noun):
    """One platform file as it was handed in. Its text is kept by hash, beside the journal."""

    number: RevisionNumber
    content: ContentHash
    author: str
    reason: str
    proposed_at: float
    rollback_of: RevisionNumber | None = None
    file: str = ""
