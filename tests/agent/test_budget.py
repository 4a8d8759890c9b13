"""What telemetry leaves out when it costs too much, and when it takes that back."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from holdfast.agent.budget import CALM_LOOKS, EFFORTS, Budget, Stance, Usage, take_stance

BUDGET = Budget(cpu_share_max=0.1, memory_bytes_max=100, late_s_max=1.0)
CALM, TOO_MUCH = Usage(0.01, 10, 0.0), Usage(0.2, 10, 0.0)
usages = st.builds(Usage, st.floats(0, 1), st.integers(0, 200), st.floats(0, 2))


def test_samples_go_before_reports() -> None:
    assert [effort.samples for effort in EFFORTS] == sorted((e.samples for e in EFFORTS), reverse=True)
    for before, after in pairwise(EFFORTS):
        assert after.exports_per_report >= before.exports_per_report
        assert after.exports_per_report == before.exports_per_report or not before.samples
    assert not EFFORTS[0].said
    assert all(effort.said for effort in EFFORTS[1:])


def test_each_kind_of_excess_counts() -> None:
    for usage in (TOO_MUCH, Usage(0.0, 101, 0.0), Usage(0.0, 0, 1.5)):
        assert take_stance(Stance(), usage, BUDGET).step == 1


def test_it_takes_a_while_of_calm_to_go_back() -> None:
    stance = take_stance(Stance(), TOO_MUCH, BUDGET)
    for _ in range(CALM_LOOKS - 1):
        stance = take_stance(stance, CALM, BUDGET)
        assert stance.step == 1
    assert take_stance(stance, CALM, BUDGET) == Stance()
    assert take_stance(stance, Usage(0.09, 10, 0.0), BUDGET) == Stance(1)


@given(st.lists(usages, max_size=60))
def test_never_more_than_one_step_at_a_time_and_never_beyond_the_last(history: list[Usage]) -> None:
    stance = Stance()
    for usage in history:
        after = take_stance(stance, usage, BUDGET)
        assert abs(after.step - stance.step) <= 1
        assert 0 <= after.step < len(EFFORTS)
        assert after.calm < CALM_LOOKS
        stance = after
