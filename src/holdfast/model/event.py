"""What was decided. Only these are journalled; each is versioned, and old versions are upgraded one step at a time."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from holdfast.model.decided import Decided
from holdfast.model.finding import Finding, FindingId
from holdfast.model.incident_event import (
    FollowUpSet,
    IncidentAcknowledged,
    IncidentChanged,
    IncidentEvent,
    IncidentNoted,
    IncidentOpened,
    MaintenanceSet,
    PersonPaged,
    PostWritten,
)
from holdfast.model.intent import Walls
from holdfast.model.mitigation import Measure, Mitigation, MitigationId
from holdfast.model.note import NoteKind
from holdfast.model.platform import Limits
from holdfast.model.revision import ContentHash, Revision, RevisionNumber
from holdfast.model.rollout import Wave
from holdfast.model.scalars import Name


class RevisionProposed(Decided):
    """A checked platform file was handed in; a canary is to prove it."""

    type: Literal["revision_proposed"] = "revision_proposed"
    revision: Revision


class RevisionRefused(Decided):
    """The canary refused it, or something newer overtook it: nothing changed on any edge."""

    type: Literal["revision_refused"] = "revision_refused"
    number: RevisionNumber
    why: str


class RevisionInForce(Decided):
    """The revision was proved, and every wave of it was well; every edge is given it.

    `settled` is `model.intent.Intent.settled` from now on.
    """

    type: Literal["revision_in_force"] = "revision_in_force"
    number: RevisionNumber
    settled: dict[Name, Walls] = Field(default_factory=dict)


class RolloutBegan(Decided):
    """The revision was proved; the first wave is given it. `cohorts` is a kept text, see `model.rollout.Cohorts`."""

    type: Literal["rollout_began"] = "rollout_began"
    number: RevisionNumber
    cohorts: ContentHash
    waves: tuple[Wave, ...]
    settled: dict[Name, Walls] = Field(default_factory=dict)


class WaveBegan(Decided):
    """The next wave is given the revision; `wave` counts from 0."""

    type: Literal["wave_began"] = "wave_began"
    number: RevisionNumber
    wave: int
    why: str = ""


class RolloutPaused(Decided):
    """No further wave begins until somebody says so; those that have the revision keep it."""

    type: Literal["rollout_paused"] = "rollout_paused"
    number: RevisionNumber
    why: str


class RolloutResumed(Decided):
    """Waves go on."""

    type: Literal["rollout_resumed"] = "rollout_resumed"
    number: RevisionNumber
    why: str = ""


class RolloutPromoted(Decided):
    """Somebody wanted everybody to have it now; the waves that were left are skipped."""

    type: Literal["rollout_promoted"] = "rollout_promoted"
    number: RevisionNumber
    why: str


class RevisionRolledBack(Decided):
    """Whoever had the revision has the one before again. `wave` is the last that had it, `evidence` speaks for it."""

    type: Literal["revision_rolled_back"] = "revision_rolled_back"
    number: RevisionNumber
    wave: int
    why: str
    evidence: tuple[str, ...] = ()


class ChangesFrozen(Decided):
    """Nothing new goes out until then (Unix time, in seconds), or until it is ended."""

    type: Literal["changes_frozen"] = "changes_frozen"
    why: str
    until: float | None = None


class ChangesThawed(Decided):
    """Revisions may go out again."""

    type: Literal["changes_thawed"] = "changes_thawed"
    why: str = ""


class MitigationStarted(Decided):
    """A protective change is in force until it expires or is ended."""

    type: Literal["mitigation_started"] = "mitigation_started"
    mitigation: Mitigation


class MitigationEnded(Decided):
    """A protective change is no longer in force."""

    type: Literal["mitigation_ended"] = "mitigation_ended"
    id: MitigationId
    why: str


class MitigationAdjusted(Decided):
    """A protective change in force is now another of its kind, on other edges, or lasts until another time."""

    type: Literal["mitigation_adjusted"] = "mitigation_adjusted"
    id: MitigationId
    measure: Measure
    edges: tuple[Name, ...] | None
    expires_at: float
    why: str


class FindingOpened(Decided):
    """The watch found something harmful: tier 2."""

    type: Literal["finding_opened"] = "finding_opened"
    id: FindingId
    finding: Finding


class FindingUpdated(Decided):
    """More is known of an open finding, such as where the excess comes from."""

    type: Literal["finding_updated"] = "finding_updated"
    id: FindingId
    finding: Finding


class FindingClosed(Decided):
    """What was found is over."""

    type: Literal["finding_closed"] = "finding_closed"
    id: FindingId
    why: str


class MitigationSuggested(Decided):
    """Holdfast would have mitigated, but the service's policy is to suggest; people may do it."""

    type: Literal["mitigation_suggested"] = "mitigation_suggested"
    finding: FindingId
    measure: Measure
    edges: tuple[Name, ...] | None = None
    for_s: float
    reason: str


