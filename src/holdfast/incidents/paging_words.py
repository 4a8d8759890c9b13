"""What pages and heartbeats say."""

import json
from collections.abc import Sequence
from typing import Final

from holdfast.incidents.escalation import PageOrder
from holdfast.incidents.nagging import REMINDER
from holdfast.model.day import format_iso, format_utc
from holdfast.model.incident import Incident, IncidentNote
from holdfast.model.letter import Channel, ChannelKind, Letter
from holdfast.model.paging import WrittenChannel

PAGE_S: Final = 1_800.0
"""How long a page is worth sending."""
NAMES_SHOWN_MAX: Final = 10
NAMES_TOLD_MAX: Final = 200
ALERT_PREFIX: Final = "alertmanager"


def write_page(incident: Incident, order: PageOrder, channel: WrittenChannel, link: str | None, now: float) -> Letter:
    """The page that an order asks for; `link` is where this person acknowledges this incident."""
    drill = "Drill: " if incident.drill else ""
    again = "forgotten? " if order.again else ""
    subject = f"[{incident.impact}] {again}{drill}{incident.id} {incident.title}"
    return Letter(
        key=order.key,
        channel=find_channel(channel),
        subject=subject,
        text="\n".join(_list_lines(incident, order, link, now)),
        body=json.dumps(_describe(incident, order, subject, link, now)),
        not_after=now + PAGE_S,
    )


def write_reminder(incident: Incident, note: IncidentNote, whom: tuple[str, str], channel: WrittenChannel) -> Letter:
    """What a person (with the name of the channel) is reminded of; it bears the same key whenever it is written."""
    key = f"remind/{incident.id}/{round(note.at * 1000)}/{'/'.join(whom)}"
    subject = f"[reminder] {incident.id} {incident.title}"
    text = f"{note.text.removeprefix(REMINDER).capitalize()}.\n\nholdfast incident show {incident.id}"
    told = {"version": 1, "key": key, "incident": incident.id, "subject": subject, "text": text}
    return Letter(key, find_channel(channel), subject, text, body=json.dumps(told), not_after=note.at + PAGE_S)


def find_channel(written: WrittenChannel) -> Channel:
    """Where a channel of the paging file leads; ValueError if that isn't one place."""
    ways = (
        (ChannelKind.EMAIL, written.email),
        (ChannelKind.WEBHOOK, written.webhook),
        (ChannelKind.APPRISE, written.apprise),
    )
    found = [Channel(kind, address) for kind, address in ways if address is not None]
    if len(found) != 1:
        raise ValueError("a channel has exactly one way to somebody")
    return found[0]


def _list_lines(incident: Incident, order: PageOrder, link: str | None, now: float) -> Sequence[str]:
    places = (("Services", incident.services), ("Components", incident.components), ("Regions", incident.regions))
    why = (
        f"{incident.acknowledged_by} acknowledged it, and nobody has written a word about it since."
        if order.again
        else "Nobody works on it yet."
    )
    return [
        incident.title,
        "",
        f"Impact: {incident.impact}; {incident.phase} since {format_utc(incident.began_at)}.",
        *(f"{word}: {_list_names(names)}." for word, names in places if names),
        f"{why} You are paged as {order.person}, step {order.step}, at {format_utc(now)}.",
        "",
        *([f"Acknowledge: {link}"] if link else []),
        f"{'Or: ' if link else ''}holdfast incident {'note' if order.again else 'ack'} {incident.id}",
    ]


def _describe(
    incident: Incident, order: PageOrder, subject: str, link: str | None, now: float
) -> dict[str, str | int | float | bool | Sequence[str] | None]:
    return {
        "version": 1,
        "key": order.key,
        "incident": incident.id,
        "subject": subject,
        "text": "\n".join(_list_lines(incident, order, link, now)),
        "title": incident.title,
        "impact": incident.impact,
        "phase": incident.phase,
        "services": incident.services[:NAMES_TOLD_MAX],
        "components": incident.components[:NAMES_TOLD_MAX],
        "regions": incident.regions[:NAMES_TOLD_MAX],
        "drill": incident.drill,
        "began_at": format_iso(incident.began_at),
        "person": order.person,
        "step": order.step,
        "again": order.again,
        "acknowledge": link,
        "at": format_iso(now),
    }


def _list_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN_MAX} more" if len(names) > NAMES_SHOWN_MAX else ""
    return ", ".join(names[:NAMES_SHOWN_MAX]) + more


def name_alert(team: str | None, digest: str) -> str:
    """What an alert's incident bears to be found by, and the team that the alert names."""
    return f"{ALERT_PREFIX}/{team or ''}/{digest}"


def read_alert_team(alert: str | None) -> str | None:
    """The team that an alert named when its incident was opened."""
    parts = (alert or "").split("/")
    return parts[1] or None if len(parts) == 3 and parts[0] == ALERT_PREFIX else None


def write_beat(key: str, to: WrittenChannel, at: float, not_after: float) -> Letter:
    """A heartbeat, which no person reads."""
    text = f"Heartbeat {key} of Holdfast's pages, sent at {format_utc(at)}. Nobody needs to do anything."
    body = json.dumps({"version": 1, "key": key, "heartbeat": key, "text": text, "at": format_iso(at)})
    return Letter(key, find_channel(to), f"Holdfast heartbeat {key}", text, body=body, not_after=not_after)


def write_alarm(key: str, channel: WrittenChannel, since: float, now: float) -> Letter:
    """What somebody is told when heartbeats aren't proved."""
    text = (
        f"Pages of Holdfast may not reach people: no heartbeat was proved since {format_utc(since)}. "
        "This came another way than heartbeats do. What is known: holdfast oncall"
    )
    body = json.dumps(
        {"version": 1, "key": key, "subject": "pages may not arrive", "text": text, "at": format_iso(now)}
    )
    return Letter(key, find_channel(channel), "Holdfast: pages may not arrive", text, body=body, not_after=now + PAGE_S)


def write_test(key: str, channel: WrittenChannel, person: str, author: str, now: float) -> Letter:
    """A page by which somebody tries whether a person can be reached."""
    text = f"{author} tries whether pages reach {person}, at {format_utc(now)}. Nothing is wrong."
    body = json.dumps({"version": 1, "key": key, "subject": "a test page", "text": text, "at": format_iso(now)})
    return Letter(key, find_channel(channel), "Holdfast: a test page", text, body=body, not_after=now + PAGE_S)
