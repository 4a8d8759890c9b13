"""What the watch found, and what it suggests: listed, and put in force."""

from http import HTTPStatus

from fastapi import APIRouter

from holdfast.adapters.api.access import Control, Operator, Viewer
from holdfast.adapters.api.bodies import AcceptBody
from holdfast.adapters.api.ledger_routes import TheLedger
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.finding import FindingId
from holdfast.model.refusal import Refusal
from holdfast.views.findings import FindingDocument, FindingsDocument
from holdfast.views.mitigations import MitigationDocument

router = APIRouter(prefix="/v1/findings")


@router.get("")
async def list_findings(_viewer: Viewer, control: Control, ledger: TheLedger) -> FindingsDocument:
    """What was found and goes on, with what is suggested and which changes are suspected; and what lately was over."""
    return await ledger.accuse(control.findings())


@router.get("/{finding_id}")
async def show_finding(_viewer: Viewer, control: Control, ledger: TheLedger, finding_id: FindingId) -> FindingDocument:
    """One finding, with its evidence, what answers it, and the changes that are suspected of it."""
    finding = control.finding(finding_id)
    if finding is None:
        raise Problem(HTTPStatus.NOT_FOUND, "finding_unknown", f"finding {finding_id} is not among those remembered")
    return await ledger.accuse_one(finding)


@router.post("/{finding_id}/accept", status_code=HTTPStatus.CREATED)
async def accept_suggestion(
    operator: Operator, control: Control, finding_id: FindingId, body: AcceptBody
) -> MitigationDocument:
    """Put in force what is suggested for a finding."""
    answer = await control.accept_suggestion(operator.name, finding_id, body.for_s, body.reason, force=body.force)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
