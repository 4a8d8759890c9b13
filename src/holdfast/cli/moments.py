"""Points in time on the command line: as in tables, or so long ago or ahead."""

import time
from datetime import UTC, datetime

import typer

from holdfast.model.units import parse_duration


def read_past(text: str) -> float:
    """A Unix time, in seconds: `10m` is so long ago."""
    return _read_span(text, -1.0) or _read_date(text, "10m")


def read_coming(text: str) -> float:
    """A Unix time, in seconds: `2h` is so long ahead."""
    return _read_span(text, 1.0) or _read_date(text, "2h")


def _read_span(text: str, sign: float) -> float | None:
    try:
        return time.time() + sign * parse_duration(text)
    except ValueError:
        return None


def _read_date(text: str, span: str) -> float:
    written = text.strip().removesuffix("UTC").strip()
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        message = f"{text!r} is no time: write one in UTC, such as 2026-01-31T10:05, or a span such as {span}"
        raise typer.BadParameter(message) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
