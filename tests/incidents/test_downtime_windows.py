import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.budget import begin_month, find_budget, follow_month, list_days
from holdfast.incidents.downtime.layout import WHOLE, Subject
from holdfast.incidents.downtime.windows import Window, WindowKind, bridge, find_worst, join, take_out, tally_day
from holdfast.model.day import DAY_S, Day, begin_day
from holdfast.model.downtime import DayTally, Standing, Stretch

DAY = Day(2026, 1, 31)
BEGAN = begin_day(DAY)
NEXT = BEGAN + DAY_S
SHOP = Subject("component", "shop")

times = st.floats(0, 1000).map(lambda at: round(at, 1))
intervals = st.lists(st.tuples(times, times).map(sorted).map(tuple), max_size=8)


def down(began: float, ended: float, standing: Standing = Standing.DOWN) -> Stretch:
    return Stretch(BEGAN + began, BEGAN + ended, standing, 100.0, 80.0)


def lasted(stretches: list[Stretch]) -> float:
    return sum(each.ended_at - each.began_at for each in stretches)


def test_a_day_is_what_was_down_degraded_and_up_of_what_is_known() -> None:
    stretches = [down(-60, 60), down(100, 160, Standing.DEGRADED)]
    tally = tally_day(DAY, stretches, 3600.0, [], NEXT)
    assert (tally.down_s, tally.degraded_s, tally.up_s, tally.maintenance_s) == (60, 60, 3480, 0)
    assert tally.uptime == pytest.approx(1 - 60 / 3600)


def test_a_day_of_which_nothing_is_known_has_no_uptime() -> None:
    assert tally_day(DAY, [], 0.0, [], NEXT).uptime is None


def test_maintenance_is_apart_and_not_counted_twice() -> None:
    tally = tally_day(DAY, [], DAY_S, [(BEGAN - 600, BEGAN + 600)], NEXT)
    assert (tally.maintenance_s, tally.up_s) == (600, DAY_S - 600)


def test_what_is_left_of_a_stretch_outside_a_window() -> None:
    left = list(take_out([down(0, 100)], [(BEGAN + 20, BEGAN + 50)]))
    assert [(each.began_at - BEGAN, each.ended_at - BEGAN, each.requests) for each in left] == [
        (0, 20, 20.0),
        (50, 100, 50.0),
    ]


@given(intervals, intervals)
def test_taking_windows_out_leaves_nothing_in_them_and_everything_else(
    spans: list[tuple[float, float]], windows: list[tuple[float, float]]
) -> None:
    whole, out = join(spans), join(windows)
    stretches = [Stretch(began, ended, Standing.DOWN, 1.0, 1.0) for began, ended in whole]
    left = list(take_out(stretches, out))
    overlap = sum(max(0.0, min(e, f) - max(b, c)) for b, e in whole for c, f in out)
    assert lasted(left) == pytest.approx(lasted(stretches) - overlap)
    assert all(each.ended_at <= b or each.began_at >= e for each in left for b, e in out)


def test_of_several_regions_the_worst_at_each_moment() -> None:
    courses = [[down(0, 100, Standing.DEGRADED)], [down(50, 150)]]
    assert [(each.began_at - BEGAN, each.ended_at - BEGAN, each.standing) for each in find_worst(courses)] == [
        (0, 50, Standing.DEGRADED),
        (50, 150, Standing.DOWN),
    ]


def test_parts_of_one_outage_are_one_again() -> None:
    (whole,) = bridge([down(100, 160), down(0, 60)], 60.0)
    assert (whole.ended_at - whole.began_at, whole.requests) == (160, 200)
    assert len(bridge([down(0, 60), down(100, 160, Standing.DEGRADED)], 60.0)) == 2


@pytest.mark.parametrize(
    ("window", "covers"),
    [
        (Window("a", WindowKind.DRILL, 0, 1), True),
        (Window("a", WindowKind.DRILL, 0, 1, services=frozenset({"cart"})), True),
        (Window("a", WindowKind.DRILL, 0, 1, services=frozenset({"mail"})), False),
        (Window("a", WindowKind.DRILL, 0, 1, components=frozenset({"shop"})), True),
        (Window("a", WindowKind.DRILL, 0, 1, components=frozenset({"mail"})), False),
        (Window("a", WindowKind.DRILL, 0, 1, regions=frozenset({"eu"})), False),
    ],
)
def test_whom_a_window_is_about(window: Window, covers: bool) -> None:
    assert window.covers(SHOP, {"cart", "pay"}, "us") is covers


def test_a_drill_of_one_service_covers_what_it_is_a_part_of() -> None:
    drill = Window("a", WindowKind.DRILL, 0, 1, services=frozenset({"cart"}))
    assert drill.covers(WHOLE, {"cart", "mail"}, "us")
    assert drill.covers(Subject("service", "cart"), ("cart",), "us")
    assert not drill.covers(Subject("service", "mail"), ("mail",), "us")


def test_a_budget_counts_its_own_month() -> None:
    tallies = [DayTally(DAY, down_s=60.0), DayTally(Day(2026, 2, 1), down_s=1e6)]
    budget = find_budget(DAY, 0.999, tallies, begin_day(Day(2026, 2, 1)))
    assert budget.allowed_s == pytest.approx(31 * DAY_S * 0.001)
    assert budget.used_s == 60
    assert budget.left_s == pytest.approx(31 * 86.4 - 60)
    assert budget.burn == pytest.approx(60 / (31 * 86.4))


def test_a_budget_without_any_has_no_burn() -> None:
    assert find_budget(DAY, 1.0, [], NEXT).burn is None


@given(st.dates(Day(1970, 1, 1), Day(2200, 1, 1)))
def test_months_follow_each_other(day: Day) -> None:
    first, after = begin_month(day), follow_month(day)
    assert first <= day < after
    assert after == begin_month(after)
    assert 28 <= len(list_days(first, after)) <= 31
