"""Measured downtime: how long, of what, in which regions, and the evidence. Owners see their own tenant's."""

from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from holdfast.adapters.api.access import Anyone, may_see
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.day import Day
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.scalars import Name
from holdfast.model.token import Role, Token
from holdfast.views.downtime import DowntimeDocument, Kind, StretchesDocument

router = APIRouter(prefix="/v1/downtime")
LATEST_S = 86_400.0
Time = Annotated[float | None, Field(ge=0, le=1e11), Query(description="Unix time, in seconds.")]


class DowntimeReading(Protocol):
    """What the API needs of the accounts."""

    def tenant_of(self, service: str) -> str | None:
        """Whose service it is; None if there is no such service."""

    def show(
        self, kind: Kind, name: str | None, region: str | None, first: Day | None, last: Day | None
    ) -> DowntimeDocument | Refusal:
        """The downtime of one subject, or of all of a kind, on days (none: of this month up to today)."""

    def show_stretches(
        self, kind: Kind, name: str | None, region: str | None, since: float | None, until: float | None
    ) -> StretchesDocument | Refusal:
        """What it is made of, between two times (Unix, in seconds; none: the latest day)."""


async def _reading(request: Request) -> DowntimeReading:
    reading: DowntimeReading | None = request.app.state.downtime
    if reading is None:
        raise Problem(HTTPStatus.CONFLICT, "not_measured", "nothing is measured here: the watch was left out")
    return reading


Reading = Annotated[DowntimeReading, Depends(_reading)]
"""What a request is answered from."""


def _check_access(token: Token, reading: DowntimeReading, kind: Kind, name: str | None) -> None:
    if token.role is not Role.OWNER:
        return
    tenant = name if kind == "tenant" else reading.tenant_of(name) if kind == "service" and name else None
    if tenant is None or not may_see(token, tenant):
        code = RefusalCode.SERVICE_UNKNOWN if kind == "service" else RefusalCode.TENANT_UNKNOWN
        raise refuse(Refusal(code, f"there is no {kind} {name}" if name else "say which of your own"))


@router.get("")
def show_downtime(
    token: Anyone,
    reading: Reading,
    *,
    kind: Kind = "region",
    name: Name | None = None,
    region: Name | None = None,
    first: Day | None = None,
    last: Day | None = None,
) -> DowntimeDocument:
    """Time down and degraded by region, and the error budget of the month, measured from traffic.

    Days are UTC, both included; without them it is this month up to today.
    """
    _check_access(token, reading, kind, name)
    found = reading.show(kind, name, region, first, last)
    if isinstance(found, Refusal):
        raise refuse(found)
    return found


@router.get("/stretches")
def list_downtime_stretches(
    token: Anyone,
    reading: Reading,
    *,
    kind: Kind = "region",
    name: Name | None = None,
    region: Name | None = None,
    since: Time = None,
    until: Time = None,
) -> StretchesDocument:
    """The evidence: every stretch that wasn't up, with its requests; without times, of the latest day."""
    _check_access(token, reading, kind, name)
    found = reading.show_stretches(kind, name, region, since, until)
    if isinstance(found, Refusal):
        raise refuse(found)
    return found
