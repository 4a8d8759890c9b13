import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.downtime.definition import Column, count_slot, judge_shares
from holdfast.model.downtime import Standing
from holdfast.model.telemetry import METRICS, Metric

NOBODY = np.array([False])
SOMEBODY = np.array([True])


def count(
    *, switched_off: bool = False, read_only: bool = False, usually_slow: bool = False, **metrics: int
) -> dict[str, float]:
    raw = np.zeros((1, METRICS))
    for name, value in metrics.items():
        raw[0, Metric[name.upper()]] = value
    slot = count_slot(raw, *(np.array([flag]) for flag in (switched_off, read_only, usually_slow)))
    return {column.name.lower(): float(slot[0, column]) for column in Column if slot[0, column]}


def test_what_fails_and_what_finds_no_room_is_lost() -> None:
    assert count(offered=10, admitted=8, failed=3, shed=2) == {
        "offered": 10,
        "owed": 10,
        "lost": 5,
        "refused": 2,
        "failed": 3,
    }


def test_who_sends_too_much_or_the_wrong_thing_is_owed_nothing() -> None:
    assert count(offered=10, limited=6, rejected=4) == {"offered": 10, "refused": 6}


def test_whom_a_block_refuses_is_owed_nothing_but_whom_a_kill_refuses_is() -> None:
    assert "lost" not in count(offered=10, mitigated=10)
    assert count(offered=10, mitigated=10, switched_off=True)["lost"] == 10


def test_refused_writes_make_a_service_read_only_and_not_down() -> None:
    found = count(offered=10, mitigated=6, admitted=4, read_only=True)
    assert (found["owed"], found["read_only"], found.get("lost", 0)) == (4, 4, 0)


def test_what_was_let_in_earlier_and_fails_now_isnt_owed_now() -> None:
    found = count(offered=2, admitted=2, failed=7, slowest=7)
    assert (found["owed"], found["lost"], found["late"]) == (2, 7, 7)


def test_whoever_waits_for_a_second_in_vain_and_leaves_is_lost() -> None:
    found = count(offered=10, admitted=10, given_up=7, slow=9, slower=8)
    assert (found["owed"], found["lost"], found["slow"]) == (10, 7, 1)
    assert "failed" not in found


def test_where_answers_usually_take_long_nobody_is_lost_who_leaves() -> None:
    found = count(usually_slow=True, offered=10, admitted=10, given_up=7, slow=9, slower=8)
    assert (found["owed"], found["slow"], found.get("lost", 0)) == (10, 8, 0)


def test_what_fails_late_is_lost_and_not_slow_too() -> None:
    found = count(offered=10, admitted=10, failed=6, slow=9, slower=8, slowest=6)
    assert (found["lost"], found["late"], found["slow"]) == (6, 6, 2)


@pytest.mark.parametrize(
    ("lost", "slow", "read_only", "standing"),
    [
        (0.5, 0.0, 0.0, Standing.DOWN),
        (0.49, 0.0, 0.0, Standing.DEGRADED),
        (0.05, 0.0, 0.0, Standing.DEGRADED),
        (0.049, 0.0, 0.0, Standing.UP),
        (0.0, 0.25, 0.0, Standing.DEGRADED),
        (0.0, 0.24, 0.0, Standing.UP),
        (0.0, 0.0, 0.05, Standing.DEGRADED),
        (0.6, 1.0, 1.0, Standing.DOWN),
    ],
)
def test_the_definition(lost: float, slow: float, read_only: float, standing: Standing) -> None:
    assert judge_shares(lost, slow, read_only) is standing


@given(st.lists(st.integers(0, 1000), min_size=METRICS, max_size=METRICS), st.booleans(), st.booleans())
def test_counts_are_never_below_zero_and_late_is_a_part_of_lost(raw: list[int], off: bool, read_only: bool) -> None:
    slot = count_slot(np.array([raw], float), np.array([off]), np.array([read_only]))[0]
    assert (slot[[Column.OWED, Column.LOST, Column.LATE]] >= 0).all()
    assert slot[Column.LATE] <= slot[Column.LOST]
    assert slot[Column.LOST] - slot[Column.LATE] <= slot[Column.OWED]
