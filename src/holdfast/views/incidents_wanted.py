"""What people may ask for about incidents, promises and announced work: the bodies of requests."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from holdfast.model.day import Day
from holdfast.model.incident import POST_CHARACTERS_MAX, TITLE_CHARACTERS_MAX, Impact, IncidentId, Phase
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.noun import Noun
from holdfast.model.scalars import Name

NAMES_MAX: Final = 1_000
TIME_MAX: Final = 1e11
Names = Annotated[tuple[Name, ...], Field(max_length=NAMES_MAX)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=TITLE_CHARACTERS_MAX)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=POST_CHARACTERS_MAX)]
Why = Annotated[str, StringConstraints(max_length=500)]
Promise = Annotated[str, StringConstraints(min_length=1, max_length=500)]
At = Annotated[float, Field(ge=0, le=TIME_MAX)]
"""A Unix time, in seconds."""


class IncidentWanted(Noun):
    """An incident to open; without `began_at` it began now, without a public title it gets one that says where."""

    title: Line
    impact: Impact = Impact.MINOR
    public_title: Line | None = None
    began_at: At | None = None
    components: Names = ()
    regions: Names = ()
    services: Names = ()
    drill: bool = False


class IncidentChangeWanted(Noun):
    """What is to be otherwise of an incident, and why; what is left out stays.

    Phase `resolved` resolves it, and any other opens a resolved one again.
    """

    reason: Why
    phase: Phase | None = None
    impact: Impact | None = None
    title: Line | None = None
    public_title: Line | None = None
    began_at: At | None = None
    components: Names | None = None
    regions: Names | None = None
    services: Names | None = None
    drill: bool | None = None


class NoteWanted(Noun):
    """A word for those who work on an incident."""

    text: Words


class PostWanted(Noun):
    """A public word, and the phase that the incident is in by it; as it is if left out. A draft waits to be let out."""

    text: Words
    phase: Phase | None = None
    draft: bool = False


class PublishWanted(Noun):
    """A draft is to be published: as it is, or with another text or phase."""

    text: Words | None = None
    phase: Phase | None = None


class FollowUpWanted(Noun):
    """A promise to make after an incident. `drill` is the one that proves it; `public_text` goes on the status site."""

    incident: IncidentId
    text: Promise
    owner: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    due: Day
    drill: Name | None = None
    public_text: Promise | None = None


class FollowUpChangeWanted(Noun):
    """What is to be otherwise of a promise; what is left out stays."""

    text: Promise | None = None
    owner: Annotated[str, StringConstraints(min_length=1, max_length=254)] | None = None
    due: Day | None = None
    drill: Name | None = None
    public_text: Promise | None = None
    done: bool | None = None
    dropped: bool | None = None
    reason: Why = ""


class MaintenanceWanted(Noun):
    """Work to announce. Without components it is about all of them, without regions about all regions."""

    title: Line
    begins_at: At
    ends_at: At
    text: Annotated[str, StringConstraints(max_length=POST_CHARACTERS_MAX)] = ""
    components: Names = ()
    regions: Names = ()


class MaintenanceChangeWanted(Noun):
    """What is to be otherwise of announced work; what is left out stays."""

    title: Line | None = None
    begins_at: At | None = None
    ends_at: At | None = None
    text: Annotated[str, StringConstraints(max_length=POST_CHARACTERS_MAX)] | None = None
    components: Names | None = None
    regions: Names | None = None
    phase: MaintenancePhase | None = None
    reason: Why = ""
