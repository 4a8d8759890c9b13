from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from holdfast.adapters.accounts.sql_accounts import Batch, SqlAccounts
from holdfast.adapters.accounts.sqlite import AccountsUnavailable
from holdfast.model.day import find_day
from holdfast.model.downtime import Standing
from holdfast.model.event import ChangeNoted
from holdfast.model.incident import Impact, Incident, Occasion, Phase
from holdfast.model.intent import Intent
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.mitigation import Kill, Mitigation, ReadOnly
from holdfast.model.note import NoteKind
from holdfast.model.ports import Recorded
from holdfast.model.refusal import Refusal
from holdfast.model.state import IncidentRecord, State
from holdfast.runtime.incidents.accounting.parts import make_accounting
from holdfast.runtime.incidents.accounting.reading import DowntimeReading
from incidents.downtime_scenes import make_report
from runtime.incidents.accounting_scenes import BEGAN, FakeControl, Scene, in_loop, make_platform, open_scene, spell

if TYPE_CHECKING:
    from holdfast.runtime.control import Control


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


async def play_outage(scene: Scene) -> None:
    """Ten minutes, the third and fourth of them down in one region."""
    await scene.pass_time(120)
    await scene.pass_time(120, lost=1.0)
    await scene.pass_time(360)


@in_loop
async def test_an_outage_is_booked_for_whoever_it_was_of_and_nowhere_else(path: Path) -> None:
    with open_scene(path) as scene:
        await play_outage(scene)
        for kind, name in (("service", "cart"), ("component", "shop"), ("tenant", "t-pay"), ("region", "")):
            assert scene.read(kind, name, "us") == [(120, 240, "DOWN")]
            assert scene.read(kind, name, "eu") == []
        book = scene.accounting.book
        (today,) = book.list_days("shop", "us", 1)
        assert (today.down_s, today.degraded_s) == (120, 0)
        assert today.up_s == pytest.approx(480, abs=15)
        assert book.list_days("shop", None, 1)[0].down_s == 120
        assert book.list_tenant_days("t-cart", "eu", 1)[0].down_s == 0
        assert len(book.list_days("shop", None, 90)) == 90


@in_loop
async def test_how_it_stands_is_known_while_it_lasts(path: Path) -> None:
    with open_scene(path) as scene:
        await scene.pass_time(120)
        assert scene.accounting.book.read_standing("shop", "us") is Standing.UP
        await scene.pass_time(30, lost=1.0)
        assert scene.accounting.book.read_standing("shop", "us") is Standing.DOWN
        assert scene.accounting.book.read_standing("shop", "eu") is Standing.UP
        assert scene.read("component", "shop", "us") == [(120, 145, "DOWN")]


@in_loop
async def test_two_outages_with_a_pause_between_are_two(path: Path) -> None:
    with open_scene(path) as scene:
        await scene.pass_time(60)
        for _ in range(2):
            await scene.pass_time(30, lost=1.0)
            await scene.pass_time(30)
        await scene.pass_time(200)
        assert scene.read("component", "shop", "us") == [(60, 90, "DOWN"), (120, 150, "DOWN")]


