"""What held at a time is found again, however often the journal is read."""

from hypothesis import given
from hypothesis import strategies as st

from explain.moments import EVENTS, make_history
from holdfast.explain import History


@given(st.floats(0, 6_000), st.integers(0, len(EVENTS)))
def test_reading_some_of_it_again_changes_nothing(at: float, cut: int) -> None:
    once, twice = make_history(), make_history(*EVENTS[cut:])
    assert once.revision_at(at) == twice.revision_at(at)
    assert once.mitigations_at(at) == twice.mitigations_at(at)
    assert once.owner_limits_at(at) == twice.owner_limits_at(at)
    assert once.in_force == twice.in_force
    assert once.finding("f-1") == twice.finding("f-1")
    assert once.mitigation("m-1") == twice.mitigation("m-1")


def test_nothing_is_known_before_anything_was() -> None:
    history = History()
    assert (history.revision_at(1.0), history.in_force, history.mitigations_at(1.0)) == (None, None, ())
    assert make_history().revision_at(1_000.5) is None


def test_what_was_mitigated_at_a_time() -> None:
    at = {time: [m.id for m in make_history().mitigations_at(time)] for time in (2_001.0, 2_050.0, 2_100.0, 5_001.0)}
    assert at == {2_001.0: [], 2_050.0: ["m-1"], 2_100.0: [], 5_001.0: ["m-2", "m-3", "m-4", "m-5"]}
