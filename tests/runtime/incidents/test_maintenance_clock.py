"""Announced work on a real control: it is reminded of, begins and ends by itself."""

import asyncio

import pytest

from fakes.control import Bench, until
from fakes.incidents import Newsroom, in_newsroom
from holdfast.engine.incident_command import SetMaintenance
from holdfast.model.incident_event import MaintenanceSet
from holdfast.model.maintenance import MaintenancePhase
from holdfast.runtime.incidents import maintenance_clock
from holdfast.runtime.incidents.maintenance_clock import MaintenanceClock

HOUR_S = 3_600.0


def phase(bench: Bench) -> MaintenancePhase:
    return bench.control.state.maintenances["w-1"].phase


def list_told(bench: Bench) -> list[str]:
    return [each.event.why for each in bench.journal.read() if isinstance(each.event, MaintenanceSet)]


async def announce(room: Newsroom, ahead_s: float, lasts_s: float) -> None:
    begins_at = room.bench.tell_time() + ahead_s
    await room.do(SetMaintenance("ann", title="Upgrade", begins_at=begins_at, ends_at=begins_at + lasts_s))


@in_newsroom()
async def test_it_is_reminded_of_twice_begins_and_ends(room: Newsroom) -> None:
    clock = MaintenanceClock(room.control)
    await announce(room, 48 * HOUR_S, HOUR_S)
    seen = []
    for _ in range(50 * 2):
        room.bench.now += HOUR_S / 2
        await clock.look()
        window = room.control.state.maintenances["w-1"]
        seen.append((window.reminders, window.phase))
    assert list(dict.fromkeys(seen)) == [
        (0, MaintenancePhase.SCHEDULED),
        (1, MaintenancePhase.SCHEDULED),
        (2, MaintenancePhase.SCHEDULED),
        (2, MaintenancePhase.IN_PROGRESS),
        (2, MaintenancePhase.COMPLETED),
    ]


@in_newsroom()
async def test_what_passed_while_control_was_down_is_begun_and_ended(room: Newsroom) -> None:
    await announce(room, HOUR_S, HOUR_S)
    bench = room.bench
    again = Bench(journal=bench.journal, fleet=bench.fleet, check=bench.check, now=bench.now + 48 * HOUR_S)
    async with again.run():
        await MaintenanceClock(again.control).look()
        assert phase(again) is MaintenancePhase.COMPLETED
    told = [each.event for each in again.journal.read() if isinstance(each.event, MaintenanceSet)]
    assert [event.why for event in told] == ["", "it is time", "it is over"]


@in_newsroom()
async def test_it_does_so_on_time_by_itself(room: Newsroom) -> None:
    room.bench.real_time = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maintenance_clock, "LOOK_S", 600.0)
        running = asyncio.create_task(MaintenanceClock(room.control).run())
        await announce(room, 0.2, 1.2)
        await until(lambda: phase(room.bench) is MaintenancePhase.COMPLETED)
        await until(lambda: len(list_told(room.bench)) == 3)
    running.cancel()
    await asyncio.wait([running])
    assert list_told(room.bench) == ["", "it is time", "it is over"]
