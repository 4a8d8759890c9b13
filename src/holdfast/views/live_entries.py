"""Journalled events as entries of the history that people read."""

from collections.abc import Mapping, Sequence

from holdfast.model.event import FindingOpened, MitigationStarted
from holdfast.model.ports import Recorded
from holdfast.views.event_words import tell_event
from holdfast.views.live_history import EntryDocument, HistoryPage


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
    told = tell_event(event)
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
