"""What was decided. Only these are journalled; each is versioned, and old versions are upgraded one step at a time."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from holdfast.model.finding import Finding, FindingId
from holdfast.model.intent import Walls
from holdfast.model.mitigation import Measure, Mitigation, MitigationId
from holdfast.model.noun import Noun
from holdfast.model.platform import Limits
from holdfast.model.revision import Revision, RevisionNumber
from holdfast.model.scalars import Name


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


class MitigationAdjusted(_Event):
    """A protective change in force is now another of its kind, on other edges, or lasts until another time."""

    type: Literal["mitigation_adjusted"] = "mitigation_adjusted"
    id: MitigationId
    measure: Measure
    edges: tuple[Name, ...] | None
    expires_at: float
    why: str


class FindingOpened(_Event):
    """The watch found something harmful: tier 2."""

    type: Literal["finding_opened"] = "finding_opened"
    id: FindingId
    finding: Finding


class FindingUpdated(_Event):
    """More is known of an open finding, such as where the excess comes from."""

    type: Literal["finding_updated"] = "finding_updated"
    id: FindingId
    finding: Finding


class FindingClosed(_Event):
    """What was found is over."""

    type: Literal["finding_closed"] = "finding_closed"
    id: FindingId
    why: str


class MitigationSuggested(_Event):
    """Holdfast would have mitigated, but the service's policy is to suggest; people may do it."""

    type: Literal["mitigation_suggested"] = "mitigation_suggested"
    finding: FindingId
    measure: Measure
    edges: tuple[Name, ...] | None = None
    for_s: float
    reason: str


class TenantTold(_Event):
    """A tenant's contact was told what was done to its service, or couldn't be (`error`)."""

    type: Literal["tenant_told"] = "tenant_told"
    tenant: Name
    mitigation: MitigationId
    contact: str
    error: str | None = None


class ComponentSwitched(_Event):
    """A component of Holdfast itself was switched on, off, or to another version, and why."""

    type: Literal["component_switched"] = "component_switched"
    component: Name
    on: bool
    component_version: str = ""
    why: str


class OwnerLimitsSet(_Event):
    """A tenant's owner chose limits for a service within the platform's bounds; None returns to the file's."""

    type: Literal["owner_limits_set"] = "owner_limits_set"
    service: Name
    limits: Limits | None
    why: str = ""


FindingEvent = FindingOpened | FindingUpdated | FindingClosed
"""What is told of a finding's life."""

MitigationEvent = MitigationStarted | MitigationAdjusted | MitigationEnded
"""What changes edges at once: what is mitigated, and how."""

ProtectiveEvent = MitigationEvent | FindingEvent | MitigationSuggested | TenantTold | ComponentSwitched
"""What takes effect before it is recorded, and so must commute with all other events."""

Event = Annotated[
    RevisionProposed
    | RevisionRefused
    | RevisionInForce
    | MitigationStarted
    | MitigationAdjusted
    | MitigationEnded
    | MitigationSuggested
    | FindingOpened
    | FindingUpdated
    | FindingClosed
    | TenantTold
    | ComponentSwitched
    | OwnerLimitsSet,
    Field(discriminator="type"),
]
"""Everything that a journal may hold."""

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads and writes events as JSON."""
