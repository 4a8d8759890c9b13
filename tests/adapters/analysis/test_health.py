"""Whether a component may go on: every way out of its budget, and back."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.analysis.health import MIB, Budget, Health, Look, begin, judge, note_end
from holdfast.model.component import Phase

BUDGET = Budget()
FINE = Look(at=0.0, cpu_s=0.0, memory_bytes=40 * MIB, lag_s=0.01, answers=1, garbage=0)
LOOK_S = 0.5


def watch(health: Health, count: int, cpu_share: float = 0.01, **excess: Any) -> list[Health]:
    """Its health after each of so many looks, half a second apart, the first at the time that it is since."""
    at = health.cpu[-1][0] if health.cpu else health.since
    cpu_s = health.cpu[-1][1] if health.cpu else 0.0
    course = []
    for _ in range(count):
        at, cpu_s = at + LOOK_S, cpu_s + LOOK_S * cpu_share
        health = judge(health, replace(FINE, at=at, cpu_s=cpu_s, **excess), BUDGET)
        course.append(health)
        if not health.is_running:
            break
    return course


def make_trusted() -> Health:
    return watch(begin(100.0, "", proven=True), 20)[-1]


def phases(course: list[Health]) -> list[Phase]:
    """In their order, each once."""
    return list(dict.fromkeys(health.phase for health in course))


def test_a_new_version_counts_only_after_its_time_in_shadow() -> None:
    course = watch(begin(100.0, "installed", proven=False), 130)
    assert phases(course) == [Phase.SHADOW, Phase.ON]
    on = next(health for health in course if health.phase is Phase.ON)
    assert on.since - course[0].since == BUDGET.shadow_s
    assert on.proven


def test_a_proven_version_counts_from_its_first_answer() -> None:
    starting = judge(begin(0.0, "", proven=True), replace(FINE, at=0.1, answers=0, lag_s=9.0), BUDGET)
    assert starting.phase is Phase.STARTING
    assert judge(starting, replace(FINE, at=0.2), BUDGET).phase is Phase.ON


def test_one_that_never_answers_is_switched_off() -> None:
    last = watch(begin(0.0, "", proven=True), 100, answers=0)[-1]
    assert last.phase is Phase.OFF
    assert last.since == pytest.approx(BUDGET.start_s_max + LOOK_S)
    assert "of its start" in last.why


@pytest.mark.parametrize(
    ("cpu_share", "excess", "why"),
    [
        (1.0, {}, "of a core"),
        (0.01, {"memory_bytes": 200 * MIB}, "200 MiB of memory, of at most 128"),
        (0.01, {"lag_s": 2.5}, "hasn't answered within 2 s"),
    ],
)
def test_what_goes_on_beyond_its_budget_is_warned_and_then_switched_off(
    cpu_share: float, excess: dict[str, Any], why: str
) -> None:
    course = watch(make_trusted(), 40, cpu_share, **excess)
    assert phases([h for h in course if h.phase is not Phase.ON]) == [Phase.WARNED, Phase.OFF]
    assert why in course[-1].why
    warned = next(h.since for h in course if h.phase is Phase.WARNED)
    assert course[-1].since - warned == BUDGET.patience_looks * LOOK_S
    assert course[-1].since - 110.0 <= 6.0


def test_warned_is_in_shadow_again() -> None:
    trusted = make_trusted()
    warned = watch(trusted, 1, lag_s=3.0)[-1]
    assert not warned.counts
    course = watch(warned, 200)
    assert phases(course) == [Phase.SHADOW, Phase.ON]
    assert course[-1].since - course[0].since == BUDGET.shadow_s


@pytest.mark.parametrize("excess", [{"memory_bytes": 300 * MIB}, {"garbage": 3}])
def test_plain_harm_is_switched_off_at_once(excess: dict[str, Any]) -> None:
    assert phases(watch(make_trusted(), 5, **excess)) == [Phase.OFF]


def test_a_start_is_not_a_spin() -> None:
    course = watch(begin(0.0, "", proven=False), 2, cpu_share=1.0)
    assert course[-1].phase is Phase.SHADOW


def test_what_ends_by_itself_is_started_again_a_few_times() -> None:
    health, at, pauses = make_trusted(), 200.0, []
    while health.phase is not Phase.OFF:
        health = note_end(health, at, "ended with code 3", BUDGET)
        if health.phase is Phase.RESTARTING:
            pauses.append(health.restart_at - at)
            at = health.restart_at + 5.0
            health = watch(begin(at, "", proven=health.proven, ends=health.ends), 5)[-1]
            assert health.phase is Phase.ON
    assert tuple(pauses) == BUDGET.restart_backoff_s
    assert health.why == "ended by itself 3 times; lastly ended with code 3"


def test_ends_of_long_ago_are_forgotten() -> None:
    health = make_trusted()
    for at in (200.0, 900.0, 1600.0, 2300.0, 3000.0):
        health = note_end(health, at, "ended with code 3", BUDGET)
        assert health.phase is Phase.RESTARTING
        assert health.restart_at == at + BUDGET.restart_backoff_s[0]
        health = watch(begin(at, "", proven=True, ends=health.ends), 1)[-1]


def test_what_was_warned_and_ends_is_not_started_again() -> None:
    warned = watch(make_trusted(), 1, memory_bytes=200 * MIB)[-1]
    assert note_end(warned, 300.0, "was ended by SIGKILL", BUDGET).phase is Phase.OFF


LOOKS = st.builds(
    Look,
    at=st.just(0.0),
    cpu_s=st.floats(0, 0.5),
    memory_bytes=st.integers(0, 400 * MIB),
    lag_s=st.floats(0, 5),
    answers=st.integers(0, 3),
    garbage=st.integers(0, 4),
)


@given(st.lists(LOOKS, max_size=60))
def test_nothing_runs_for_long_beyond_its_budget(looks: list[Look]) -> None:
    """However it behaves: never more bad looks in a row than patience has, and it counts only while it is within."""
    health, at, cpu_s, bad = judge(begin(0.0, "", proven=True), FINE, BUDGET), 0.0, 0.0, 0
    for look in looks:
        at, cpu_s = at + LOOK_S, cpu_s + look.cpu_s
        health = judge(health, replace(look, at=at, cpu_s=cpu_s), BUDGET)
        if not health.is_running:
            assert health.why
            return
        late = look.lag_s > BUDGET.lag_s_max or look.memory_bytes > BUDGET.memory_bytes_warned
        bad = bad + 1 if late else 0
        assert bad <= BUDGET.patience_looks
        assert not (bad and health.counts)
        assert look.memory_bytes <= BUDGET.memory_bytes_max
        assert look.garbage <= BUDGET.garbage_max
