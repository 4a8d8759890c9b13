"""Journalled events as entries of the history that people read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from holdfast.model.event import (
    ComponentSwitched,
    Event,
    FindingClosed,
    FindingOpened,
    FindingUpdated,
    MitigationAdjusted,
    MitigationEnded,
    MitigationStarted,
    MitigationSuggested,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
    TenantTold,
)
from holdfast.model.finding import Finding
from holdfast.model.ports import Recorded
from holdfast.views.live_history import EntryDocument, EntryKind, HistoryPage
from holdfast.views.measures import describe_measure


@dataclass(frozen=True, slots=True)
class _Told:
    """An event in words; `whom` says what service and tenant it concerns."""

    kind: EntryKind
    subject: str
    title: str
    detail: str = ""
    service: str | None = None
    tenant: str | None = None


def show_entries(
    events: Sequence[Recorded],
    tenants: Mapping[str, str],
    tenant: str | None,
    before: int | None,
    count_max: int,
) -> HistoryPage:
    """The newest entries before a sequence number. `tenants` has every service's; `tenant` bounds what may be seen.

    `events` are oldest first.
    """
    services = _services_by_subject(events)
    entries: list[EntryDocument] = []
    for recorded in reversed(events):
        if before is not None and recorded.sequence >= before:
            continue
        entry = _show_entry(recorded, services, tenants)
        if tenant is not None and entry.tenant != tenant:
            continue
        if len(entries) == count_max:
            return HistoryPage(entries=tuple(entries), older=entries[-1].sequence)
        entries.append(entry)
    return HistoryPage(entries=tuple(entries))


def _services_by_subject(events: Sequence[Recorded]) -> dict[str, str]:
    """What findings and mitigations are about, for events that only name them."""
    about: dict[str, str] = {}
    for recorded in events:
        match recorded.event:
            case MitigationStarted(mitigation=mitigation) if mitigation.measure.service:
                about[mitigation.id] = mitigation.measure.service
            case FindingOpened(id=id_, finding=finding) if finding.service:
                about[id_] = finding.service
    return about


def _show_entry(recorded: Recorded, services: Mapping[str, str], tenants: Mapping[str, str]) -> EntryDocument:
    event = recorded.event
    told = _tell(event)
    service = told.service or services.get(told.subject)
    return EntryDocument(
        sequence=recorded.sequence,
        at=event.at,
        kind=told.kind,
        subject=told.subject,
        title=told.title,
        detail=told.detail,
        author=event.author,
        service=service,
        tenant=told.tenant or tenants.get(service or ""),
    )


def _tell(event: Event) -> _Told:  # noqa: C901, PLR0911, PLR0912 - one for each event
    match event:
        case RevisionProposed(revision=revision):
            return _Told(EntryKind.REVISION, str(revision.number), "proposed", revision.reason)
        case RevisionRefused():
            return _Told(EntryKind.REVISION, str(event.number), "refused", event.why)
        case RevisionInForce():
            return _Told(EntryKind.REVISION, str(event.number), "in force")
        case MitigationStarted(mitigation=started):
            title = describe_measure(started.measure)
            return _Told(EntryKind.MITIGATION, started.id, title, started.reason, started.measure.service)
        case MitigationAdjusted():
            title = f"now: {describe_measure(event.measure)}"
            return _Told(EntryKind.MITIGATION, event.id, title, event.why, event.measure.service)
        case MitigationEnded():
            return _Told(EntryKind.MITIGATION, event.id, "ended", event.why)
        case MitigationSuggested():
            title = describe_measure(event.measure)
            return _Told(EntryKind.SUGGESTION, event.finding, title, event.reason, event.measure.service)
        case FindingOpened():
            return _tell_finding(event.id, event.finding, "found")
        case FindingUpdated():
            return _tell_finding(event.id, event.finding, "more is known")
        case FindingClosed():
            return _Told(EntryKind.FINDING, event.id, "over", event.why)
        case TenantTold():
            detail = f"could not be told: {event.error}" if event.error else ""
            title = f"{event.tenant} was told of {event.mitigation}"
            return _Told(EntryKind.TENANT, event.mitigation, title, detail, tenant=event.tenant)
        case ComponentSwitched():
            title = f"{event.component} switched {'on' if event.on else 'off'}"
            return _Told(EntryKind.COMPONENT, event.component, title, event.why)
        case OwnerLimitsSet():
            title = f"limits of {event.service} {'set by its owner' if event.limits else 'as in the file again'}"
            return _Told(EntryKind.LIMITS, event.service, title, event.why, event.service)
    assert_never(event)


def _tell_finding(id_: str, finding: Finding, what: str) -> _Told:
    about = finding.service or finding.edge or finding.location or "the platform"
    source = f" from {finding.source}" if finding.source else ""
    numbers = f"{finding.evidence.now:,.4g}, usually {finding.evidence.usual:,.4g}"
    return _Told(EntryKind.FINDING, id_, f"{what}: {finding.kind} of {about}", f"{numbers}{source}", finding.service)
