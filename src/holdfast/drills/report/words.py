"""How numbers and names are told to people: in the report, and on the command line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.drills.result import Measure


def format_number(value: float) -> str:
    """A number as short as it may be without hiding anything that matters."""
    if not math.isfinite(value):
        return "∞"
    if value == round(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


def format_measure(measure: Measure) -> str:
    """A measure's value with its unit."""
    value = math.inf if measure.value is None else measure.value
    if measure.unit == "%":
        return f"{format_percent(value)}%"
    number = format_number(value)
    return f"{number}x" if measure.unit == "x" else f"{number} {measure.unit}"


def format_words(name: str) -> str:
    """A measure's name for people."""
    return name.replace("_", " ")


def format_percent(value: float) -> str:
    """Short, but near 100 rounded down, so that 99.9996 % isn't shown as 100 %."""
    if value < 99:
        return format_number(value)
    return f"{math.floor(value * 1e3) / 1e3:.3f}".rstrip("0").rstrip(".")
