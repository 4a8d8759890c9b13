"""Days and times of day in UTC. The calendar only: what time it is, nobody is told here."""

from datetime import UTC, date, datetime, timedelta

DAY_S = 86_400.0
Day = date


def find_day(at: float) -> Day:
    """The day (UTC) of a Unix time, in seconds."""
    return datetime.fromtimestamp(at, UTC).date()


def begin_day(day: Day) -> float:
    """When a day begins (UTC): Unix time, in seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def add_days(day: Day, days: int) -> Day:
    """The day so many days later."""
    return day + timedelta(days=days)


def format_utc(at: float) -> str:
    """A Unix time as people read it: `2026-01-31 10:05:00 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def format_iso(at: float) -> str:
    """A Unix time as machines read it (RFC 3339), with milliseconds: `2026-01-31T10:05:00.000Z`."""
    return f"{datetime.fromtimestamp(at, UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{int(at * 1000) % 1000:03d}Z"


def format_span(seconds: float) -> str:
    """A span of time as people read it, in its two largest units: `42 s`, `4 min 12 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    counts = (("d", whole // 86_400), ("h", whole // 3_600 % 24), ("min", whole // 60 % 60), ("s", whole % 60))
    first = next((i for i, (_, count) in enumerate(counts) if count), len(counts) - 1)
    return " ".join(f"{count} {unit}" for unit, count in counts[first : first + 2] if count) or "0 s"
