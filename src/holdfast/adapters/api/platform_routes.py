"""What is in force, revisions of it, and what owners choose within it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from holdfast.adapters.api.access import Anyone, Control, Operator, Owner, Viewer, may_see
from holdfast.adapters.api.bodies import OwnerLimitsBody, ProposeBody, RollbackBody
from holdfast.adapters.api.plan_routes import must_confirm
from holdfast.adapters.api.port import Operations
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.refusal import Refusal
from holdfast.model.revision import RevisionStatus
from holdfast.model.scalars import Name
from holdfast.model.token import Role, Token
from holdfast.views.observed import ObservedDocument
from holdfast.views.plan import PlanDocument
from holdfast.views.revisions import HistoryDocument, ProposalDocument, RejectedDocument, TrespassDocument
from holdfast.views.services import ServiceDocument, ServicesDocument
from holdfast.views.status import StatusDocument

router = APIRouter(prefix="/v1")
PAGE_MAX = 1_000
TOLD_MAX = 10
AfterQuery = Annotated[str, Query(max_length=63, description="the last name of the page before")]
CountQuery = Annotated[int, Query(ge=1, le=PAGE_MAX)]


@router.get("/status")
async def show_status(_viewer: Viewer, control: Control) -> StatusDocument:
    """What is in force, on which edges, since when."""
    return control.status()


@router.get("/services")
async def list_services(
    token: Anyone,
    control: Control,
    tenant: Annotated[Name | None, Query()] = None,
    after: AfterQuery = "",
    count_max: CountQuery = 100,
) -> ServicesDocument:
    """Services by name, everything unsaid filled in. An owner sees its tenant's."""
    if token.role is Role.OWNER:
        if tenant not in {None, token.tenant}:
            raise Problem(HTTPStatus.FORBIDDEN, "tenant_foreign", f"this token is for the tenant {token.tenant}")
        tenant = token.tenant
    return control.services(tenant, after, count_max)


@router.get("/services/{name}")
async def show_service(token: Anyone, control: Control, name: Name) -> ServiceDocument:
    """One service, everything unsaid filled in."""
    return _find_service(control, token, name)


@router.get("/observed")
async def show_observed(
    _viewer: Viewer, control: Control, after: AfterQuery = "", count_max: CountQuery = 100
) -> ObservedDocument:
    """Services in observe mode, by name, and what would have been refused to them."""
    return await control.observed(after, count_max)


@router.put("/services/{name}/limits")
async def set_limits(token: Owner, control: Control, name: Name, body: OwnerLimitsBody) -> ServiceDocument:
    """Choose a service's limits within the platform's bounds."""
    _find_service(control, token, name)
    answer = await control.set_owner_limits(token.name, name, body.limits)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer


@router.get("/revisions")
async def list_revisions(_viewer: Viewer, control: Control) -> HistoryDocument:
    """Revisions, newest first."""
    return control.history()


@router.post("/revisions", status_code=HTTPStatus.CREATED)
async def propose(token: Owner, control: Control, body: ProposeBody, response: Response) -> ProposalDocument:
    """Check a platform file, have a canary prove it, and send it out in waves. 202 while the canary takes its time.

    The answer comes when it is in force, or on its way; `GET /v1/rollout` says how it goes on. 409
    `revision_rolled_back` where it is over already.

    A tenant's owner may change what is its tenant's, within bounds; 403 `not_yours` lists all that isn't.

    409 `unconfirmed` where its plan finds what must be confirmed first.
    """
    given = body.text, body.file, body.reason, body.confirmed
    if token.role is Role.OWNER:
        if body.at_once:
            raise Problem(HTTPStatus.FORBIDDEN, "role_insufficient", "an owner's change goes out in waves")
        answer = await control.propose_own(token.name, token.tenant or "", *given, commit=body.commit)
    else:
        answer = await control.propose(token.name, *given, commit=body.commit, at_once=body.at_once)
    if isinstance(answer, RejectedDocument):
        errors = answer.diagnostics
        detail = f"the platform file has mistakes: {len(errors)} diagnostics"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "platform_rejected", detail, diagnostics=errors)
    if isinstance(answer, TrespassDocument):
        raise _refuse_trespass(answer)
    if isinstance(answer, PlanDocument):
        raise must_confirm(answer)
    return _conclude(answer, response)


@router.post("/rollback", status_code=HTTPStatus.CREATED)
async def roll_back(operator: Operator, control: Control, body: RollbackBody, response: Response) -> ProposalDocument:
    """Put an older revision's file in force again, under today's mitigations, as a new revision."""
    return _conclude(await control.roll_back(operator.name, body.to, body.reason), response)


def _refuse_trespass(document: TrespassDocument) -> Problem:
    found = document.diagnostics
    shown = "; ".join(each.message for each in found[:TOLD_MAX])
    more = f"; and {len(found) - TOLD_MAX} more" if len(found) > TOLD_MAX else ""
    detail = f"this isn't all yours to change: {shown}{more}"
    return Problem(HTTPStatus.FORBIDDEN, "not_yours", detail, diagnostics=found)


def _conclude(answer: ProposalDocument | Refusal, response: Response) -> ProposalDocument:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    revision = answer.revision
    if revision.status is RevisionStatus.REFUSED:
        detail = f"revision {revision.number} is refused, nothing was changed: {revision.why}"
        raise Problem(HTTPStatus.CONFLICT, "revision_refused", detail)
    if revision.status is RevisionStatus.ROLLED_BACK:
        detail = f"revision {revision.number} was rolled back: {revision.why}"
        raise Problem(HTTPStatus.CONFLICT, "revision_rolled_back", detail)
    if revision.status is RevisionStatus.PROVING:
        response.status_code = HTTPStatus.ACCEPTED
    return answer


def _find_service(control: Operations, token: Token, name: str) -> ServiceDocument:
    found = control.service(name)
    if found is None or not may_see(token, found.tenant):
        raise Problem(HTTPStatus.NOT_FOUND, "service_unknown", f"the platform in force has no service {name}")
    return found
