"""Announced work: made, changed, begun, ended, cancelled."""

from dataclasses import replace

import pytest

from fakes.engine import Play
from holdfast.engine import maintenances
from holdfast.engine.incident_command import SetMaintenance
from holdfast.engine.maxima import MAINTENANCE_AHEAD_S_MAX, MAINTENANCE_S_MAX
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.refusal import RefusalCode

NEW = SetMaintenance("ann", title="Database upgrade", begins_at=2_000.0, ends_at=3_000.0)


@pytest.fixture
def play() -> Play:
    return Play()


def test_it_is_announced_changed_begun_and_ended(play: Play) -> None:
    play.do(NEW)
    window = play.state.maintenances["w-1"]
    assert (window.phase, window.announced_at, window.reminded) == (MaintenancePhase.SCHEDULED, 1_000.0, False)
    play.do(SetMaintenance("ann", "w-1", ends_at=3_500.0, text="Reading works.\nWriting doesn't.", reminders=1))
    assert play.state.maintenances["w-1"].reminded
    play.now = 4_000.0
    play.do(SetMaintenance("ann", "w-1", phase=MaintenancePhase.IN_PROGRESS))
    play.do(SetMaintenance("ann", "w-1", phase=MaintenancePhase.COMPLETED))
    assert play.refuse(SetMaintenance("ann", "w-1", title="x")) is RefusalCode.MAINTENANCE_OVER
    assert play.message == "maintenance w-1 is completed: announce another"


def test_what_begins_and_ends_ahead_of_time_does_so_then(play: Play) -> None:
    play.do(NEW)
    play.now = 1_500.0
    play.do(SetMaintenance("ann", "w-1", phase=MaintenancePhase.IN_PROGRESS))
    assert (play.state.maintenances["w-1"].begins_at, play.state.maintenances["w-1"].ends_at) == (1_500.0, 3_000.0)
    play.now = 1_800.0
    play.do(SetMaintenance("ann", "w-1", phase=MaintenancePhase.COMPLETED))
    assert play.state.maintenances["w-1"].ends_at == 1_800.0


def test_what_is_in_progress_is_ended_and_what_is_not_is_cancelled(play: Play) -> None:
    play.do(NEW)
    assert (
        play.refuse(SetMaintenance("ann", "w-1", phase=MaintenancePhase.COMPLETED)) is RefusalCode.MAINTENANCE_MALFORMED
    )
    assert play.message == "maintenance w-1 hasn't begun: cancel it"
    play.do(SetMaintenance("ann", "w-1", phase=MaintenancePhase.IN_PROGRESS))
    assert (
        play.refuse(SetMaintenance("ann", "w-1", phase=MaintenancePhase.CANCELLED)) is RefusalCode.MAINTENANCE_MALFORMED
    )
    assert play.message == "maintenance w-1 is in progress: end it"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (replace(NEW, title=None), RefusalCode.MAINTENANCE_MALFORMED),
        (replace(NEW, begins_at=None), RefusalCode.MAINTENANCE_MALFORMED),
        (replace(NEW, ends_at=2_000.0), RefusalCode.MAINTENANCE_MALFORMED),
        (replace(NEW, begins_at=100.0, ends_at=900.0), RefusalCode.MAINTENANCE_MALFORMED),
        (replace(NEW, ends_at=2_001.0 + MAINTENANCE_S_MAX), RefusalCode.MAINTENANCE_MALFORMED),
        (
            replace(NEW, begins_at=2_000.0 + MAINTENANCE_AHEAD_S_MAX, ends_at=3_000.0 + MAINTENANCE_AHEAD_S_MAX),
            RefusalCode.MAINTENANCE_MALFORMED,
        ),
        (replace(NEW, title="bell\a"), RefusalCode.REASON_MALFORMED),
        (replace(NEW, text="bell\a"), RefusalCode.TEXT_MALFORMED),
        (replace(NEW, components=("nope",)), RefusalCode.STATUS_COMPONENT_UNKNOWN),
        (replace(NEW, id="w-9"), RefusalCode.MAINTENANCE_UNKNOWN),
    ],
)
def test_what_makes_no_sense_is_refused(play: Play, command: SetMaintenance, code: RefusalCode) -> None:
    assert play.refuse(command) is code


def test_what_is_so_already_is_refused(play: Play) -> None:
    play.do(NEW)
    assert play.refuse(SetMaintenance("ann", "w-1", ends_at=3_000.0)) is RefusalCode.UNCHANGED


def test_there_is_a_most_of_windows(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenances, "MAINTENANCES_OPEN_MAX", 1)
    play.do(NEW)
    assert play.refuse(NEW) is RefusalCode.MAINTENANCES_FULL
    play.do(SetMaintenance("ann", "w-1", phase=MaintenancePhase.CANCELLED))
    play.do(NEW)
