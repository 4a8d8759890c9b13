"""The pages about incidents that one looks at. They are of the whole platform: no tenant's owner sees them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from holdfast.adapters.console.feed import Gone
from holdfast.adapters.console.port import LiveSource
from holdfast.adapters.console.screen import Document, Load, Screen, require_all
from holdfast.adapters.console.sessions import Session

RESOLVED_SHOWN_MAX: Final = 50
INCIDENT_ID: Final = re.compile(r"i-[1-9][0-9]{0,17}")
Plan = tuple[tuple[Any, ...], Load]


def _plan_incidents(_request: Request, session: Session) -> Plan:
    require_all(session)

    def load(source: LiveSource) -> Document:
        return {
            "incidents": source.incidents(RESOLVED_SHOWN_MAX),
            "places": source.public_places(),
            "overdue_count": sum(each.overdue for each in source.follow_ups().follow_ups),
        }

    return (), load


def _plan_incident(request: Request, session: Session) -> Plan:
    require_all(session)
    wanted = request.path_params["incident"]

    def load(source: LiveSource) -> Document:
        page = source.incident(wanted) if INCIDENT_ID.fullmatch(wanted) else None
        if page is None:
            raise Gone("There is no such incident, or it is no longer remembered.")
        active = {each.id: each for each in source.mitigations(None).active}
        return {
            "page": page,
            "incident": page.document.row.incident,
            "places": source.public_places(),
            "held": [active[id_] for id_ in page.document.mitigations if id_ in active],
        }

    return (wanted,), load


def _plan_follow_ups(_request: Request, session: Session) -> Plan:
    require_all(session)
    return (), lambda source: {"promised": source.follow_ups()}


def _plan_maintenance(_request: Request, session: Session) -> Plan:
    require_all(session)
    return (), lambda source: {"windows": source.maintenances(), "places": source.public_places()}


def _plan_on_call(_request: Request, session: Session) -> Plan:
    require_all(session)
    return (), lambda source: {"paging": source.on_call()}


INCIDENT_SCREENS: Final[Mapping[str, Screen]] = {
    "/incidents": Screen("incidents", ("incidents",), _plan_incidents),
    "/incidents/{incident}": Screen("incident", ("incident-now", "incident-words", "incident-course"), _plan_incident),
    "/follow-ups": Screen("follow-ups", ("follow-ups",), _plan_follow_ups),
    "/maintenance": Screen("maintenance", ("maintenance",), _plan_maintenance),
    "/on-call": Screen("on-call", ("on-call",), _plan_on_call),
}
"""By path below the console's root."""
