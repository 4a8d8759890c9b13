"""The document as JSON in the shape of Statuspage's public API, version 2, which many clients read.

Source: the API's own description, https://www.atlassianstatus.io/api/v2 and https://developer.statuspage.io.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, Final

from msgspec import json

from holdfast.model.day import format_iso
from holdfast.model.incident import Phase
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.status_document import (
    PublicComponent,
    PublicIncident,
    PublicMaintenance,
    PublicPlace,
    StatusDocument,
)

FOLDER: Final = "api/v2"
LATEST_MAX: Final = 50
"""Incidents and windows in the lists that have all kinds, as in Statuspage's."""


def list_answers(document: StatusDocument) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every answer by its path, made when asked for."""
    for name, make in _ANSWERS.items():
        yield f"{FOLDER}/{name}.json", partial(_encode, make, document)


def _encode(make: Callable[[StatusDocument], dict[str, Any]], document: StatusDocument) -> bytes:
    return json.encode({"page": _show_page(document), **make(document)})


def _show_page(document: StatusDocument) -> dict[str, Any]:
    words = document.words
    return {
        "id": words.page,
        "name": words.title,
        "url": words.url or "",
        "time_zone": "Etc/UTC",
        "updated_at": format_iso(document.as_of),
    }


def _show_status(document: StatusDocument) -> dict[str, Any]:
    return {"status": {"indicator": document.indicator, "description": document.headline}}


def _show_components(document: StatusDocument) -> dict[str, Any]:
    groups = dict.fromkeys(component.group for component in document.components if component.group)
    shown = [_show_component(document, component, number) for number, component in enumerate(document.components, 1)]
    for number, group in enumerate(groups, len(shown) + 1):
        members = [component for component in document.components if component.group == group]
        shown.append(_show_group(document, group, members, number))
    return {"components": shown}


def _show_component(document: StatusDocument, component: PublicComponent, position: int) -> dict[str, Any]:
    return {
        "id": component.name,
        "name": component.title,
        "status": component.status,
        "created_at": format_iso(component.since),
        "updated_at": format_iso(component.since),
        "position": position,
        "description": component.description or None,
        "showcase": True,
        "start_date": None,
        "group_id": _identify_group(component.group) if component.group else None,
        "page_id": document.words.page,
        "group": False,
        "only_show_if_degraded": False,
    }


def _show_group(
    document: StatusDocument, group: str, members: Sequence[PublicComponent], position: int
) -> dict[str, Any]:
    worst = max(members, key=lambda member: member.status.rank)
    latest = max(member.since for member in members)
    return {
        "id": _identify_group(group),
        "name": group,
        "status": worst.status,
        "created_at": format_iso(latest),
        "updated_at": format_iso(latest),
        "position": position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": document.words.page,
        "group": True,
        "only_show_if_degraded": False,
        "components": [member.name for member in members],
    }


def _identify_group(group: str) -> str:
    """By its heading alone, so that it stays the same wherever it stands."""
    return f"group-{sha256(group.encode()).hexdigest()[:12]}"


def _show_incident(document: StatusDocument, incident: PublicIncident) -> dict[str, Any]:
    places = _find_components(document, incident.components)
    updates = [
        _show_update(incident.id, f"{incident.id}-{post.number}", post.phase, post.text, post.at)
        for post in reversed(incident.posts)
    ]
    monitored = next((post.at for post in incident.posts if post.phase is Phase.MONITORING), None)
    return {
        "id": incident.id,
        "name": incident.title,
        "status": incident.phase,
        "created_at": format_iso(incident.posts[0].at),
        "updated_at": format_iso(incident.changed_at),
        "monitoring_at": _show_time(monitored),
        "resolved_at": _show_time(incident.resolved_at),
        "impact": incident.impact,
        "shortlink": _show_link(document, f"incidents/{incident.id}.html"),
        "started_at": format_iso(incident.began_at),
        "page_id": document.words.page,
        "incident_updates": updates,
        "components": places,
    }


def _show_window(document: StatusDocument, window: PublicMaintenance) -> dict[str, Any]:
    return {
        "id": window.id,
        "name": window.title,
        "status": window.phase,
        "created_at": format_iso(window.announced_at),
        "updated_at": format_iso(window.changed_at),
        "monitoring_at": None,
        "resolved_at": _show_time(window.ends_at if window.is_over else None),
        "impact": "maintenance",
        "shortlink": _show_link(document, f"maintenance/{window.id}.html"),
        "started_at": format_iso(window.begins_at),
        "page_id": document.words.page,
        "incident_updates": [
            _show_update(window.id, f"{window.id}-1", window.phase, window.text or window.title, window.changed_at)
        ],
        "components": _find_components(document, window.components or tuple(map(_place, document.components))),
        "scheduled_for": format_iso(window.begins_at),
        "scheduled_until": format_iso(window.ends_at),
    }


def _show_update(owner: str, id_: str, status: str, body: str, at: float) -> dict[str, Any]:
    time = format_iso(at)
    return {
        "id": id_,
        "status": status,
        "body": body,
        "incident_id": owner,
        "created_at": time,
        "updated_at": time,
        "display_at": time,
        "affected_components": None,
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _find_components(document: StatusDocument, places: Sequence[PublicPlace]) -> list[dict[str, Any]]:
    wanted = {place.name for place in places}
    return [
        _show_component(document, component, number)
        for number, component in enumerate(document.components, 1)
        if component.name in wanted
    ]


def _place(component: PublicComponent) -> PublicPlace:
    return PublicPlace(component.name, component.title)


def _show_time(at: float | None) -> str | None:
    return None if at is None else format_iso(at)


def _show_link(document: StatusDocument, path: str) -> str:
    url = document.words.url
    return path if url is None else f"{url.rstrip('/')}/{path}"


def _show_incidents(document: StatusDocument, *, unresolved: bool) -> dict[str, Any]:
    chosen = [each for each in document.incidents if each.is_open or not unresolved]
    return {"incidents": [_show_incident(document, each) for each in chosen[:LATEST_MAX]]}


def _show_windows(document: StatusDocument, *phases: MaintenancePhase) -> dict[str, Any]:
    chosen = [each for each in document.maintenances if each.phase in phases]
    return {"scheduled_maintenances": [_show_window(document, each) for each in chosen[:LATEST_MAX]]}


def _show_summary(document: StatusDocument) -> dict[str, Any]:
    return {
        **_show_components(document),
        **_show_incidents(document, unresolved=True),
        **_show_windows(document, MaintenancePhase.SCHEDULED, MaintenancePhase.IN_PROGRESS),
        **_show_status(document),
    }


_ANSWERS: Final[dict[str, Callable[[StatusDocument], dict[str, Any]]]] = {
    "summary": _show_summary,
    "status": _show_status,
    "components": _show_components,
    "incidents": partial(_show_incidents, unresolved=False),
    "incidents/unresolved": partial(_show_incidents, unresolved=True),
    "scheduled-maintenances": lambda document: _show_windows(
        document, MaintenancePhase.SCHEDULED, MaintenancePhase.IN_PROGRESS, MaintenancePhase.COMPLETED
    ),
    "scheduled-maintenances/upcoming": lambda document: _show_windows(document, MaintenancePhase.SCHEDULED),
    "scheduled-maintenances/active": lambda document: _show_windows(document, MaintenancePhase.IN_PROGRESS),
}
"""What is cancelled is in none of them, as where Statuspage has it no more."""
