"""Temporary protective changes: begun, listed, ended."""

from http import HTTPStatus

from fastapi import APIRouter

from holdfast.adapters.api.access import Control, Operator, Viewer
from holdfast.adapters.api.bodies import MitigateBody
from holdfast.adapters.api.problems import refuse
from holdfast.model.mitigation import MitigationId
from holdfast.model.refusal import Refusal
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument

router = APIRouter(prefix="/v1/mitigations")


@router.get("")
async def list_mitigations(_viewer: Viewer, control: Control) -> MitigationsDocument:
    """What is mitigated now, and what lately was."""
    return control.mitigations()


@router.post("", status_code=HTTPStatus.CREATED)
async def mitigate(operator: Operator, control: Control, body: MitigateBody) -> MitigationDocument:
    """Put a measure of the closed menu in force on every edge at once; it ends by itself."""
    answer = await control.mitigate(operator.name, body.measure, body.for_s, body.reason)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer


@router.delete("/{mitigation_id}")
async def end_mitigation(operator: Operator, control: Control, mitigation_id: MitigationId) -> EndedMitigationDocument:
    """End a mitigation on every edge at once."""
    answer = await control.end_mitigation(operator.name, mitigation_id)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
