"""What Prometheus' Alertmanager sends as a webhook."""

from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from holdfast.adapters.api.access import Operator
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.alert import AlertGroup
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.views.paging import AlertDocument

router = APIRouter(prefix="/v1")


class AlertDesk(Protocol):
    """Whoever makes incidents of alerts."""

    async def take(self, author: str, group: AlertGroup) -> AlertDocument | Refusal:
        """Do what a group of alerts asks for; the same again does nothing."""


async def _desk(request: Request) -> AlertDesk:
    desk: AlertDesk = request.app.state.alerts
    return desk


@router.post("/alertmanager")
async def take_alerts(
    operator: Operator, desk: Annotated[AlertDesk, Depends(_desk)], group: AlertGroup
) -> AlertDocument:
    """Open an incident for firing alerts, or raise it; resolve it when they are, unless people took it over.

    What Alertmanager's `webhook_config` sends (version 4), with a token in `http_config.authorization`. Alerts of one
    group are one incident.
    """
    answer = await desk.take(operator.name, group)
    if isinstance(answer, Refusal):
        if answer.code is RefusalCode.INCIDENTS_FULL:  # Alertmanager tries again only after a 5xx
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, answer.code.value, answer.message)
        raise refuse(answer)
    return answer
