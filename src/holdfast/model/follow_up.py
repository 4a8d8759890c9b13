"""What was promised after an incident."""

from typing import Annotated

from pydantic import StringConstraints

from holdfast.model.day import Day
from holdfast.model.incident import IncidentId
from holdfast.model.noun import Noun
from holdfast.model.scalars import Name

FollowUpId = Annotated[str, StringConstraints(pattern=r"^u-[1-9][0-9]{0,17}$")]
"""`u-17`: numbered in order, never reused."""


class FollowUp(Noun):
    """One promise: whose, due when (UTC), and the drill that proves it, if one does.

    `public_text` is what the status site says of it; None keeps it internal.
    """

    id: FollowUpId
    incident: IncidentId
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    owner: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    due: Day
    drill: Name | None = None
    public_text: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    done_at: float | None = None
    """Unix time, in seconds."""
    dropped: bool = False
    """Given up, as said in the journal."""
