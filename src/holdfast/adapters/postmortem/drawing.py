"""The chart of a postmortem as SVG, by Matplotlib: the same bytes for the same chart.

Colours are those of Okabe and Ito, which people tell apart whatever their sight (https://jfly.uni-koeln.de/color/);
none of them says anything alone: lines differ in dash, spans and marks have names or numbers. Texts are texts in the
SVG, escaped, and no text is read as a formula.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from holdfast.adapters.postmortem.svg import finish_svg
from holdfast.model.postmortem import Chart, ChartMark, ChartSpan, ChartTraffic, MarkKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN: Final = 10.0
TRAFFIC_IN: Final = 3.3
LANE_IN: Final = 0.27
EDGES_IN: Final = 1.25
"""Above, between and below what is drawn."""
LABEL_CHARACTERS_MAX: Final = 70
INK: Final = "#222222"
SOFT: Final = "#5f6670"
BLUE: Final = "#0072b2"
ORANGE: Final = "#e69f00"
VERMILION: Final = "#d55e00"
GREEN: Final = "#009e73"
PURPLE: Final = "#cc79a7"
SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "holdfast",
    "font.family": ["sans-serif"],
    "font.size": 9.0,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "timezone": "UTC",
    "path.simplify": True,
}
"""Whoever made settings of their own for Matplotlib has them nowhere here."""


def draw_chart(chart: Chart) -> str:
    """An SVG element with a title and a description of its own, ready to stand in HTML or in a file."""
    import matplotlib as mpl  # noqa: PLC0415 - large, and wanted by few commands
    from matplotlib.figure import Figure  # noqa: PLC0415

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        lanes = max(1, len(chart.spans))
        figure = Figure(figsize=(WIDTH_IN, TRAFFIC_IN + lanes * LANE_IN + EDGES_IN), layout="constrained")
        traffic_axes, lane_axes = figure.subplots(
            2, 1, sharex=True, height_ratios=[TRAFFIC_IN, lanes * LANE_IN + LANE_IN]
        )
        _draw_traffic(traffic_axes, chart)
        _draw_lanes(lane_axes, chart)
        _draw_moments((traffic_axes, lane_axes), chart)
        return finish_svg(_write(figure), chart.title, chart.words)


def _write(figure: "Figure") -> str:
    out = StringIO()
    figure.savefig(out, format="svg", facecolor="white", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _draw_traffic(axes: "Axes", chart: Chart) -> None:
    axes.set_title(_cut(chart.title), loc="left", pad=32)
    axes.set_ylabel("requests per second")
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_xlim(_day(chart.starts_at), _day(chart.ends_at))
    if chart.traffic is None or not chart.traffic.is_measured:
        axes.set_ylim(0, 1)
        axes.set_yticks([])
        axes.text(0.5, 0.5, "The traffic was not measured", transform=axes.transAxes, ha="center", color=SOFT)
        return
    _draw_series(axes, chart.traffic)
    _shade(axes, chart.spans, chart.ends_at)
    axes.set_ylim(bottom=0)
    axes.margins(y=0.12)
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.13), ncols=5, frameon=False, borderaxespad=0, handlelength=1.8)


def _draw_series(axes: "Axes", traffic: ChartTraffic) -> None:
    at = [_day(each + traffic.step_s / 2) for each in traffic.at]
    offered = _with_gaps(traffic.offered)
    axes.fill_between(at, offered, color=BLUE, alpha=0.12, linewidth=0)
    axes.plot(at, offered, color=BLUE, linewidth=1.6, label="offered")
    for values, name, colour, dash in (
        (traffic.refused, "refused", ORANGE, (5, 1.5)),
        (traffic.failed, "failed", VERMILION, (1.5, 1)),
    ):
        if any(values):
            axes.plot(at, _with_gaps(values), color=colour, linewidth=1.3, linestyle=(0, dash), label=name)
    mean = traffic.usual_mean
    if mean is not None:
        axes.axhline(mean, color=GREEN, linewidth=1.6, linestyle=(0, (7, 3)), label=f"usual mean, {mean:,.4g}/s")
    _hatch_gaps(axes, traffic)


def _hatch_gaps(axes: "Axes", traffic: ChartTraffic) -> None:
    style: dict[str, Any] = {"facecolor": "none", "edgecolor": "#c3c9d1", "hatch": "////", "linewidth": 0}
    for number, (first, last) in enumerate(_find_gaps(traffic)):
        axes.axvspan(_day(first), _day(last), label=None if number else "not measured", **style)


def _find_gaps(traffic: ChartTraffic) -> Iterator[tuple[float, float]]:
    began: float | None = None
    for at, value in zip(traffic.at, traffic.offered, strict=True):
        if value is None:
            began = at if began is None else began
        elif began is not None:
            yield began, at
            began = None
    if began is not None:
        yield began, traffic.at[-1] + traffic.step_s


def _shade(axes: "Axes", spans: Sequence[ChartSpan], ends_at: float) -> None:
    for span in spans:
        until = ends_at if span.ended_at is None else min(span.ended_at, ends_at)
        axes.axvspan(_day(span.began_at), _day(until), color=PURPLE, alpha=0.1, linewidth=0)


def _draw_lanes(axes: "Axes", chart: Chart) -> None:
    """One lane for each mitigation, with its name in it or beside it, wherever there is room."""
    dates = _dates()
    locator = dates.AutoDateLocator(tz=UTC, minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=UTC))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("UTC")
    axes.set_ylim(max(1, len(chart.spans)) - 0.4, -0.6)
    if not chart.spans:
        axes.text(0.5, 0.5, "No mitigation", transform=axes.transAxes, ha="center", va="center", color=SOFT)
    for lane, span in enumerate(chart.spans):
        _draw_lane(axes, chart, lane, span)
    if chart.spans_left_out:
        axes.set_ylabel(f"+ {chart.spans_left_out}", rotation=0, ha="right", va="center")


def _draw_lane(axes: "Axes", chart: Chart, lane: int, span: ChartSpan) -> None:
    begin = max(span.began_at, chart.starts_at)
    end = chart.ends_at if span.ended_at is None else min(span.ended_at, chart.ends_at)
    axes.barh(lane, _day(end) - _day(begin), left=_day(begin), height=0.72, color=PURPLE, alpha=0.35, linewidth=0)
    axes.plot([_day(begin)] * 2, [lane - 0.36, lane + 0.36], color=PURPLE, linewidth=2)
    length = chart.ends_at - chart.starts_at
    side = "left" if begin - chart.starts_at < 0.55 * length else "right"
    gap = 5 if side == "left" else -5
    place = (_day(begin), lane)
    axes.annotate(_cut(span.label), place, xytext=(gap, 0), textcoords="offset points", ha=side, va="center")


def _draw_moments(both: "tuple[Axes, Axes]", chart: Chart) -> None:
    """When it began and was resolved, and numbered marks for what was found and said."""
    for at, word in ((chart.began_at, "began"), (chart.resolved_at, "resolved")):
        if at is None:
            continue
        for axes in both:
            axes.axvline(_day(at), color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
        side = "right" if word == "began" else "left"
        both[0].annotate(
            word,
            (_day(at), 0.9),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if side == "right" else 4, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            color=INK,
        )
    _draw_marks(both[0], chart.marks, chart.ends_at - chart.starts_at)


def _draw_marks(axes: "Axes", marks: Sequence[ChartMark], length_s: float) -> None:
    """Each as a numbered badge above the traffic; those that would cover each other go up by a row."""
    newest: list[float] = []
    for mark in marks:
        row = next((i for i, at in enumerate(newest) if mark.at - at > length_s / 45), len(newest))
        newest[row : row + 1] = [mark.at]
        is_finding = mark.kind is MarkKind.FINDING
        colour = VERMILION if is_finding else BLUE
        axes.axvline(_day(mark.at), ymax=1.0, color=colour, linewidth=0.7, alpha=0.65)
        axes.annotate(
            str(mark.number),
            (_day(mark.at), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -8 - 14 * row),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=7.5,
            fontweight="bold",
            color="white",
            bbox={"boxstyle": "square,pad=0.25" if is_finding else "circle,pad=0.2", "color": colour},
        )


def _with_gaps(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if each is None else each for each in values]


def _day(at: float) -> Any:
    return _dates().date2num(datetime.fromtimestamp(at, UTC))


def _dates() -> Any:
    """Matplotlib's module of that name, which has no types."""
    return import_module("matplotlib.dates")


def _cut(text: str) -> str:
    """A text in one printable line that isn't too long: control characters have no place in XML."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= LABEL_CHARACTERS_MAX else f"{plain[: LABEL_CHARACTERS_MAX - 1]}…"
