"""The words of the status site."""

from collections import Counter
from datetime import UTC, datetime
from typing import Final

from holdfast.model.day import Day, add_days
from holdfast.model.incident import Impact, Phase
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.status_document import DayBar, DayKind, History, PublicIncident, PublicStatus

STATUSES: Final = {
    PublicStatus.OPERATIONAL: "Operational",
    PublicStatus.UNDER_MAINTENANCE: "Under maintenance",
    PublicStatus.DEGRADED_PERFORMANCE: "Degraded performance",
    PublicStatus.PARTIAL_OUTAGE: "Partial outage",
    PublicStatus.MAJOR_OUTAGE: "Major outage",
}
PHASES: Final = {
    Phase.INVESTIGATING: "Investigating",
    Phase.IDENTIFIED: "Identified",
    Phase.MONITORING: "Monitoring",
    Phase.RESOLVED: "Resolved",
}
IMPACTS: Final = {
    Impact.NONE: "No impact",
    Impact.MINOR: "Minor impact",
    Impact.MAJOR: "Major impact",
    Impact.CRITICAL: "Critical impact",
}
MAINTENANCE_PHASES: Final = {
    MaintenancePhase.SCHEDULED: "Scheduled",
    MaintenancePhase.IN_PROGRESS: "In progress",
    MaintenancePhase.COMPLETED: "Completed",
    MaintenancePhase.CANCELLED: "Cancelled",
}
DAY_KINDS: Final = {
    DayKind.UP: "up",
    DayKind.DEGRADED: "degraded",
    DayKind.DOWN: "down for less than an hour",
    DayKind.LONG_DOWN: "down for an hour or longer",
    DayKind.MAINTENANCE: "maintenance",
    DayKind.UNKNOWN: "not measured",
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def tell_day(day: Day) -> str:
    """`22 November 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def tell_month(year: int, month: int) -> str:
    """`November 2026`."""
    return f"{_MONTHS[month - 1]} {year}"


def tell_time(at: float) -> str:
    """A Unix time, in seconds: `22 November 2026, 07:05 UTC`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{tell_day(moment.date())}, {moment:%H:%M} UTC"


def tell_until(began_at: float, ended_at: float) -> str:
    """Two times, without saying the day twice."""
    end = datetime.fromtimestamp(ended_at, UTC)
    same = datetime.fromtimestamp(began_at, UTC).date() == end.date()
    return f"{tell_time(began_at).removesuffix(' UTC')} to {f'{end:%H:%M} UTC' if same else tell_time(ended_at)}"


def tell_minutes(minutes: int) -> str:
    """`1 h 5 min`."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{rest} min"] if rest or not hours else parts)


def tell_uptime(uptime: float | None) -> str:
    """A share of the time. Rounded down, so that 100 % is said only of what was never down."""
    if uptime is None:
        return "not measured"
    if uptime >= 1.0:
        return "100 % up"
    return f"{int(uptime * 100_000 + 1e-6) / 1000:.3f}".rstrip("0").rstrip(".") + " % up"


def tell_history(history: History) -> str:
    """The same as the bars, for those who don't see them."""
    if not history.bars:
        return "Not measured."
    count = Counter([bar.kind for bar in history.bars])
    troubled = count[DayKind.DOWN] + count[DayKind.LONG_DOWN]
    told = [f"{_count(troubled, 'day')} with downtime", f"{_count(count[DayKind.DEGRADED], 'day')} degraded"]
    told += [f"{_count(count[DayKind.UNKNOWN], 'day')} not measured"] if count[DayKind.UNKNOWN] else []
    return f"Last {len(history.bars)} days: {tell_uptime(history.uptime)}; {', '.join(told)}."


def tell_bar(bar: DayBar) -> str:
    """One day."""
    spans = {"down": bar.down_min, "degraded": bar.degraded_min, "maintenance": bar.maintenance_min}
    told = [f"{tell_minutes(minutes)} {what}" for what, minutes in spans.items() if minutes]
    return f"{tell_day(bar.day)}: {', '.join(told) or DAY_KINDS[bar.kind]}"


def list_troubled(history: History) -> tuple[DayBar, ...]:
    """The days of which there is something to say, newest first."""
    return tuple(bar for bar in reversed(history.bars) if bar.down_min or bar.degraded_min or bar.maintenance_min)


def tell_first_day(history: History) -> str:
    """How long ago the bars begin."""
    return f"{len(history.bars)} days ago" if history.bars else ""


def tell_duration(incident: PublicIncident) -> str:
    """How long a resolved incident took."""
    span_s = (incident.resolved_at or incident.changed_at) - incident.began_at
    return tell_minutes(max(1, round(span_s / 60)))


def is_overdue(due: Day, today: Day) -> bool:
    """Whether a day is past."""
    return add_days(due, 1) <= today


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