class TenantTold(Decided):
    """A tenant's contact was told what was done to its service, or couldn't be (`error`)."""

    type: Literal["tenant_told"] = "tenant_told"
    tenant: Name
    mitigation: MitigationId
    contact: str
    error: str | None = None


class ComponentSwitched(Decided):
    """A component of Holdfast itself was switched on, off, or to another version, and why."""

    type: Literal["component_switched"] = "component_switched"
    component: Name
    on: bool
    component_version: str = ""
    why: str


class ChangeNoted(Decided):
    """Somebody says that something was changed beside Holdfast, for these services (none: not said which).

    A drill goes on until a Unix time, in seconds (None: an hour), or until a note says that it `ends`: given by the
    drill's place in the journal.
    """

    type: Literal["change_noted"] = "change_noted"
    kind: NoteKind
    services: tuple[Name, ...] = ()
    why: str
    until: float | None = None
    ends: int | None = None


class OwnerLimitsSet(Decided):
    """A tenant's owner chose limits for a service within the platform's bounds; None returns to the file's."""

    type: Literal["owner_limits_set"] = "owner_limits_set"
    service: Name
    limits: Limits | None
    why: str = ""


FindingEvent = FindingOpened | FindingUpdated | FindingClosed
"""What is told of a finding's life."""

MitigationEvent = MitigationStarted | MitigationAdjusted | MitigationEnded
"""What changes edges at once: what is mitigated, and how."""

RolloutEvent = (
    RolloutBegan
    | WaveBegan
    | RolloutPaused
    | RolloutResumed
    | RolloutPromoted
    | RevisionRolledBack
    | ChangesFrozen
    | ChangesThawed
)
"""What is told of a revision on its way, and of whether any may be."""

ProtectiveEvent = (
    MitigationEvent | FindingEvent | IncidentEvent | MitigationSuggested | TenantTold | ComponentSwitched | ChangeNoted
)
"""What takes effect before it is recorded, and so must commute with all other events."""

Event = Annotated[
    RevisionProposed
    | RevisionRefused
    | RevisionInForce
    | RolloutBegan
    | WaveBegan
    | RolloutPaused
    | RolloutResumed
    | RolloutPromoted
    | RevisionRolledBack
    | ChangesFrozen
    | ChangesThawed
    | MitigationStarted
    | MitigationAdjusted
    | MitigationEnded
    | MitigationSuggested
    | FindingOpened
    | FindingUpdated
    | FindingClosed
    | TenantTold
    | ComponentSwitched
    | ChangeNoted
    | IncidentOpened
    | IncidentChanged
    | IncidentAcknowledged
    | IncidentNoted
    | PersonPaged
    | PostWritten
    | FollowUpSet
    | MaintenanceSet
    | OwnerLimitsSet,
    Field(discriminator="type"),
]
"""Everything that a journal may hold."""

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads and writes events as JSON."""
