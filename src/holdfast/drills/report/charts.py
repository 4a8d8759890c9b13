"""Geometry of the report's charts: data in, coordinates in a fixed drawing area out. The template draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.score import find_percentile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from holdfast.drills.score import Latencies

WIDTH, HEIGHT = 420.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 14.0, 14.0, 40.0
"""Margins around the drawing area, in the units of the view box."""
PERCENTILES: Final = (0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.9)
PERCENTILES_TICKED: Final = (50.0, 90.0, 99.0, 99.9)
STEPS: Final = (1.0, 2.0, 5.0)
FINE_STEPS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
FEW: Final = 3
HEADROOM: Final = 1.15


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """A named line or cloud of points. `style` is a class of the template's stylesheet."""

    label: str
    style: str
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """The points as the `d` of a path."""
        return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in self.points) if self.points else ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything to draw, in units of the view box. `goal_y` is where the goal's line lies, if there is one."""

    title: str
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    series: tuple[Series, ...]
    goal_y: float | None = None
    goal_label: str = ""
    dots: bool = False
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


def draw_percentiles(title: str, sides: Sequence[tuple[str, str, Latencies]]) -> Chart:
    """Latency over percentile, both logarithmic, so that the tail gets room. A line ends where requests failed."""
    lines = [(label, style, _find_percentiles(latency_ms)) for label, style, latency_ms in sides]
    finite = [value for _, _, line in lines for _, value in line]
    y_of, y_ticks = _scale_log(min(finite, default=1.0), max(finite, default=10.0))
    series = tuple(
        Series(label, style, tuple((_x_of_percentile(p), y_of(value)) for p, value in line))
        for label, style, line in lines
    )
    x_ticks = tuple(Tick(_x_of_percentile(p), f"{p:g}") for p in PERCENTILES_TICKED)
    return Chart(title, "percentile", "ms", x_ticks, y_ticks, series)


def draw_dots(title: str, axes: tuple[str, str], values: Sequence[float], goal: float, goal_label: str) -> Chart:
    """A dot for each value, in their order, and the goal as a line; values without end are left out."""
    finite = [value for value in values if math.isfinite(value)]
    y_of, y_ticks = _scale_linear(HEADROOM * max(goal, *finite, 0.0))
    x_of, x_ticks = _scale_count(len(values))
    points = tuple((x_of(n), y_of(value)) for n, value in enumerate(values, start=1) if math.isfinite(value))
    series = (Series(axes[0], "flood", points),)
    return Chart(title, *axes, x_ticks, y_ticks, series, y_of(goal), goal_label, dots=True)


def draw_lines(
    title: str, axes: tuple[str, str], lines: Sequence[tuple[str, str, Sequence[tuple[float, float]]]], most: float
) -> Chart:
    """Lines of a label, a style and points, over the same axes; values go from 0 to `most`."""
    y_of, y_ticks = _scale_linear(HEADROOM * most)
    x_most = max((x for _, _, points in lines for x, _ in points), default=1.0) or 1.0
    x_ticks = tuple(Tick(_place_x(tick / x_most), f"{tick:g}") for tick in _round_ticks(x_most))
    series = tuple(
        Series(label, style, tuple((_place_x(x / x_most), y_of(y)) for x, y in points))
        for label, style, points in lines
    )
    return Chart(title, *axes, x_ticks, y_ticks, series)


def draw_sweep(rates_rps: Sequence[float], ratios: Sequence[float], goal: float) -> Chart:
    """Ratio of p99 over the flood's rate. Ratios without end are left out."""
    known = [(rate, ratio) for rate, ratio in zip(rates_rps, ratios, strict=True) if math.isfinite(ratio)]
    y_of, y_ticks = _scale_linear(HEADROOM * max([goal, *(ratio for _, ratio in known)]))
    most = max(rates_rps, default=1.0)
    x_ticks = tuple(Tick(_place_x(tick / most), f"{tick / 1e3:g}k") for tick in _round_ticks(most))
    points = tuple((_place_x(rate / most), y_of(ratio)) for rate, ratio in known)
    series = (Series("p99 under the flood over p99 without", "flood", points),)
    title = "Bystander p99 by rate of the flood"
    return Chart(title, "requests/s to the victim", "x solo", x_ticks, y_ticks, series, y_of(goal), f"goal: {goal:g}x")


def _find_percentiles(latency_ms: Latencies) -> list[tuple[float, float]]:
    found = [(percent, find_percentile(latency_ms, percent)) for percent in PERCENTILES]
    return [(percent, value) for percent, value in found if math.isfinite(value)]


def _x_of_percentile(percent: float) -> float:
    """0 at the left, then every further nine the same distance to the right."""
    return _place_x(-math.log10(1 - percent / 100) / -math.log10(1 - PERCENTILES[-1] / 100))


def _place_x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _place_y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _scale_log(least: float, most: float) -> tuple[Callable[[float], float], tuple[Tick, ...]]:
    low, high = math.log10(least / HEADROOM), math.log10(most * HEADROOM)

    def place(value: float) -> float:
        return _place_y((math.log10(value) - low) / (high - low))

    values = _log_ticks(low, high, STEPS)
    if len(values) < FEW:
        values = _log_ticks(low, high, FINE_STEPS)
    return place, tuple(Tick(place(value), f"{value:g}") for value in values)


def _log_ticks(low: float, high: float, steps: Sequence[float]) -> list[float]:
    """Round numbers whose logarithms lie from `low` to `high`."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    return [value for decade in decades for step in steps if low <= math.log10(value := step * 10.0**decade) <= high]


def _scale_linear(most: float) -> tuple[Callable[[float], float], tuple[Tick, ...]]:
    def place(value: float) -> float:
        return _place_y(value / most)

    return place, tuple(Tick(place(tick), f"{tick:g}") for tick in _round_ticks(most))


def _scale_count(count: int) -> tuple[Callable[[float], float], tuple[Tick, ...]]:
    def place(number: float) -> float:
        return _place_x((number - 0.5) / count)

    return place, tuple(Tick(place(tick), f"{tick:g}") for tick in _round_ticks(count) if tick >= 1)


def _round_ticks(most: float, about: int = 5) -> list[float]:
    """Round numbers from 0 up to at most `most`, about so many."""
    raw = most / about
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next((s * unit for s in (*STEPS, 10.0) if s * unit >= raw), 10 * unit)
    return [float(round(tick, 9)) for tick in np.arange(0, most + step / 1e6, step)]
