"""Journalled events as entries of the ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.edge import EdgeHolding, EdgeStatus
from holdfast.model.event import (
    ChangeNoted,
    ChangesFrozen,
    Event,
    FindingEvent,
    MitigationAdjusted,
    MitigationEnded,
    MitigationStarted,
    MitigationSuggested,
    OwnerLimitsSet,
    RevisionProposed,
    TenantTold,
)
from holdfast.model.incident_event import IncidentEvent
from holdfast.model.ledger import LedgerKind
from holdfast.model.mitigation import Mitigation, Shed
from holdfast.model.resource import ResourceType
from holdfast.model.revision import RevisionNumber
from holdfast.model.state import State
from holdfast.views.edges import show_drift
from holdfast.views.event_words import tell_event
from holdfast.views.ledger import (
    EDGES_TOLD_MAX,
    SERVICES_TOLD_MAX,
    DiffDocument,
    LedgerDocument,
    LedgerEdge,
    LedgerEntry,
    LedgerQuery,
    OnDocument,
    Standing,
)
from holdfast.views.ledger_standing import find_revision_number, find_standing, is_given_to_edges
from holdfast.views.live_history import EntryKind
from holdfast.views.plan import ChangesDocument

PROTECTION: Final = frozenset({ResourceType.EXTENSION, ResourceType.RUNTIME})
"""What mitigations are made of; everything else is a revision's."""
Dated = tuple[int | None, Event]
"""An event and its place in the journal; None if it isn't recorded yet."""


@dataclass(frozen=True, slots=True)
class LedgerSight:
    """What is known beside the journal at a moment (Unix time, in seconds).

    `tenants` has every service's. `changes` has what revisions say otherwise, as far as they were compared. `measures`
    has every mitigation that was begun, by id.
    """

    now: float
    state: State
    statuses: Sequence[EdgeStatus] = ()
    tenants: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[RevisionNumber, ChangesDocument] = field(default_factory=dict)
    measures: Mapping[str, Mitigation] = field(default_factory=dict)


def is_change(event: Event) -> bool:
    """Whether an event belongs into the ledger: what was found, suggested, told or promised changes nothing."""
    return not isinstance(event, FindingEvent | IncidentEvent | MitigationSuggested | TenantTold)


def show_ledger(events: Iterable[Dated], sight: LedgerSight, query: LedgerQuery) -> LedgerDocument:
    """The newest entries that are asked for; `events` are newest first."""
    entries: list[LedgerEntry] = []
    older = None
    for sequence, event in events:
        if query.since is not None and event.at < query.since:
            break
        if query.before is not None and (sequence is None or sequence >= query.before):
            continue
        entry = show_entry(sequence, event, sight, query.tenant)
        if entry is None or not _is_asked_for(entry, event, sight, query):
            continue
        if len(entries) == query.count_max:
            older = entries[-1].sequence
            break
        entries.append(entry)
    drifting = () if query.tenant is not None else tuple(_list_drifting(sight))
    return LedgerDocument(now=sight.now, entries=tuple(entries), older=older, drifting=drifting)


def show_entry(sequence: int | None, event: Event, sight: LedgerSight, tenant: str | None) -> LedgerEntry | None:
    """An event as an entry; None if it is no change, or not for a tenant's eyes."""
    if not is_change(event):
        return None
    mine = _find_services(event, sight, tenant)
    if tenant is not None and not mine:
        return None
    told = tell_event(event)
    standing = find_standing(event, sight.state)
    mitigation = _find_mitigation(event, sight)
    revision = event.revision if isinstance(event, RevisionProposed) else None
    return LedgerEntry(
        sequence=sequence,
        at=event.at,
        author=event.author,
        kind=_find_kind(event, told.kind),
        subject=told.subject,
        title=told.title,
        why=told.detail,
        services=tuple((mine or ())[:SERVICES_TOLD_MAX]),
        service_count=None if mine is None else len(mine),
        edges=mitigation.edges if mitigation else None,
        standing=standing,
        expires_at=_find_expiry(event),
        on=_find_on(event, sight, standing) if tenant is None else None,
        diff=_show_diff(event, sight, mine, tenant),
        content=revision.content if revision else None,
        commit=revision.commit if revision else "",
    )


def list_edges(event: Event, sight: LedgerSight) -> tuple[LedgerEdge, ...]:
    """Every edge that a change in force, or on its way, is meant for."""
    standing = find_standing(event, sight.state)
    if standing not in {Standing.COMING, Standing.IN_FORCE} or not is_given_to_edges(event, sight.state):
        return ()
    return tuple(_show_edge(status, sight, _has(status.holding, event)) for status in _find_meant(event, sight))


def find_subject(event: Event) -> str:
    """The id or number of what a change is about, together with its kind."""
    told = tell_event(event)
    return f"{told.kind} {told.subject}"


