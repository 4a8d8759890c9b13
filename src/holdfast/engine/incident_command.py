"""What control may be asked to do about incidents, what people are told of them, and announced work."""

from dataclasses import dataclass

from holdfast.model.day import Day
from holdfast.model.finding import FindingId
from holdfast.model.follow_up import FollowUpId
from holdfast.model.incident import Impact, IncidentId, Occasion, Phase
from holdfast.model.maintenance import MaintenanceId, MaintenancePhase
from holdfast.model.mitigation import MitigationId
from holdfast.model.revision import RevisionNumber
from holdfast.model.token import SYSTEM


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """Open an incident; without `began_at` (Unix time, in seconds), it began now."""

    author: str
    title: str
    public_title: str
    impact: Impact
    occasion: Occasion = Occasion.PERSON
    began_at: float | None = None
    components: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    findings: tuple[FindingId, ...] = ()
    mitigations: tuple[MitigationId, ...] = ()
    revision: RevisionNumber | None = None
    alert: str | None = None
    drill: bool = False


@dataclass(frozen=True, slots=True)
class ChangeIncident:
    """Change what is known of an incident; what is None stays. A resolved one is opened again by another phase.

    Whoever sets phase or impact leads from then on, unless `leads` is false, as where a program says so.
    """

    author: str
    id: IncidentId
    why: str
    phase: Phase | None = None
    impact: Impact | None = None
    title: str | None = None
    public_title: str | None = None
    began_at: float | None = None
    components: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    findings: tuple[FindingId, ...] | None = None
    mitigations: tuple[MitigationId, ...] | None = None
    revision: RevisionNumber | None = None
    drill: bool | None = None
    leads: bool = True


@dataclass(frozen=True, slots=True)
class AcknowledgeIncident:
    """Say that one works on it: nobody else is woken."""

    author: str
    id: IncidentId


@dataclass(frozen=True, slots=True)
class NoteIncident:
    """Write something down about an incident, for those who work on it; also when it is resolved."""

    author: str
    id: IncidentId
    text: str


@dataclass(frozen=True, slots=True)
class NotePage:
    """Note that somebody was woken for an incident, or couldn't be (`error`)."""

    id: IncidentId
    person: str
    channel: str
    step: int
    error: str | None = None
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class DraftPost:
    """Write a public word that waits for somebody to publish it, in place of a draft that waits already."""

    author: str
    id: IncidentId
    phase: Phase
    text: str


@dataclass(frozen=True, slots=True)
class PublishPost:
    """Publish a draft (`number`), with another text if one is given, or a new word. The incident takes its phase."""

    author: str
    id: IncidentId
    number: int | None = None
    phase: Phase | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class DiscardPost:
    """Throw a draft away."""

    author: str
    id: IncidentId
    number: int


@dataclass(frozen=True, slots=True)
class SetFollowUp:
    """Promise something after an incident (without `id`), or change a promise; then what is None stays."""

    author: str
    incident: IncidentId | None = None
    id: FollowUpId | None = None
    text: str | None = None
    owner: str | None = None
    due: Day | None = None
    drill: str | None = None
    public_text: str | None = None
    done: bool | None = None
    dropped: bool | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SetMaintenance:
    """Announce work (without `id`), or change it; then what is None stays. Times are Unix times, in seconds."""

    author: str
    id: MaintenanceId | None = None
    title: str | None = None
    text: str | None = None
    components: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    begins_at: float | None = None
    ends_at: float | None = None
    phase: MaintenancePhase | None = None
    reminders: int | None = None
    why: str = ""


Incidents = (
    OpenIncident
    | ChangeIncident
    | AcknowledgeIncident
    | NoteIncident
    | NotePage
    | DraftPost
    | PublishPost
    | DiscardPost
    | SetFollowUp
    | SetMaintenance
)
"""Commands about incidents and announced work."""
