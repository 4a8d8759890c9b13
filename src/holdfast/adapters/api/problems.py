"""Every error as application/problem+json (RFC 9457), with a stable code for programs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from holdfast.model.problem import FieldMistake, ProblemDocument
from holdfast.model.refusal import Refusal, RefusalCode

CONFLICT, UNPROCESSABLE = HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
STATUS_BY_CODE: Final[Mapping[RefusalCode, HTTPStatus]] = {
    RefusalCode.ALREADY_PROVING: CONFLICT,
    RefusalCode.BUILD_UNFIT: UNPROCESSABLE,
    RefusalCode.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalCode.COMPONENT_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.COMPONENTS_FULL: CONFLICT,
    RefusalCode.CHANGES_FROZEN: CONFLICT,
    RefusalCode.CONFIRMATION_FOREIGN: HTTPStatus.FORBIDDEN,
    RefusalCode.DURATION_OUT_OF_BOUNDS: UNPROCESSABLE,
    RefusalCode.DRILL_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.EDGE_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.ENDPOINT_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.SITE_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.STANDBY_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.ENDPOINTS_NEEDED: CONFLICT,
    RefusalCode.FAILED: HTTPStatus.INTERNAL_SERVER_ERROR,
    RefusalCode.FINDING_ALREADY_OPEN: CONFLICT,
    RefusalCode.FINDING_CLOSED: CONFLICT,
    RefusalCode.FINDING_OF_ANOTHER_KIND: CONFLICT,
    RefusalCode.FINDING_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.FINDINGS_FULL: CONFLICT,
    RefusalCode.JOURNAL_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalCode.LIMITS_OUT_OF_BOUNDS: UNPROCESSABLE,
    RefusalCode.MEASURE_EMPTY: UNPROCESSABLE,
    RefusalCode.MEASURE_OF_ANOTHER_KIND: CONFLICT,
    RefusalCode.MESSAGE_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.MITIGATION_ENDED: CONFLICT,
    RefusalCode.MITIGATION_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.MITIGATIONS_FULL: CONFLICT,
    RefusalCode.NETWORKS_FULL: CONFLICT,
    RefusalCode.NOT_DEFERRED: UNPROCESSABLE,
    RefusalCode.NOT_PROVING: CONFLICT,
    RefusalCode.NOTE_TOO_WIDE: UNPROCESSABLE,
    RefusalCode.NOTHING_IN_FORCE: CONFLICT,
    RefusalCode.NOTHING_TO_REVERT_TO: CONFLICT,
    RefusalCode.NOTHING_TO_ROLL_BACK_TO: CONFLICT,
    RefusalCode.OVERTAKEN: CONFLICT,
    RefusalCode.PERSON_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.PLAN_UNAVAILABLE: CONFLICT,
    RefusalCode.PREDICTION_HARMFUL: CONFLICT,
    RefusalCode.REASON_MALFORMED: UNPROCESSABLE,
    RefusalCode.NOT_FROZEN: CONFLICT,
    RefusalCode.REVISION_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.ROLLOUT_ELSEWHERE: CONFLICT,
    RefusalCode.ROLLOUT_NONE: CONFLICT,
    RefusalCode.ROLLOUT_UNDER_WAY: CONFLICT,
    RefusalCode.SERVICE_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.SPOOL_NEEDED: CONFLICT,
    RefusalCode.SPOOLER_UNAVAILABLE: CONFLICT,
    RefusalCode.SUGGESTION_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.FOLLOW_UP_MALFORMED: UNPROCESSABLE,
    RefusalCode.FOLLOW_UP_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.FOLLOW_UPS_FULL: CONFLICT,
    RefusalCode.INCIDENT_ACKNOWLEDGED: CONFLICT,
    RefusalCode.INCIDENT_RESOLVED: CONFLICT,
    RefusalCode.INCIDENT_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.INCIDENTS_FULL: CONFLICT,
    RefusalCode.MAINTENANCE_MALFORMED: UNPROCESSABLE,
    RefusalCode.MAINTENANCE_OVER: CONFLICT,
    RefusalCode.MAINTENANCE_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.MAINTENANCES_FULL: CONFLICT,
    RefusalCode.POST_MALFORMED: UNPROCESSABLE,
    RefusalCode.POST_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.POSTS_FULL: CONFLICT,
    RefusalCode.REGION_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.STATUS_COMPONENT_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.TENANT_UNKNOWN: HTTPStatus.NOT_FOUND,
    RefusalCode.TEXT_MALFORMED: UNPROCESSABLE,
    RefusalCode.UNCHANGED: CONFLICT,
}


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.headers: dict[str, str] = more.pop("headers", {})
        self.document = ProblemDocument(
            type=f"urn:holdfast:problem:{code}", title=status.phrase, status=status, code=code, detail=detail, **more
        )


def refuse(refusal: Refusal) -> Problem:
    """The problem that a refusal is to the one who asked."""
    status = STATUS_BY_CODE[refusal.code]
    headers = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Problem(status, refusal.code.value, refusal.message, prediction=refusal.prediction, headers=headers)


def answer_problem(problem: Problem) -> JSONResponse:
    """The response that tells of a problem."""
    body = jsonable_encoder(problem.document)
    return JSONResponse(body, problem.document.status, problem.headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Have every error of an app, foreseen or not, answered as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)


async def _on_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - by registration
    return answer_problem(error)


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - by registration
    mistakes = tuple(
        FieldMistake(where=".".join(str(part) for part in mistake["loc"]), message=mistake["msg"])
        for mistake in error.errors()
    )
    detail = "; ".join(f"{mistake.where}: {mistake.message}" for mistake in mistakes[:5])
    return answer_problem(Problem(UNPROCESSABLE, "request_malformed", detail, fields=mistakes))


async def _on_http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - by registration
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "_").replace("-", "_")
    return answer_problem(Problem(status, code, str(error.detail), headers=dict(error.headers or {})))


async def _on_bug(_request: Request, _error: Exception) -> JSONResponse:
    detail = "Holdfast itself failed at this; its log says more"
    return answer_problem(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", detail))
