"""Public episodes: what is wrong, since when, for whom, how far its repair is, and what people were told of it.

Their words are those of Statuspage (https://developer.statuspage.io), which readers of status pages know.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from holdfast.model.finding import FindingId
from holdfast.model.mitigation import MitigationId
from holdfast.model.noun import Noun
from holdfast.model.revision import RevisionNumber
from holdfast.model.scalars import Name

IncidentId = Annotated[str, StringConstraints(pattern=r"^i-[1-9][0-9]{0,17}$")]
"""`i-17`: numbered in order of opening, never reused."""
TITLE_CHARACTERS_MAX = 200
POST_CHARACTERS_MAX = 4_000
Title = Annotated[str, StringConstraints(min_length=1, max_length=TITLE_CHARACTERS_MAX)]


class Phase(StrEnum):
    """How far an incident is."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Impact(StrEnum):
    """How bad an incident is for those who use what it is about."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Occasion(StrEnum):
    """What an incident was opened for."""

    FINDING = "finding"
    FAILOVER = "failover"
    ROLLOUT = "rollout"
    MITIGATION = "mitigation"
    """Holdfast took back a mitigation that did harm."""
    DEFERRAL = "deferral"
    """What may be deferred is kept for later, since its upstream can't take it."""
    COMPONENT = "component"
    """Holdfast switched off a part of itself."""
    ALERT = "alert"
    """Another monitoring system said so."""
    PERSON = "person"


class Incident(Noun):
    """One episode. Times are Unix times, in seconds. `title` and `services` are internal, whatever is published.

    `components` and `regions` are those of the status site. A `drill` counts for nothing and isn't published.
    """

    id: IncidentId
    title: Title
    public_title: Title
    """What the status site calls it: names nobody's service or tenant unless that is allowed."""
    occasion: Occasion
    impact: Impact
    phase: Phase = Phase.INVESTIGATING
    began_at: float
    """When the trouble began, as far as can be told."""
    opened_at: float
    components: tuple[Name, ...] = ()
    regions: tuple[Name, ...] = ()
    services: tuple[Name, ...] = ()
    findings: tuple[FindingId, ...] = ()
    mitigations: tuple[MitigationId, ...] = ()
    """Failovers that it was opened for, or that came to it."""
    revision: RevisionNumber | None = None
    """The revision that was taken back."""
    alert: str | None = None
    """What another monitoring system calls it."""
    drill: bool = False
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None
    led_by: str | None = None
    """Who set its phase or impact, or wrote a public word: Holdfast itself leaves these to people from then on."""
    resolved_at: float | None = None
    reopened_at: float | None = None
    """When it was opened again last, unless whoever worked on it did that."""

    @property
    def is_open(self) -> bool:
        """Whether it isn't resolved."""
        return self.phase is not Phase.RESOLVED


class PostStatus(StrEnum):
    """Whether the public may read a post."""

    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Post(Noun):
    """A public word about an incident, or a draft of one. Numbered from 1 within the incident."""

    number: Annotated[int, Field(ge=1)]
    phase: Phase
    text: Annotated[str, StringConstraints(min_length=1, max_length=POST_CHARACTERS_MAX)]
    status: PostStatus
    at: float
    """When it was written, or published (Unix time, in seconds)."""
    author: str


class IncidentNote(Noun):
    """An internal word about an incident, by somebody who works on it."""

    at: float
    author: str
    text: str


class Page(Noun):
    """That somebody was woken for an incident, or couldn't be (`error`)."""

    at: float
    person: str
    channel: str
    step: int
    """Of the escalation, counted from 1; 0 for what was sent by hand."""
    error: str | None = None
