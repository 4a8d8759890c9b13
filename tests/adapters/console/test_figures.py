"""Figures as people read them."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.console import figures
from holdfast.adapters.console.drawing import SPARK_HEIGHT, SPARK_WIDTH, draw_spark, draw_spark_area, split_traffic
from holdfast.views.live_traffic import TrafficDocument


@pytest.mark.parametrize(
    ("tell", "value", "told"),
    [
        (figures.tell_rate, None, "\N{EN DASH}"),
        (figures.tell_rate, 0.0, "0"),
        (figures.tell_rate, 0.01, "< 0.1"),
        (figures.tell_rate, 3.42, "3.4"),
        (figures.tell_rate, 812.4, "812"),
        (figures.tell_rate, 12_345.0, "12.3 k"),
        (figures.tell_rate, 2_000_000.0, "2 M"),
        (figures.tell_count, 4_812, "4 812"),
        (figures.tell_count, 48_211, "48.2 k"),
        (figures.tell_bytes, 12, "12 B"),
        (figures.tell_bytes, 212 * 1024**2, "212 MiB"),
        (figures.tell_share, 0.0, "0 %"),
        (figures.tell_share, 0.0001, "< 0.1 %"),
        (figures.tell_share, 0.004, "0.4 %"),
        (figures.tell_share, 0.42, "42 %"),
        (figures.tell_share, 0.9996, "> 99.9 %"),
        (figures.tell_share, 1.0, "100 %"),
        (figures.tell_latency, 0.0004, "0.4 ms"),
        (figures.tell_latency, 1.24, "1.2 s"),
        (figures.tell_span, 0.0, "0 s"),
        (figures.tell_span, 252, "4 min 12 s"),
        (figures.tell_span, 7_500, "2 h 5 min"),
        (figures.tell_span, -3, "0 s"),
        (figures.tell_time, 1_790_000_000.0, "2026-09-21 14:13:20"),
    ],
)
def test_told(tell: Callable[[float | None], str], value: float | None, told: str) -> None:
    assert tell(value).replace("\N{NARROW NO-BREAK SPACE}", " ") == told


@given(values=st.lists(st.none() | st.floats(0, 1e9), max_size=80))
def test_a_spark_stays_in_its_frame_and_breaks_where_nothing_is_known(values: list[float | None]) -> None:
    path = draw_spark(values)
    points = [point for run in path.split("M")[1:] for point in run.split("L")]
    assert len(points) == sum(value is not None for value in values)
    for point in points:
        x, y = map(float, point.split())
        assert 0 <= x <= SPARK_WIDTH
        assert 0 <= y <= SPARK_HEIGHT
    gaps = sum(one is not None and other is None for one, other in pairwise(values))
    assert path.count("M") >= gaps
    assert path.count("M") == draw_spark_area(values).count("Z")


@given(st.builds(TrafficDocument, **dict.fromkeys(("admitted", "limited", "shed", "mitigated"), st.floats(0, 1e6))))
def test_what_becomes_of_traffic_adds_up(traffic: TrafficDocument) -> None:
    parts = split_traffic(traffic)
    assert sum(per_s for _, _, per_s in parts) == pytest.approx(traffic.admitted + traffic.refused)
    assert all(per_s > 0 for _, _, per_s in parts)
