from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.on_call import Gap, Schedule, Shift

shifts = st.builds(
    lambda person, begins, long: Shift(person, begins, begins + long),
    st.sampled_from("abc"),
    st.integers(0, 50).map(float),
    st.integers(1, 30).map(float),
)
schedules = st.lists(st.lists(shifts, max_size=6).map(tuple), max_size=3).map(
    lambda layers: Schedule(tuple(layers), 0.0, 100.0)
)


def test_the_first_layer_with_somebody_counts() -> None:
    schedule = Schedule(((Shift("over", 5, 10),), (Shift("ann", 0, 20), Shift("bob", 15, 40))), 0, 40)
    assert [schedule.find(at) for at in (0, 5, 9.9, 10, 19, 20, 39.9, 40)] == [
        "ann", "over", "over", "ann", "ann", "bob", "bob", None,
    ]  # fmt: skip
    assert schedule.find_next(0) == Shift("over", 5, 10)
    assert schedule.find_next(12) == Shift("bob", 20, 40)
    assert schedule.find_next(25) is None


def test_gaps_are_told_from_when_until_when() -> None:
    schedule = Schedule(((Shift("ann", 10, 20),), (Shift("bob", 18, 30),)), 0, 50)
    assert schedule.list_gaps(0, 50) == (Gap(0, 10), Gap(30, 50))


@given(schedules)
def test_gaps_are_exactly_the_moments_when_nobody_is_found(schedule: Schedule) -> None:
    gaps = schedule.list_gaps(0.0, 100.0)
    for moment in range(100):
        assert any(gap.begins_at <= moment < gap.ends_at for gap in gaps) is (schedule.find(moment) is None)
    assert all(before.ends_at < after.begins_at for before, after in pairwise(gaps))


@given(schedules, st.integers(0, 99))
def test_the_next_is_somebody_else_who_is_found_then(schedule: Schedule, moment: int) -> None:
    later = schedule.find_next(moment)
    if later is not None:
        assert later.person != schedule.find(moment)
        assert schedule.find(later.begins_at) == later.person
        assert later.begins_at > moment
