"""A ledger to look at in the console."""

from holdfast.model.ledger import LedgerKind
from holdfast.model.suspect import Suspect
from holdfast.views.edges import DriftDocument
from holdfast.views.ledger import (
    DiffDocument,
    LedgerDocument,
    LedgerEdge,
    LedgerEntry,
    LedgerEntryDocument,
    LedgerQuery,
    OnDocument,
    Standing,
)
from holdfast.views.plan import ChangesDocument, EditDocument, ServiceChangeDocument

_EDGES = ("fra-1", "fra-2", "iad-1")
_ALL = OnDocument(count=3, of=3, edges=_EDGES)
_COUNT = 130


class FakeLedger:
    """Of a source whose story began at `began_at`. While it is `flooded`, an edge drifts."""

    began_at: float
    flooded: bool

    def ledger(self, query: LedgerQuery) -> LedgerDocument:
        return _show_changes(self.began_at, query, drifting=self.flooded)

    async def ledger_entry(self, sequence: int, tenant: str | None) -> LedgerEntryDocument | None:
        return _show_change(self.began_at, sequence, tenant)


def _make(number: int, at: float) -> LedgerEntry:
    kind = number % 5
    if kind == 0:
        return LedgerEntry(
            sequence=number,
            at=at - 47 * (_COUNT - number),
            author="ann",
            kind=LedgerKind.REVISION,
            subject=str(number // 5),
            title="in force",
            why="more room for search",
            services=("acme-search", "globex-search", "wayne-docs", "hooli-search"),
            service_count=12,
            standing=Standing.IN_FORCE if number == _COUNT else Standing.OVER,
            on=OnDocument(count=2, of=3, edges=_EDGES[:2]) if number == _COUNT else None,
            diff=DiffDocument(services=12, shared=1),
            content="5f" * 32,
            commit="a1b2c3d4e5",
        )
    if kind == 1:
        title = "limit globex-api to 5/s for each client"
        return LedgerEntry(
            sequence=number,
            at=at - 47 * (_COUNT - number),
            author="ann",
            kind=LedgerKind.MITIGATION,
            subject=f"m-{number}",
            title=title,
            why="crawler ignores robots.txt",
            services=("globex-api",),
            service_count=1,
            standing=Standing.IN_FORCE,
            on=_ALL,
            expires_at=at + 1_320.0,
        )
    service = "acme-shop" if kind == 2 else "wayne-docs"
    return LedgerEntry(
        sequence=number,
        at=at - 47 * (_COUNT - number),
        author="ann",
        kind=(LedgerKind.DEPLOY, LedgerKind.DRILL, LedgerKind.COMPONENT)[kind - 2],
        subject="deploy",
        title=f"deploy of {service}",
        why="release 1.4.2 <b>& more</b>",
        services=(service,),
        service_count=1,
    )


def _show_changes(at: float, query: LedgerQuery, *, drifting: bool) -> LedgerDocument:
    """Every fifth one a revision; the newest of these is in force."""
    newest = _COUNT if query.before is None else query.before - 1
    entries = [
        entry
        for entry in (_make(number, at) for number in range(newest, 0, -1))
        if query.kind in {None, entry.kind} and (query.service is None or query.service in entry.services)
    ]
    shown = [e for e in entries if query.tenant is None or any(s.startswith(f"{query.tenant}-") for s in e.services)]
    page = tuple(shown[: query.count_max])
    older = page[-1].sequence if len(shown) > len(page) else None
    return LedgerDocument(now=at + 95, entries=page, older=older, drifting=(_show_edge(at, 2),) if drifting else ())


def _show_change(at: float, sequence: int, tenant: str | None) -> LedgerEntryDocument | None:
    """One in full."""
    if not 1 <= sequence <= _COUNT or tenant is not None:
        return None
    edits = (EditDocument(path="limits.requests", old="50/s", new="60/s"),)
    changed = ServiceChangeDocument(service="acme-search", tenant="acme", kind="changed", edits=edits)
    is_revision = sequence % 5 == 0
    return LedgerEntryDocument(
        now=at + 95,
        entry=_make(sequence, at),
        course=(_make(sequence - 5, at),) if is_revision and sequence > 5 else (),
        edges=tuple(_show_edge(at, i) for i in range(3)),
        changes=ChangesDocument(services=(changed,)) if is_revision else None,
    )


def make_suspect(began_at: float) -> Suspect:
    """A deploy four seconds before."""
    return Suspect(
        sequence=127,
        kind=LedgerKind.DEPLOY,
        subject="deploy",
        title="deploy of acme-shop",
        author="ann",
        why="release 1.4.2",
        reached_at=began_at - 4,
        lead_s=4.0,
        affected=1,
        affected_having=1,
        having_share=1 / 60,
        weight=0.83,
        evidence=(
            "deploy of acme-shop reached acme-shop 4.0 s before it began",
            "1 of 1 affected service has it, 1.7 % of all do",
        ),
    )


def _show_edge(at: float, index: int) -> LedgerEdge:
    drift = (
        DriftDocument(since=at - 41, count=3, resources=("wayne-docs", "docs.wayne.example")) if index == 2 else None
    )
    should = f"{index}b" * 16
    has = f"{index}c" * 16 if drift else should
    location = _EDGES[index].partition("-")[0]
    return LedgerEdge(name=_EDGES[index], location=location, has_it=drift is None, has=has, should=should, drift=drift)
