"""What is to be done about incidents: plain steps, which `runtime` gives as commands."""

from dataclasses import dataclass

from holdfast.model.finding import FindingId
from holdfast.model.incident import Impact, IncidentId, Occasion, Phase
from holdfast.model.mitigation import MitigationId
from holdfast.model.revision import RevisionNumber


@dataclass(frozen=True, slots=True)
class Open:
    """Open an incident that began at a Unix time, in seconds."""

    title: str
    public_title: str
    impact: Impact
    occasion: Occasion
    began_at: float
    components: tuple[str, ...]
    regions: tuple[str, ...]
    services: tuple[str, ...]
    findings: tuple[FindingId, ...] = ()
    mitigations: tuple[MitigationId, ...] = ()
    revision: RevisionNumber | None = None
    alert: str | None = None
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Attach:
    """Add what was found since to an incident; what is None stays."""

    id: IncidentId
    why: str
    title: str | None = None
    public_title: str | None = None
    impact: Impact | None = None
    began_at: float | None = None
    components: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    findings: tuple[FindingId, ...] | None = None
    mitigations: tuple[MitigationId, ...] | None = None
    revision: RevisionNumber | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Say how far an incident is."""

    id: IncidentId
    phase: Phase
    why: str


@dataclass(frozen=True, slots=True)
class Say:
    """Publish a public word, or draft one for somebody to publish."""

    id: IncidentId
    phase: Phase
    text: str
    publish: bool


@dataclass(frozen=True, slots=True)
class Remind:
    """Write down that somebody has to do something."""

    id: IncidentId
    text: str


Step = Open | Attach | Move | Say | Remind
"""Everything that Holdfast does about incidents by itself."""