def narrow_changes(changes: ChangesDocument, tenant: str | None, services_max: int) -> ChangesDocument:
    """What a tenant may see of what a revision says otherwise, and of no more services than so many."""
    if tenant is None:
        return ChangesDocument(services=changes.services[:services_max], shared=changes.shared[:services_max])
    return ChangesDocument(services=tuple(c for c in changes.services if c.tenant == tenant)[:services_max])


def _find_services(event: Event, sight: LedgerSight, tenant: str | None) -> list[str] | None:
    """Whom of a tenant's a change is about; None if about none in particular, or that isn't known."""
    changes = sight.changes.get(find_revision_number(event) or 0)
    if changes is not None:
        return [each.service for each in changes.services if tenant in {None, each.tenant}]
    named = _name_services(event, sight)
    return named if named is None or tenant is None else [n for n in named if sight.tenants.get(n) == tenant]


def _name_services(event: Event, sight: LedgerSight) -> list[str] | None:
    mitigation = _find_mitigation(event, sight)
    if mitigation is not None:
        return [mitigation.measure.service] if mitigation.measure.service else None
    match event:
        case ChangeNoted(services=services):
            return list(services) or None
        case OwnerLimitsSet(service=service):
            return [service]
    return None


def _find_mitigation(event: Event, sight: LedgerSight) -> Mitigation | None:
    match event:
        case MitigationStarted(mitigation=mitigation):
            return mitigation
        case MitigationAdjusted() | MitigationEnded():
            known = sight.state.mitigations.get(event.id) or sight.measures.get(event.id)
            if known is not None and isinstance(event, MitigationAdjusted):
                return known.model_copy(update={"measure": event.measure, "edges": event.edges})
            return known
    return None


def _find_kind(event: Event, kind: EntryKind) -> LedgerKind:
    return LedgerKind(event.kind.value) if isinstance(event, ChangeNoted) else LedgerKind(kind.value)


def _find_expiry(event: Event) -> float | None:
    """When it ends by itself, or was to when this was decided."""
    match event:
        case MitigationStarted(mitigation=begun):
            return begun.expires_at
        case MitigationAdjusted():
            return event.expires_at
        case ChangesFrozen():
            return event.until
    return None


def _show_diff(
    event: Event, sight: LedgerSight, services: Sequence[str] | None, tenant: str | None
) -> DiffDocument | None:
    number = find_revision_number(event)
    changes = sight.changes.get(number) if number is not None else None
    if changes is None:
        return None
    return DiffDocument(services=len(services or ()), shared=len(changes.shared) if tenant is None else 0)


def _find_meant(event: Event, sight: LedgerSight) -> Iterator[EdgeStatus]:
    """The edges that have been given a change."""
    mitigation, rollout = _find_mitigation(event, sight), sight.state.rollout
    begun = rollout.waves[: rollout.wave + 1] if rollout and find_revision_number(event) == rollout.number else ()
    for status in sight.statuses:
        if mitigation is not None:
            at = mitigation.measure.location if isinstance(mitigation.measure, Shed) else status.location
            if at == status.location and (mitigation.edges is None or status.name in mitigation.edges):
                yield status
        elif not begun or any(wave.locations is None or status.location in wave.locations for wave in begun):
            yield status


def _has(holding: EdgeHolding | None, event: Event) -> bool:
    """Whether an edge acknowledged everything of the kind of resource that a change is made of, as it should be now."""
    if holding is None:
        return False
    is_mitigation = isinstance(event, MitigationStarted | MitigationAdjusted)
    return holding.is_whole or not (holding.types & PROTECTION if is_mitigation else holding.types - PROTECTION)


def _find_on(event: Event, sight: LedgerSight, standing: Standing | None) -> OnDocument | None:
    if standing not in {Standing.COMING, Standing.IN_FORCE} or not is_given_to_edges(event, sight.state):
        return None
    meant = list(_find_meant(event, sight))
    having = [status.name for status in meant if _has(status.holding, event)]
    return OnDocument(count=len(having), of=len(meant), edges=tuple(having[:EDGES_TOLD_MAX]))


def _show_edge(status: EdgeStatus, sight: LedgerSight, has_it: bool) -> LedgerEdge:
    holding = status.holding
    return LedgerEdge(
        name=status.name,
        location=status.location,
        has_it=has_it,
        has=holding.has if holding else None,
        should=holding.should if holding else None,
        drift=show_drift(holding, sight.now),
    )


def _list_drifting(sight: LedgerSight) -> Iterator[LedgerEdge]:
    for status in sight.statuses:
        if show_drift(status.holding, sight.now) is not None:
            yield _show_edge(status, sight, has_it=False)


def _is_asked_for(entry: LedgerEntry, event: Event, sight: LedgerSight, query: LedgerQuery) -> bool:
    return (
        query.kind in {None, entry.kind}
        and query.author in {None, entry.author}
        and (query.service is None or query.service in (_find_services(event, sight, query.tenant) or ()))
    )
