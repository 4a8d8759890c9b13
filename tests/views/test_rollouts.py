"""Rollouts and freezes as documents, and as entries of the history."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.event import (
    ChangesFrozen,
    ChangesThawed,
    Event,
    RevisionRolledBack,
    RolloutBegan,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    WaveBegan,
)
from holdfast.model.ports import Recorded
from holdfast.model.revision import Revision, RevisionStatus
from holdfast.model.rollout import Freeze, Rollout, Wave
from holdfast.model.state import RevisionEntry, State
from holdfast.views.live_entries import show_entries
from holdfast.views.live_history import EntryKind
from holdfast.views.rollout import WaveState, show_freeze, show_rolled_back, show_rollout, show_rollouts

HASH = "0" * 64


@dataclass(frozen=True)
class Standing:
    waits_for: str = "the wave to bake"
    bakes_s: float | None = 12.0
    evidence: tuple[str, ...] = ("shop fails",)


def make_state(*statuses: RevisionStatus, rollout: Rollout | None = None) -> State:
    """Revisions 1 and so on, each in its status since ten times its number."""
    entries = {
        number: RevisionEntry(
            Revision(number=number, content=HASH, author="ann", reason="more", proposed_at=1.0),
            status,
            10.0 * number,
            "it fails" if status is RevisionStatus.ROLLED_BACK else "",
        )
        for number, status in enumerate(statuses, start=1)
    }
    in_force = next((n for n, entry in entries.items() if entry.status is RevisionStatus.IN_FORCE), None)
    return State(revisions=entries, in_force=in_force, rollout=rollout)


def make_rollout(waves: tuple[Wave, ...], wave: int) -> Rollout:
    return Rollout(number=2, base=1, cohorts=HASH, waves=waves, wave=wave, began_at=20.0, since=30.0)


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    sizes = draw(st.lists(st.integers(1, 9_000), min_size=1, max_size=6))
    waves = [Wave(cohort=number, services=size) for number, size in enumerate(sizes)]
    if draw(st.booleans()):
        waves.insert(0, Wave(cohort=0, services=sizes[0], locations=("fra",)))
    if draw(st.booleans()):
        waves.append(Wave(cohort=None))
    return make_rollout(tuple(waves), draw(st.integers(0, len(waves) - 1)))


@given(rollouts())
def test_waves_are_done_now_or_to_come_and_services_count_once(rollout: Rollout) -> None:
    shown = show_rollout(make_state(RevisionStatus.IN_FORCE, RevisionStatus.ROLLING_OUT, rollout=rollout), None)
    assert shown is not None
    states = [wave.state for wave in shown.waves]
    assert states == sorted(states, key=list(WaveState).index)
    assert states.index(WaveState.NOW) == shown.wave - 1
    assert states.count(WaveState.NOW) == 1
    assert shown.services == sum({w.cohort: w.services for w in rollout.waves}.values())
    assert 0 < shown.reached <= shown.services
    assert shown.reached == shown.services or WaveState.TO_COME in states


def test_what_is_known_of_how_it_stands_is_told() -> None:
    rollout = make_rollout((Wave(cohort=0, services=3),), 0)
    shown = show_rollouts(make_state(RevisionStatus.IN_FORCE, rollout=rollout), Standing(), (), 40.0)
    assert shown.rollout is not None
    assert (shown.rollout.waits_for, shown.rollout.bakes_s, shown.rollout.evidence) == (
        "the wave to bake",
        12.0,
        ("shop fails",),
    )


def test_what_went_back_is_shown_until_another_is_in_force() -> None:
    event = RevisionRolledBack(at=20.0, author="holdfast", number=2, wave=1, why="it fails", evidence=("a", "b"))
    state = make_state(RevisionStatus.IN_FORCE, RevisionStatus.ROLLED_BACK)
    back = show_rolled_back(state, [event])
    assert back is not None
    assert (back.number, back.author, back.wave, back.evidence) == (2, "holdfast", 2, ("a", "b"))
    long_ago = show_rolled_back(state, [])
    assert long_ago is not None
    assert (long_ago.why, long_ago.author, long_ago.wave) == ("it fails", None, None)
    assert show_rolled_back(make_state(RevisionStatus.ROLLED_BACK, RevisionStatus.IN_FORCE), [event]) is None
    assert show_rolled_back(make_state(RevisionStatus.IN_FORCE, RevisionStatus.REFUSED), [event]) is None


@pytest.mark.parametrize(("until", "remaining_s"), [(None, None), (100.0, 40.0)])
def test_a_freeze_is_shown_while_it_holds(until: float | None, remaining_s: float | None) -> None:
    shown = show_freeze(Freeze(1.0, "ann", "sale", until), 60.0)
    assert shown is not None
    assert shown.remaining_s == remaining_s


def test_a_freeze_that_is_over_is_none() -> None:
    assert show_freeze(Freeze(1.0, "ann", "sale", 60.0), 60.0) is None


def test_every_step_is_in_the_history_but_not_in_a_tenants() -> None:
    about = {"at": 5.0, "author": "ann", "number": 2}
    events: list[Event] = [
        RolloutBegan(**about, cohorts=HASH, waves=(Wave(cohort=0, services=1), Wave(cohort=None))),
        RolloutPaused(**about, why="lunch"),
        RolloutResumed(**about),
        WaveBegan(**about, wave=1, why="all is well"),
        RolloutPromoted(**about, why="urgent"),
        RevisionRolledBack(**about, wave=1, why="it fails", evidence=("shop: 404s",)),
        ChangesFrozen(at=5.0, author="ann", why="sale"),
        ChangesThawed(at=5.0, author="ann"),
    ]
    recorded = [Recorded(number, event) for number, event in enumerate(events, start=1)]
    entries = show_entries(recorded, {}, None, None, 100).entries[::-1]
    assert len({entry.title for entry in entries}) == len(events)
    assert [entry.title for entry in entries if "wave 2" in entry.title] == ["wave 2 began", "rolled back in wave 2"]
    assert [entry.detail for entry in entries[1:5:3]] == ["lunch", "urgent"]
    assert entries[5].detail == "it fails; shop: 404s"
    assert [entry.kind for entry in entries[5:]] == [EntryKind.REVISION, EntryKind.FREEZE, EntryKind.FREEZE]
    assert show_entries(recorded, {}, "acme", None, 100).entries == ()
