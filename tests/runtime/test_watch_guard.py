from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.watch.guard import (
    CPU_SHARE_MAX,
    LAG_S_MAX,
    OVER_S,
    SAMPLES_MAX,
    TICK_S,
    WELL_S,
    WORDS,
    Guard,
    Level,
)


def look(guard: Guard, seconds: float, *, cpu_share: float, lag_s: float = 0.0, began: float = 0.0) -> Guard:
    """Looks at the guard's own pace for so long, each at the same cost."""
    now = began
    while now < began + seconds:
        tick_s = TICK_S[guard.level]
        now += tick_s
        guard = guard.note(now, cpu_share * tick_s, lag_s)
    return guard


def test_within_its_budget_it_does_everything() -> None:
    assert look(Guard(), 60, cpu_share=0.8 * CPU_SHARE_MAX).level is Level.FULL


def test_a_short_excess_changes_nothing() -> None:
    assert look(Guard(), 0.5 * OVER_S, cpu_share=2 * CPU_SHARE_MAX).level is Level.FULL


def test_what_goes_on_costing_too_much_is_given_up_level_by_level_until_it_is_off() -> None:
    guard, levels = Guard(), [Level.FULL]
    for second in range(60):
        guard = look(guard, 1, cpu_share=2 * CPU_SHARE_MAX, began=float(second))
        if guard.level is not levels[-1]:
            levels.append(guard.level)
    assert levels == list(Level)


def test_being_late_counts_as_much_as_costing() -> None:
    assert look(Guard(), 60, cpu_share=0.0, lag_s=2 * LAG_S_MAX).level is Level.OFF


def test_it_recovers_when_it_has_kept_its_budget_well_for_long() -> None:
    lowered = Guard(level=Level.NO_SOURCES)
    assert look(lowered, 0.9 * WELL_S, cpu_share=0.01).level is Level.NO_SOURCES
    assert look(lowered, 4 * WELL_S, cpu_share=0.01).level is Level.FULL


def test_switched_off_it_stays_off() -> None:
    assert look(Guard(level=Level.OFF), 10 * WELL_S, cpu_share=0.0).level is Level.OFF


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 5)), max_size=200))
def test_it_moves_one_level_at_a_time(costs: list[tuple[float, float]]) -> None:
    guard, now = Guard(), 0.0
    for cpu_s, lag_s in costs:
        now += TICK_S[guard.level]
        after = guard.note(now, cpu_s, lag_s)
        assert abs(after.level - guard.level) <= 1
        guard = after


def test_every_level_does_less_than_the_one_before_and_is_said_in_words() -> None:
    for before, after in zip(Level, tuple(Level)[1:], strict=False):
        assert SAMPLES_MAX[after] <= SAMPLES_MAX[before]
        assert TICK_S[after] >= TICK_S[before]
        assert WORDS[after]
