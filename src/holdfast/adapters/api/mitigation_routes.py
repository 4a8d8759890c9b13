"""Temporary protective changes: begun, listed, ended."""

from http import HTTPStatus

from fastapi import APIRouter

from holdfast.adapters.api.access import Control, Operator, Viewer
from holdfast.adapters.api.bodies import MitigateBody, PreviewBody
from holdfast.adapters.api.problems import refuse
from holdfast.model.mitigation import MitigationId
from holdfast.model.prediction import Prediction
from holdfast.model.refusal import Refusal
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument

router = APIRouter(prefix="/v1/mitigations")


@router.get("")
async def list_mitigations(_viewer: Viewer, control: Control) -> MitigationsDocument:
    """What is mitigated now, and what lately was."""
    return control.mitigations()


@router.post("", status_code=HTTPStatus.CREATED)
async def mitigate(operator: Operator, control: Control, body: MitigateBody) -> MitigationDocument:
    """Put a measure of the closed menu in force at once; it ends by itself.

    409 `prediction_harmful`, with the prediction, for what would refuse good clients and isn't forced.
    """
    answer = await control.mitigate(
        operator.name,
        body.measure,
        body.for_s,
        body.reason,
        edges=body.edges,
        finding=body.finding,
        force=body.force,
    )
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer


@router.post("/preview")
async def preview_mitigation(_operator: Operator, control: Control, body: PreviewBody) -> Prediction:
    """What a measure would do to the traffic of the last minutes. Nothing is changed."""
    return await control.preview(body.measure)


@router.delete("/{mitigation_id}")
async def end_mitigation(operator: Operator, control: Control, mitigation_id: MitigationId) -> EndedMitigationDocument:
    """End a mitigation on every edge at once."""
    answer = await control.end_mitigation(operator.name, mitigation_id)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
