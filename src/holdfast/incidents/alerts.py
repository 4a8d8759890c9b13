"""What another monitoring system's alerts mean: an incident to open, to raise, or to resolve."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.model.alert import Alert, AlertGroup
from holdfast.model.incident import TITLE_CHARACTERS_MAX, Impact, Occasion
from holdfast.model.paging import AlertLabels
from holdfast.model.state import IncidentRecord
from holdfast.model.token import SYSTEM

ALERT_INCIDENTS_MAX: Final = 100
"""Incidents open at one time that alerts opened, so that there is always room for others."""
PLACES_MAX: Final = 20
EARLIER_S: Final = 86_400.0
"""An alert that says it is older than this began when it came."""
_RANK: Final = {impact: rank for rank, impact in enumerate(Impact)}


@dataclass(frozen=True, slots=True)
class AlertReading:
    """What a group of alerts says. `began_at` is Unix time, in seconds."""

    title: str
    impact: Impact
    services: tuple[str, ...]
    components: tuple[str, ...]
    team: str | None
    began_at: float


def read_alerts(
    group: AlertGroup, labels: AlertLabels, services: Collection[str], components: Collection[str], now: float
) -> AlertReading:
    """What a group says, by the meaning of its labels, of services and components that there are."""
    firing = [alert for alert in group.alerts if alert.status == "firing"] or list(group.alerts)
    return AlertReading(
        title=_make_title(group, firing),
        impact=_find_impact(group, firing, labels),
        services=_find_places(group, firing, labels.service, services),
        components=_find_places(group, firing, labels.component, components),
        team=next((name for name in _list_values(group, firing, labels.team)), None),
        began_at=min((at for alert in firing if (at := _find_time(alert, now)) is not None), default=now),
    )


def find_open(digest: str, records: Mapping[str, IncidentRecord]) -> IncidentRecord | None:
    """The open incident of an alert, if there is one, whichever team it named then."""
    open_ones = (r for r in records.values() if r.incident.is_open)
    return next((r for r in open_ones if (r.incident.alert or "").endswith(f"/{digest}")), None)


def count_open(records: Mapping[str, IncidentRecord]) -> int:
    """Open incidents that alerts opened."""
    return sum(r.incident.is_open and r.incident.occasion is Occasion.ALERT for r in records.values())


def is_taken_over(record: IncidentRecord) -> bool:
    """Whether people work on it, so that they say when it is over."""
    authors = [*(note.author for note in record.notes), *(post.author for post in record.posts)]
    return record.incident.acknowledged_by is not None or any(author != SYSTEM for author in authors)


def is_worse(impact: Impact, than: Impact) -> bool:
    """Whether an impact is higher than another."""
    return _RANK[impact] > _RANK[than]


def _make_title(group: AlertGroup, firing: Sequence[Alert]) -> str:
    common = {**group.group_labels, **group.common_labels}
    name = _clean(common.get("alertname", "")) or _clean(next(iter(_each(firing, "alertname")), "")) or "alert"
    annotations = [group.common_annotations, *(alert.annotations for alert in firing)]
    summary = next((text for each in annotations if (text := _clean(each.get("summary", "")))), "")
    count = f" ({len(firing)} alerts)" if len(firing) > 1 else ""
    title = f"{name}: {summary}" if summary else name
    return f"{title[: TITLE_CHARACTERS_MAX - len(count)].rstrip()}{count}"


def _each(alerts: Iterable[Alert], label: str) -> Iterator[str]:
    return (alert.labels[label] for alert in alerts if label in alert.labels)


def _list_values(group: AlertGroup, firing: Sequence[Alert], label: str) -> Iterator[str]:
    """A label's values, those that all alerts share first."""
    for shared in (group.common_labels, group.group_labels):
        if label in shared:
            yield shared[label]
    yield from _each(firing, label)


def _find_impact(group: AlertGroup, firing: Sequence[Alert], labels: AlertLabels) -> Impact:
    """The highest that any alert means."""
    known = (labels.impacts.get(word.strip().lower()) for word in _list_values(group, firing, labels.severity))
    return max((impact for impact in known if impact is not None), key=_RANK.__getitem__, default=labels.otherwise)


def _find_places(group: AlertGroup, firing: Sequence[Alert], label: str, known: Collection[str]) -> tuple[str, ...]:
    found = dict.fromkeys(name for name in _list_values(group, firing, label) if name in known)
    return tuple(found)[:PLACES_MAX]


def _find_time(alert: Alert, now: float) -> float | None:
    if alert.starts_at is None:
        return None
    at = alert.starts_at.timestamp()
    return at if now - EARLIER_S <= at <= now else None


def _clean(text: str) -> str:
    """One line of what can be printed, not endlessly long."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: TITLE_CHARACTERS_MAX * 4]).split())
