"""What subscribers' webhooks are sent: the form of Statuspage's notifications, which receivers know.

See https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/. Maintenance is an incident with a
scheduled time, as there.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from holdfast.adapters.subscribers.letters import Addressed
from holdfast.adapters.subscribers.rendering import STATUS_WORDS, link_to
from holdfast.model.day import format_iso
from holdfast.model.incident import Impact
from holdfast.model.letter import Letter
from holdfast.model.subscriber import Notice, NoticeStatus, NoticeUpdate, SubscribedSite

DOCUMENTATION: Final = "https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/"
_DESCRIPTIONS: Final = {
    Impact.NONE: "All Systems Operational",
    Impact.MINOR: "Minor Service Outage",
    Impact.MAJOR: "Partial System Outage",
    Impact.CRITICAL: "Major Service Outage",
}
_THEIRS: Final = {
    NoticeStatus.RESCHEDULED: NoticeStatus.SCHEDULED,
    NoticeStatus.REMINDER: NoticeStatus.SCHEDULED,
    NoticeStatus.CANCELLED: NoticeStatus.COMPLETED,
}
"""Statuses that Statuspage has no word for. The text says what happened."""


def write_hook(addressed: Addressed, site: SubscribedSite, notice: Notice, open_impacts: Iterable[Impact]) -> Letter:
    """One incident or maintenance as it stands with this notice, newest update first."""
    news = notice.news
    indicator = max(open_impacts, key=list(Impact).index, default=Impact.NONE)
    body = {
        "meta": {"unsubscribe": addressed.unsubscribe_url, "documentation": DOCUMENTATION},
        "page": {
            "id": site.name,
            "status_indicator": indicator,
            "status_description": _DESCRIPTIONS[indicator],
            "url": site.url,
        },
        "incident": _write_incident(notice, site),
    }
    return Letter(
        key=addressed.key,
        channel=addressed.subscriber.channel,
        subject=f"{STATUS_WORDS[news.status]}: {notice.title}",
        text=news.text,
        body=json.dumps(body, ensure_ascii=False),
        not_after=addressed.not_after,
    )


def write_challenge(site: SubscribedSite, challenge: str) -> bytes:
    """What a URL is asked before it counts; it answers with the challenge."""
    return json.dumps(
        {"type": "challenge", "page": {"id": site.name, "url": site.url}, "challenge": challenge}
    ).encode()


def _write_incident(notice: Notice, site: SubscribedSite) -> dict[str, Any]:
    return {
        "id": notice.about,
        "name": notice.title,
        "status": _spell(notice.news.status),
        "impact": "maintenance" if notice.begins_at is not None else notice.impact,
        "created_at": format_iso(notice.opened_at),
        "updated_at": format_iso(notice.news.at),
        "monitoring_at": _spell_time(_find_first(notice, NoticeStatus.MONITORING)),
        "resolved_at": _spell_time(notice.resolved_at),
        "scheduled_for": _spell_time(notice.begins_at),
        "scheduled_until": _spell_time(notice.ends_at),
        "shortlink": link_to(site.url, notice),
        "backfilled": False,
        "postmortem_body": None,
        "components": [{"id": name, "name": site.components.get(name, name)} for name in notice.interest.components],
        "incident_updates": [_write_update(notice, update, site) for update in reversed(notice.updates)],
    }


def _write_update(notice: Notice, update: NoticeUpdate, site: SubscribedSite) -> dict[str, Any]:
    at = format_iso(update.at)
    return {
        "id": f"{notice.about}-{update.number}",
        "incident_id": notice.about,
        "status": _spell(update.status),
        "body": update.text,
        "created_at": at,
        "display_at": at,
        "updated_at": at,
        "affected_components": [
            {"code": name, "name": site.components.get(name, name)} for name in notice.interest.components
        ],
    }


def _find_first(notice: Notice, status: NoticeStatus) -> float | None:
    return next((update.at for update in notice.updates if update.status is status), None)


def _spell(status: NoticeStatus) -> str:
    return str(_THEIRS.get(status, status))


def _spell_time(at: float | None) -> str | None:
    return None if at is None else format_iso(at)