@in_loop
async def test_a_restart_in_the_middle_of_an_outage_loses_nothing_but_the_open_slot(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await scene.pass_time(120)
        await scene.pass_time(60, lost=1.0)
    control.world.clock.now += 20
    with open_scene(path, control) as scene:
        await scene.pass_time(40, lost=1.0)
        await scene.pass_time(300)
        assert scene.read("component", "shop", "us") == [(120, 240, "DOWN")]
        assert scene.accounting.book.list_days("shop", "us", 1)[0].down_s == 120


@in_loop
async def test_what_happened_while_control_was_away_for_long_is_unknown(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await scene.pass_time(120)
        await scene.pass_time(60, lost=1.0)
    control.world.clock.now += 8 * 3600
    with open_scene(path, control) as scene:
        await scene.pass_time(120)
        ((began, ended, standing),) = scene.read("component", "shop", "us")
        assert (began, standing) == (120, "DOWN")
        assert 175 <= ended <= 240
        (today,) = scene.accounting.book.list_days("shop", "us", 1)
        assert today.up_s + today.down_s < 400


@in_loop
async def test_a_clock_that_jumps_makes_no_downtime(path: Path) -> None:
    with open_scene(path) as scene:
        await scene.pass_time(120)
        await scene.pass_time(60, lost=1.0)
        scene.control.world.clock.now += 30 * 86_400
        await scene.pass_time(120)
        ((began, ended, standing),) = scene.read("component", "shop", "us")
        assert (began, standing) == (120, "DOWN")
        assert ended <= 240
        assert scene.accounting.book.read_standing("shop", "us") is Standing.UP


@in_loop
async def test_a_clock_that_is_set_back_across_a_restart_books_nothing_twice(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await play_outage(scene)
    control.world.clock.now -= 300
    with open_scene(path, control) as scene:
        await scene.pass_time(400)
        assert scene.read("component", "shop", "us") == [(120, 240, "DOWN")]


@in_loop
async def test_a_restart_after_an_outage_books_it_once(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await play_outage(scene)
    for _ in range(2):
        with open_scene(path, control) as scene:
            await scene.pass_time(30)
            assert scene.read("component", "shop", "us") == [(120, 240, "DOWN")]
            assert scene.read("service", "cart", "us") == [(120, 240, "DOWN")]


@in_loop
async def test_a_kill_is_downtime_and_read_only_a_degradation(path: Path) -> None:
    for measure, standing in ((Kill(service="cart"), "DOWN"), (ReadOnly(service="cart"), "DEGRADED")):
        control = FakeControl()
        with open_scene(path.with_name(measure.kind), control) as scene:
            await scene.pass_time(60)
            begun = Mitigation(
                id="m-1", measure=measure, reason="r", author="a", started_at=BEGAN + 60, expires_at=1e12
            )
            control.state = replace(control.state, mitigations={"m-1": begun})
            await pass_refusing(scene, 30)
            control.state = State()
            await scene.pass_time(300)
            ((began, ended, found),) = scene.read("service", "cart", "us")
            assert (found, began) == (standing, 60)
            assert ended == pytest.approx(90, abs=5)
            assert scene.read("service", "pay", "us") == []


async def pass_refusing(scene: Scene, seconds: int) -> None:
    for _ in range(seconds):
        began_at = scene.control.world.clock.now
        scene.control.world.clock.now += 1
        metrics = {"cart": {"offered": 10, "admitted": 4, "mitigated": 6}, "pay": {"offered": 10, "admitted": 10}}
        for edge in ("e1", "e2"):
            scene.accounting.take_report(make_report(metrics, edge=edge, began_at=began_at, ended_at=began_at + 1))
        await scene.accounting.look()


def make_incident(**fields: object) -> Incident:
    known = {"title": "t", "public_title": "p", "occasion": Occasion.PERSON, "impact": Impact.MAJOR}
    times = {"id": "i-1", "began_at": BEGAN + 110, "opened_at": BEGAN + 110}
    return Incident.model_validate({**known, **times, **fields})


@in_loop
async def test_a_drill_counts_as_up_from_when_it_is_known_to_be_one(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await play_outage(scene)
        assert scene.accounting.book.list_days("shop", "us", 1)[0].down_s == 120
        incident = make_incident(drill=True, services=("cart",), resolved_at=BEGAN + 200, phase=Phase.RESOLVED)
        control.state = replace(control.state, incidents={"i-1": IncidentRecord(incident)})
        await scene.pass_time(5)
        assert scene.read("component", "shop", "us") == [(200, 240, "DOWN")]
        assert scene.accounting.book.list_days("shop", "us", 1)[0].down_s == 40
    with open_scene(path, FakeControl(world=control.world)) as scene:
        await scene.pass_time(5)
        assert scene.accounting.book.list_days("shop", "us", 1)[0].down_s == 40


@in_loop
async def test_a_drill_that_turns_out_to_be_none_counts_again(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await play_outage(scene)
        for drill, down_s in ((True, 0), (False, 120)):
            control.state = replace(control.state, incidents={"i-1": IncidentRecord(make_incident(drill=drill))})
            await scene.pass_time(5)
            assert scene.accounting.book.list_days("shop", "us", 1)[0].down_s == down_s


@in_loop
async def test_a_noted_drill_counts_for_an_hour(path: Path) -> None:
    control = FakeControl()
    note = ChangeNoted(at=BEGAN + 100, author="me", kind=NoteKind.DRILL, services=("pay",), why="pull the plug")
    control.recent.append(Recorded(1, note))
    with open_scene(path, control) as scene:
        await play_outage(scene)
        assert scene.read("component", "shop", "us") == []
        assert scene.read("service", "cart", "us") == [(120, 240, "DOWN")]


@in_loop
async def test_a_noted_drill_that_is_over_early_counts_until_then(path: Path) -> None:
    control = FakeControl()
    note = ChangeNoted(at=BEGAN + 100, author="me", kind=NoteKind.DRILL, services=("pay",), why="pull the plug")
    control.recent.append(Recorded(1, note))
    with open_scene(path, control) as scene:
        await play_outage(scene)
        assert scene.read("component", "shop", "us") == []
        control.recent[:] = [Recorded(2, note.model_copy(update={"at": BEGAN + 180, "ends": 1}))]
        await scene.pass_time(5)
        assert scene.read("component", "shop", "us") == [(180, 240, "DOWN")]


@in_loop
async def test_maintenance_is_apart_from_when_it_began_to_when_it_ended(path: Path) -> None:
    control = FakeControl()

    def be(phase: MaintenancePhase) -> None:
        window = Maintenance(
            id="w-1",
            title="m",
            components=("shop",),
            regions=("us",),
            begins_at=BEGAN + 100,
            ends_at=BEGAN + 7200,
            phase=phase,
            announced_at=BEGAN,
        )
        control.state = replace(control.state, maintenances={"w-1": window})

    with open_scene(path, control) as scene:
        be(MaintenancePhase.SCHEDULED)
        await scene.pass_time(120)
        be(MaintenancePhase.IN_PROGRESS)
        await scene.pass_time(60, lost=1.0)
        be(MaintenancePhase.COMPLETED)
        await scene.pass_time(60, lost=1.0)
        await scene.pass_time(300)
        (today,) = scene.accounting.book.list_days("shop", "us", 1)
        assert today.maintenance_s == pytest.approx(81, abs=2)
        assert today.down_s == pytest.approx(60, abs=3)
        assert scene.accounting.book.list_days("shop", "eu", 1)[0].maintenance_s == 0


@in_loop
async def test_traffic_is_drawn_with_what_was_usual(path: Path) -> None:
    with open_scene(path) as scene:
        await play_outage(scene)
        series = scene.accounting.book.read_series(("cart",), ("us",), BEGAN + 100, BEGAN + 300)
        assert series.step_s == 5
        assert series.offered == pytest.approx(np.full(40, 10.0))
        assert series.failed[:4] == pytest.approx(np.zeros(4))
        assert series.failed[4:28] == pytest.approx(np.full(24, 10.0))
        assert series.usual == pytest.approx(np.full(40, 10.0), rel=0.2)
        both = scene.accounting.book.read_series(("cart", "pay"), (), BEGAN + 100, BEGAN + 300)
        assert both.offered == pytest.approx(np.full(40, 40.0))
        nothing = scene.accounting.book.read_series(("cart",), ("us",), BEGAN - 1e6, BEGAN - 1e6 + 50)
        assert np.isnan(nothing.offered).all()
        assert len(scene.accounting.book.read_series(("cart",), (), BEGAN - 3e7, BEGAN).at) <= 2000


@in_loop
async def test_what_was_before_the_first_count_is_not_usual(path: Path) -> None:
    control = FakeControl()
    control.world.clock.now = BEGAN + 3_400.0
    with open_scene(path, control) as scene:
        await scene.pass_time(400)
        now = control.world.clock.now
        series = scene.accounting.book.read_series(("cart",), ("us",), now - 150, now - 100)
        assert series.usual == pytest.approx(np.full(10, 10.0))
        early = scene.accounting.book.read_series(("cart",), ("us",), BEGAN + 3_000.0, BEGAN + 3_600.0)
        assert np.isnan(early.offered[:80]).all()
        assert early.offered[80:] == pytest.approx(np.full(40, 10.0))


@in_loop
async def test_what_a_full_disk_refused_is_written_when_there_is_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await scene.pass_time(60)

        def refuse(_store: SqlAccounts, _batch: Batch) -> None:
            raise AccountsUnavailable("no room")

        with monkeypatch.context() as full:
            full.setattr(SqlAccounts, "write", refuse)
            await scene.pass_time(60, lost=1.0)
            await scene.pass_time(150)
            assert scene.read("component", "shop", "us") == [(60, 120, "DOWN")]
        await scene.pass_time(10)
    with open_scene(path, control) as scene:
        await scene.pass_time(10)
        assert scene.read("component", "shop", "us") == [(60, 120, "DOWN")]
        series = scene.accounting.book.read_series(("cart",), ("us",), BEGAN + 60, BEGAN + 120)
        assert series.failed == pytest.approx(np.full(12, 10.0))


@in_loop
async def test_services_come_and_go_and_the_others_keep_their_accounts(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await scene.pass_time(120)
        await scene.pass_time(60, lost=1.0)
        control.intent = Intent(make_platform("pay", "cart", "wiki"))
        await scene.pass_time(60, lost=1.0)
        await scene.pass_time(300)
        assert scene.read("service", "cart", "us") == [(120, 240, "DOWN")]
        assert scene.read("service", "wiki", "us") == []


@in_loop
async def test_what_people_are_told(path: Path) -> None:
    control = FakeControl()
    with open_scene(path, control) as scene:
        await play_outage(scene)
        reading = DowntimeReading(cast("Control", control), scene.accounting.book)
        shown = reading.show("component", "shop", None, None, None)
        assert not isinstance(shown, Refusal)
        (subject,) = shown.subjects
        us, eu = subject.places
        assert (subject.title, us.down_s, eu.down_s, us.standing) == ("The shop", 120, 0, "up")
        assert us.budget.allowed_s == pytest.approx(30 * 86.4)
        assert us.budget.left_s == pytest.approx(30 * 86.4 - 120)
        assert shown.last == find_day(BEGAN)
        stretches = reading.show_stretches("region", None, "us", None, None)
        assert not isinstance(stretches, Refusal)
        assert [(each.requests, each.lost) for each in stretches.stretches] == [(2400, 2400)]
        assert isinstance(reading.show("component", "nothing", None, None, None), Refusal)
        assert isinstance(reading.show("region", None, "mars", None, None), Refusal)


@in_loop
async def test_of_services_that_nobody_counts_together_the_worst_is_told(path: Path) -> None:
    control = FakeControl(intent=Intent(make_platform("cart", "pay", "wiki")))
    with open_scene(path, control) as scene:
        await play_outage(scene)
        found = scene.accounting.book.list_stretches(("cart", "wiki"), None, BEGAN, BEGAN + 1000)
        assert spell(found) == [(120, 240, "DOWN")]


def test_accounts_that_cant_be_read_are_set_aside(path: Path) -> None:
    path.write_bytes(b"x" * 10_000)
    parts = make_accounting(cast("Control", FakeControl()), path, watching=True)
    assert parts.accounts is not None
    assert path.with_name("accounts.db.unreadable-1").read_bytes() == b"x" * 10_000
    parts.ends[0]()
    assert make_accounting(cast("Control", FakeControl()), path, watching=False).accounts is None
