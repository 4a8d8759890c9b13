"""Whatever was decided, the journal tells it again; and protection commutes with all else."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.engine.evolve import replay
from holdfast.model.event import EVENT, Event, ProtectiveEvent
from holdfast.model.ports import JournalFromNewerVersion
from holdfast.model.upgrade import VERSIONS, Body, read_event, upgrade_event
from simulation.run import Run


def live_through(seed: int) -> list[Event]:
    run = Run(seed)
    for _ in range(120):
        run.step()
    run.settle()
    return [recorded.event for recorded in run.outside.journal.read()]


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10_000), st.randoms(use_true_random=False))
def test_protection_commutes_with_everything_else(seed: int, random: Random) -> None:
    events = live_through(seed)
    protective = [event for event in events if isinstance(event, ProtectiveEvent)]
    others = [event for event in events if not isinstance(event, ProtectiveEvent)]
    shuffled = []
    while protective or others:
        source = random.choice([rest for rest in (protective, others) if rest])
        shuffled.append(source.pop(0))
    assert replay(shuffled) == replay(events)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10_000))
def test_every_event_is_the_same_after_being_written_and_read(seed: int) -> None:
    for event in live_through(seed):
        assert read_event(json.loads(EVENT.dump_json(event))) == event


def test_old_events_are_upgraded_one_step_at_a_time() -> None:
    def split_name(body: Body) -> Body:
        return {"type": "greeted", "first": body["name"].split()[0]}

    def rename(body: Body) -> Body:
        return {"type": "greeted", "whom": body["first"]}

    steps = {("greeted", 1): split_name, ("greeted", 2): rename}
    upgraded = upgrade_event({"type": "greeted", "version": 1, "name": "Ann Lee"}, steps, {"greeted": 3})
    assert upgraded == {"type": "greeted", "version": 3, "whom": "Ann"}
    assert upgrade_event({"type": "greeted", "version": 3, "whom": "x"}, steps, {"greeted": 3})["whom"] == "x"


@pytest.mark.parametrize("body", [{"type": "fleet_merged", "version": 1}, {"type": "revision_refused", "version": 2}])
def test_events_from_the_future_are_not_guessed_at(body: Body) -> None:
    with pytest.raises(JournalFromNewerVersion, match="unknown here"):
        upgrade_event(body)


def test_every_type_of_event_has_a_version() -> None:
    assert set(VERSIONS) == {
        "revision_proposed",
        "revision_refused",
        "revision_in_force",
        "rollout_began",
        "wave_began",
        "rollout_paused",
        "rollout_resumed",
        "rollout_promoted",
        "revision_rolled_back",
        "changes_frozen",
        "changes_thawed",
        "mitigation_started",
        "mitigation_adjusted",
        "mitigation_ended",
        "mitigation_suggested",
        "finding_opened",
        "finding_updated",
        "finding_closed",
        "tenant_told",
        "component_switched",
        "change_noted",
        "owner_limits_set",
        "incident_opened",
        "incident_changed",
        "incident_acknowledged",
        "incident_noted",
        "person_paged",
        "post_written",
        "follow_up_set",
        "maintenance_set",
    }
