"""What was decided. Only these are journalled; each is versioned, and old versions are upgraded one step at a time."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from holdfast.model.intent import Walls
from holdfast.model.mitigation import Mitigation, MitigationId
from holdfast.model.noun import Noun
from holdfast.model.platform import Limits, Name
from holdfast.model.revision import Revision, RevisionNumber


class _Event(Noun):
    at: float
    """Unix time of the decision, in seconds."""
    author: str
    version: Literal[1] = 1


class RevisionProposed(_Event):
    """A checked platform file was handed in; a canary is to prove it."""

    type: Literal["revision_proposed"] = "revision_proposed"
    revision: Revision


class RevisionRefused(_Event):
    """The canary refused it, or something newer overtook it: nothing changed on any edge."""

    type: Literal["revision_refused"] = "revision_refused"
    number: RevisionNumber
    why: str


class RevisionInForce(_Event):
    """The revision was proved; every edge is given it. `settled` is `model.intent.Intent.settled` from now on."""

    type: Literal["revision_in_force"] = "revision_in_force"
    number: RevisionNumber
    settled: dict[Name, Walls] = Field(default_factory=dict)


class MitigationStarted(_Event):
    """A protective change is in force until it expires or is ended."""

    type: Literal["mitigation_started"] = "mitigation_started"
    mitigation: Mitigation


class MitigationEnded(_Event):
    """A protective change is no longer in force."""

    type: Literal["mitigation_ended"] = "mitigation_ended"
    id: MitigationId
    why: str


class OwnerLimitsSet(_Event):
    """A tenant's owner chose limits for a service within the platform's bounds; None returns to the file's."""

    type: Literal["owner_limits_set"] = "owner_limits_set"
    service: Name
    limits: Limits | None
    why: str = ""


Event = Annotated[
    RevisionProposed | RevisionRefused | RevisionInForce | MitigationStarted | MitigationEnded | OwnerLimitsSet,
    Field(discriminator="type"),
]
"""Everything that a journal may hold."""

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads and writes events as JSON."""
