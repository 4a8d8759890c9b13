"""The chart of a postmortem: the traffic with its usual mean, the mitigations, what was found and what was said."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from holdfast.incidents.postmortem.names import Naming
from holdfast.incidents.postmortem.sight import PostmortemSight, list_relevant
from holdfast.model.day import format_span, format_utc
from holdfast.model.downtime import Floats, TrafficSeries
from holdfast.model.incident import PostStatus
from holdfast.model.postmortem import CHART_STEPS_MAX, Chart, ChartMark, ChartSpan, ChartTraffic, MarkKind

SPANS_MAX: Final = 8
MARKS_MAX: Final = 20


def make_chart(sight: PostmortemSight, naming: Naming, components: Sequence[str]) -> Chart:
    """All of it, with the same in words; `components` are the titles of those that the incident is about."""
    window, incident = sight.window, sight.incident
    traffic = _read_traffic(sight)
    spans = [
        ChartSpan(
            label=naming.name_mitigation(each.mitigation),
            began_at=each.mitigation.started_at,
            ended_at=each.ended_at,
        )
        for each in list_relevant(sight)
    ]
    return Chart(
        title=f"Requests per second to {naming.name_places(sight.services, components)}",
        words=" ".join(_describe(sight, traffic, spans)),
        starts_at=window.shown_from,
        ends_at=window.shown_until,
        began_at=incident.began_at,
        resolved_at=incident.resolved_at,
        traffic=traffic,
        spans=tuple(spans[:SPANS_MAX]),
        spans_left_out=max(0, len(spans) - SPANS_MAX),
        marks=tuple(_list_marks(sight, naming)),
    )


def thin_traffic(series: TrafficSeries, steps_max: int = CHART_STEPS_MAX) -> ChartTraffic:
    """A series in no more steps than so many: the mean of each few, without a value only where none of them has one."""
    few = max(1, -(-len(series.at) // steps_max))
    return ChartTraffic(
        at=tuple(float(each) for each in series.at[::few]),
        step_s=series.step_s * few,
        offered=_thin(series.offered, few),
        refused=_thin(series.refused, few),
        failed=_thin(series.failed, few),
        usual=_thin(series.usual, few),
    )


def _thin(values: Floats, few: int) -> tuple[float | None, ...]:
    padded = np.concatenate([values, np.full(-len(values) % few, np.nan)]).reshape(-1, few)
    known = np.isfinite(padded)
    counts = known.sum(axis=1)
    sums = np.where(known, padded, 0.0).sum(axis=1)
    return tuple(round(float(s / n), 3) if n else None for s, n in zip(sums, counts, strict=True))


def _read_traffic(sight: PostmortemSight) -> ChartTraffic | None:
    if sight.accounts is None or not sight.services:
        return None
    window = sight.window
    regions = sight.incident.regions
    series = sight.accounts.read_series(sight.services, regions, window.shown_from, window.shown_until, window.began_at)
    return thin_traffic(series) if len(series.at) else None


def _list_marks(sight: PostmortemSight, naming: Naming) -> Iterator[ChartMark]:
    found = [(at, MarkKind.FINDING, title) for at, title in naming.tell_findings(sight.own_findings)]
    told = [
        (post.at, MarkKind.POST, f"Public word: {post.phase}")
        for post in sight.record.posts
        if post.status is PostStatus.PUBLISHED
    ]
    shown = sorted(mark for mark in (*found, *told) if sight.window.has(mark[0]))
    for number, (at, kind, label) in enumerate(shown[:MARKS_MAX], 1):
        yield ChartMark(number=number, kind=kind, label=label, at=at)


def _describe(sight: PostmortemSight, traffic: ChartTraffic | None, spans: Sequence[ChartSpan]) -> Iterator[str]:
    window = sight.window
    yield f"From {format_utc(window.shown_from)} to {format_utc(window.shown_until)}."
    if traffic is None or not traffic.is_measured:
        yield "The traffic was not measured."
    else:
        yield from _describe_traffic(sight, traffic)
    if not spans:
        yield "No mitigation was in force."
    for span in spans[:SPANS_MAX]:
        over = "and still is" if span.ended_at is None else f"for {format_span(span.ended_at - span.began_at)}"
        yield f"{span.label} was in force from {format_utc(span.began_at)} {over}."


def _describe_traffic(sight: PostmortemSight, traffic: ChartTraffic) -> Iterator[str]:
    window, usual = sight.window, traffic.usual_mean
    during = [
        each
        for at, each in zip(traffic.at, traffic.offered, strict=True)
        if each is not None and window.began_at - traffic.step_s <= at <= window.ended_at
    ]
    highest = f"At most {max(during):,.4g} requests a second were offered" if during else "Nothing is known of it"
    if usual is None:
        yield f"{highest}; what is usual is not known."
    else:
        factor = f", {max(during) / usual:.1f} times as many" if during and usual > 0 else ""
        yield f"{highest}{factor}; the usual mean is {usual:,.4g}."
    missing = sum(each is None for each in traffic.offered)
    if missing:
        yield f"Of {format_span(missing * traffic.step_s)} in all nothing was measured: the lines have gaps there."
