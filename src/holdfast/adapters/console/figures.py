"""Figures as people read them: few digits, units, and a dash for what isn't known."""

import json
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

WRITTEN_CHARACTERS_MAX: Final = 160
UNKNOWN: Final = "\N{EN DASH}"
_THIN: Final = "\N{NARROW NO-BREAK SPACE}"


def tell_rate(per_s: float | None) -> str:
    """Requests per second, without the unit: `0`, `3.4`, `812`, `12.3 k`."""
    if per_s is None:
        return UNKNOWN
    return _scale(per_s, (("M", 1e6), ("k", 1e3)))


def tell_count(count: float | None) -> str:
    """A number of things: exact below ten thousand."""
    if count is None:
        return UNKNOWN
    return f"{count:,.0f}".replace(",", _THIN) if count < 10_000 else _scale(count, (("M", 1e6), ("k", 1e3)))


def tell_bytes(size_bytes: float | None) -> str:
    """A size: `212 MiB`."""
    if size_bytes is None:
        return UNKNOWN
    if size_bytes < 1024:
        return f"{size_bytes:.0f}{_THIN}B"
    return _scale(size_bytes, (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)))


def tell_share(share: float | None) -> str:
    """A fraction in percent, never rounded to 0 % or 100 % unless it is."""
    if share is None:
        return UNKNOWN
    percent = share * 100
    if 0 < percent < 0.1:
        return f"<{_THIN}0.1{_THIN}%"
    if 99.9 < percent < 100:
        return f">{_THIN}99.9{_THIN}%"
    digits = 1 if 0 < percent < 10 or 99 < percent < 100 else 0
    return f"{percent:.{digits}f}{_THIN}%"


def tell_latency(seconds: float | None) -> str:
    """How long an answer takes: `8 ms`, `1.2 s`."""
    if seconds is None:
        return UNKNOWN
    return f"{_few_digits(seconds * 1000)}{_THIN}ms" if seconds < 1 else f"{seconds:.1f}{_THIN}s"


def tell_span(seconds: float | None) -> str:
    """A span of time in its two largest units: `42 s`, `4 min 12 s`, `2 h 5 min`."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, round(seconds))
    counts = (("d", whole // 86_400), ("h", whole // 3_600 % 24), ("min", whole // 60 % 60), ("s", whole % 60))
    first = next((i for i, (_, count) in enumerate(counts) if count), len(counts) - 1)
    told = [f"{count}{_THIN}{unit}" for unit, count in counts[first : first + 2] if count]
    return " ".join(told) or f"0{_THIN}s"


def tell_time(unix: float) -> str:
    """A point in time to the second, UTC: `2026-11-21 14:03:22`."""
    return _moment(unix).strftime("%Y-%m-%d %H:%M:%S")


def tell_clock(unix: float) -> str:
    """A time of day, UTC: `14:03:22`."""
    return _moment(unix).strftime("%H:%M:%S")


def tell_iso(unix: float) -> str:
    """A point in time for programs: `2026-11-21T14:03:22Z`."""
    return _moment(unix).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def _scale(value: float, units: tuple[tuple[str, float], ...]) -> str:
    for unit, size in units:
        if value >= size:
            return f"{_few_digits(value / size)}{_THIN}{unit}"
    return _few_digits(value)


def _few_digits(value: float) -> str:
    if value == 0 or value >= 100:
        return f"{value:.0f}"
    if value < 0.05:
        return f"<{_THIN}0.1"
    return f"{value:.1f}".removesuffix(".0")


def tell_written(value: JsonValue) -> str:
    """A value of a file in a few words."""
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WRITTEN_CHARACTERS_MAX else f"{text[: WRITTEN_CHARACTERS_MAX - 1]}…"
