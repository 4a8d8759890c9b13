"""The change ledger: read, and told of what was changed beside Holdfast."""

from http import HTTPStatus
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field, StringConstraints

from holdfast.adapters.api.access import Anyone, Owner
from holdfast.adapters.api.bodies import EndBody, NoteBody
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.ledger import LedgerKind
from holdfast.model.note import NoteKind
from holdfast.model.noun import Noun
from holdfast.model.refusal import Refusal
from holdfast.model.scalars import Name
from holdfast.model.token import Role, Token
from holdfast.views.findings import FindingDocument, FindingsDocument
from holdfast.views.ledger import LedgerDocument, LedgerEntry, LedgerEntryDocument, LedgerQuery

router = APIRouter(prefix="/v1/ledger")
PAGE_MAX: Final = 500
SEQUENCE_MAX: Final = 2**53
Sequence = Annotated[int, Path(ge=1, le=SEQUENCE_MAX)]
Author = Annotated[str, StringConstraints(max_length=64)]


class Ledger(Protocol):
    """Who changed what; with a `tenant`, only what is about its services."""

    async def page(self, query: LedgerQuery) -> LedgerDocument:
        """The newest changes that are asked for."""

    async def entry(self, sequence: int, tenant: str | None) -> LedgerEntryDocument | None:
        """One change in full, if there is one there."""

    async def note(
        self,
        author: str,
        kind: NoteKind,
        services: tuple[str, ...],
        why: str,
        tenant: str | None,
        *,
        lasts_s: float | None = None,
    ) -> LedgerEntry | Refusal:
        """Enter what somebody changed beside Holdfast; a tenant's owner for its own services only."""

    async def end_drill(self, author: str, number: int, why: str, tenant: str | None) -> LedgerEntry | Refusal:
        """Say that a drill is over that was noted at a place in the ledger; an owner those of its own services."""

    async def accuse(self, findings: FindingsDocument) -> FindingsDocument:
        """Findings with the changes that are suspected of each."""

    async def accuse_one(self, document: FindingDocument) -> FindingDocument:
        """A finding with the changes that are suspected of it."""


class Asked(Noun):
    """Which changes: before a place in the ledger, at most so many, since when (Unix time, in seconds), and of what."""

    before: Annotated[int, Field(ge=1, le=SEQUENCE_MAX)] | None = None
    count_max: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    kind: LedgerKind | None = None
    service: Name | None = None
    author: Author | None = None
    since: Annotated[float, Field(ge=0, le=1e12)] | None = None


async def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


TheLedger = Annotated[Ledger, Depends(_ledger)]
"""What a request is answered from."""


@router.get("")
async def list_changes(token: Anyone, ledger: TheLedger, asked: Annotated[Asked, Query()]) -> LedgerDocument:
    """Changes, newest first: who, what, why, and which edges have it now. An owner sees its tenant's."""
    return await ledger.page(LedgerQuery(**dict(asked), tenant=_tenant_of(token)))


@router.get("/{sequence}")
async def show_change(token: Anyone, ledger: TheLedger, sequence: Sequence) -> LedgerEntryDocument:
    """One change in full: what became of it, what it says otherwise, and which edges have it, proved by hashes."""
    found = await ledger.entry(sequence, _tenant_of(token))
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "entry_unknown", f"there is no change {sequence} in the ledger")
    return found


@router.post("/notes", status_code=HTTPStatus.CREATED)
async def note_change(token: Owner, ledger: TheLedger, body: NoteBody) -> LedgerEntry:
    """Tell the ledger of a deploy, a certificate, a drill. An owner names services of its own."""
    tenant = _tenant_of(token)
    return _take(await ledger.note(token.name, body.kind, body.services, body.why, tenant, lasts_s=body.for_s))


@router.post("/{sequence}/end", status_code=HTTPStatus.CREATED)
async def end_drill(token: Owner, ledger: TheLedger, sequence: Sequence, body: EndBody) -> LedgerEntry:
    """Say that a drill is over before its time. An owner ends those of its own services."""
    return _take(await ledger.end_drill(token.name, sequence, body.why, _tenant_of(token)))


def _take(answer: LedgerEntry | Refusal) -> LedgerEntry:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer


def _tenant_of(token: Token) -> str | None:
    return (token.tenant or "") if token.role is Role.OWNER else None
