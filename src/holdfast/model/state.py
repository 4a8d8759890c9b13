"""Everything control has decided so far: what a journal's events add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.model.finding import Finding, FindingId
from holdfast.model.follow_up import FollowUp, FollowUpId
from holdfast.model.incident import Incident, IncidentId, IncidentNote, Page, Post
from holdfast.model.intent import Walls
from holdfast.model.maintenance import Maintenance, MaintenanceId
from holdfast.model.mitigation import Measure, Mitigation, MitigationId
from holdfast.model.platform import Limits
from holdfast.model.revision import Revision, RevisionNumber, RevisionStatus
from holdfast.model.rollout import Freeze, Rollout


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """A revision with how far it got, since when (Unix time, in seconds), and why it went no further."""

    revision: Revision
    status: RevisionStatus
    since: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class EndedMitigation:
    """A mitigation that is no longer in force: since when (Unix time, in seconds), by whom and why."""

    mitigation: Mitigation
    ended_at: float
    author: str
    why: str


@dataclass(frozen=True, slots=True)
class ClosedFinding:
    """A finding that is over: since when (Unix time, in seconds), and why."""

    id: FindingId
    finding: Finding
    closed_at: float
    author: str
    why: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What Holdfast would do about an open finding, for `for_s` seconds; suggested at a Unix time, in seconds."""

    finding: FindingId
    measure: Measure
    edges: tuple[str, ...] | None
    for_s: float
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class ComponentState:
    """Whether a component of Holdfast itself is switched on, and in which version; since when, by whom and why."""

    on: bool
    version: str
    since: float
    author: str
    why: str


@dataclass(frozen=True, slots=True)
class Telling:
    """That a tenant's contact was told of a mitigation at a Unix time (in seconds), or why it couldn't be."""

    tenant: str
    mitigation: MitigationId
    contact: str
    at: float
    error: str | None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident with what was written, noted and paged for it, oldest first; of notes and pages the newest only."""

    incident: Incident
    posts: tuple[Post, ...] = ()
    notes: tuple[IncidentNote, ...] = ()
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What is in force, what is being proved, what was found, and what came before.

    `revisions`, `ended`, `closed` and `told` keep the newest only. `before` is the revision that was in force before
    the present one. `settled` holds the walls that the running clusters were built with, see `model.intent.Intent`.
    `findings` are open; `suggestions` holds the latest for each of them that nobody has taken up. `components` holds
    those that were ever switched; all others are as they come. While `rollout` is set, the revision in force is that of
    whoever its waves haven't reached.
    """

    revisions: Mapping[RevisionNumber, RevisionEntry] = field(default_factory=dict)
    in_force: RevisionNumber | None = None
    before: RevisionNumber | None = None
    proving: RevisionNumber | None = None
    rollout: Rollout | None = None
    freeze: Freeze | None = None
    settled: Mapping[str, Walls] = field(default_factory=dict)
    mitigations: Mapping[MitigationId, Mitigation] = field(default_factory=dict)
    ended: tuple[EndedMitigation, ...] = ()
    findings: Mapping[FindingId, Finding] = field(default_factory=dict)
    closed: tuple[ClosedFinding, ...] = ()
    suggestions: Mapping[FindingId, Suggestion] = field(default_factory=dict)
    told: tuple[Telling, ...] = ()
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    incidents: Mapping[IncidentId, IncidentRecord] = field(default_factory=dict)
    """Open ones, and the newest resolved ones; in order of opening."""
    follow_ups: Mapping[FollowUpId, FollowUp] = field(default_factory=dict)
    """Open ones, and the newest that are done or given up."""
    maintenances: Mapping[MaintenanceId, Maintenance] = field(default_factory=dict)
    """Those that aren't over, and the newest that are."""
    owner_limits: Mapping[str, Limits] = field(default_factory=dict)
    revision_next: int = 1
    mitigation_next: int = 1
    finding_next: int = 1
    incident_next: int = 1
    follow_up_next: int = 1
    maintenance_next: int = 1
