import numpy as np
import pytest

from holdfast.incidents.downtime.definition import Column
from holdfast.incidents.downtime.intake import Dead, Intake, KnownTime, Moment
from holdfast.incidents.downtime.layout import WHOLE, Layout, Subject
from incidents.downtime_scenes import make_report

SHOP = {"shop": {"offered": 10, "admitted": 10}}
FOREVER = float("inf")


def lay_out(*services: str, edges: tuple[str, ...] = ("e1",)) -> Layout:
    return Layout(services, {WHOLE: services, Subject("component", "all"): services}, {"us": edges})


def feed(intake: Intake, slots: int, *, first: int = 0, edges: tuple[str, ...] = ("e1",)) -> None:
    """Whole slots, in which every edge reports 10 requests a second."""
    for slot in range(first, first + slots):
        for second in range(5):
            began_at = slot * 5.0 + second
            for edge in edges:
                intake.take(make_report(SHOP, edge=edge, began_at=began_at, ended_at=began_at + 1), began_at + 1)
        intake.close(slot, Moment())


def test_a_report_across_two_slots_is_shared_out() -> None:
    intake = Intake(lay_out("shop"))
    intake.take(make_report(SHOP, began_at=4.0, ended_at=6.0), 6.0)
    counts = [intake.close(slot, Moment())["us"].counts[0, Column.OWED] for slot in (0, 1)]
    assert counts == [5.0, 5.0]


def test_a_slot_without_reports_isnt_measured_and_nothing_is_lost_in_it() -> None:
    intake = Intake(lay_out("shop"))
    feed(intake, 20)
    slot = intake.close(20, Moment())["us"]
    assert not slot.measured
    assert not slot.counts.any()


def test_what_a_dead_edge_would_have_been_asked_is_lost() -> None:
    intake = Intake(lay_out("shop"))
    feed(intake, 20)
    slot = intake.close(20, Moment(dead=[Dead("e1", 100.0, FOREVER)]))["us"]
    assert slot.measured
    assert slot.counts[0, [Column.OWED, Column.LOST]] == pytest.approx([50.0, 50.0])


def test_when_another_edge_has_its_traffic_nothing_is_lost() -> None:
    intake = Intake(lay_out("shop", edges=("e1", "e2")))
    feed(intake, 20, edges=("e1", "e2"))
    for second in range(5):
        intake.take(
            make_report(
                {"shop": {"offered": 20, "admitted": 20}}, edge="e2", began_at=100.0 + second, ended_at=101.0 + second
            ),
            101.0 + second,
        )
    slot = intake.close(20, Moment(dead=[Dead("e1", 100.0, FOREVER)]))["us"]
    assert slot.measured
    assert slot.counts[0, [Column.OWED, Column.LOST]] == pytest.approx([100.0, 0.0])


def test_one_of_two_edges_that_is_silent_leaves_the_region_measured_by_the_other() -> None:
    intake = Intake(lay_out("shop", edges=("e1", "e2")))
    feed(intake, 20, edges=("e1", "e2"))
    for second in range(5):
        intake.take(make_report(SHOP, edge="e2", began_at=100.0 + second, ended_at=101.0 + second), 101.0 + second)
    assert intake.close(20, Moment())["us"].measured


def test_what_comes_for_a_closed_slot_is_too_late_and_what_claims_nonsense_is_passed_over() -> None:
    intake = Intake(lay_out("shop"))
    intake.close(0, Moment())
    intake.take(make_report(SHOP, began_at=1.0, ended_at=2.0), 6.0)
    intake.take(make_report(SHOP, began_at=9.0, ended_at=8.0), 9.0)
    intake.take(make_report(SHOP, began_at=-500.0, ended_at=8.0), 9.0)
    intake.take(make_report(SHOP, edge="stranger", began_at=7.0, ended_at=8.0), 9.0)
    assert not intake.close(1, Moment())["us"].counts.any()


def test_an_edge_whose_clock_is_wrong_is_taken_to_speak_of_now() -> None:
    intake = Intake(lay_out("shop"))
    intake.take(make_report(SHOP, began_at=1e6, ended_at=1e6 + 1), 4.0)
    assert intake.close(0, Moment())["us"].counts[0, Column.OWED] == 10


def test_services_that_stay_keep_what_is_usual_of_them_and_their_open_slot() -> None:
    intake = Intake(lay_out("blog", "shop"))
    feed(intake, 20)
    intake.take(make_report(SHOP, began_at=100.0, ended_at=101.0), 101.0)
    intake.set_layout(lay_out("shop", "wiki"))
    counts = intake.close(20, Moment())["us"].counts
    assert counts[:, Column.OWED].tolist() == [10.0, 0.0]
    dead = intake.close(21, Moment(dead=[Dead("e1", 0.0, FOREVER)]))["us"].counts
    assert dead[0, Column.LOST] > 40


def test_read_only_counts_once_a_write_was_refused() -> None:
    intake = Intake(lay_out("shop"))
    moment = Moment(read_only=frozenset({"shop"}))
    intake.take(make_report(SHOP, began_at=1.0, ended_at=2.0), 2.0)
    assert not intake.close(0, moment)["us"].counts[0, Column.READ_ONLY]
    intake.take(make_report({"shop": {"offered": 3, "admitted": 2, "mitigated": 1}}, began_at=6.0, ended_at=7.0), 7.0)
    assert intake.close(1, moment)["us"].counts[0, Column.READ_ONLY] == 2
    intake.take(make_report(SHOP, began_at=11.0, ended_at=12.0), 12.0)
    assert intake.close(2, moment)["us"].counts[0, Column.READ_ONLY] == 10
    intake.take(make_report(SHOP, began_at=16.0, ended_at=17.0), 17.0)
    assert not intake.close(3, Moment())["us"].counts[0, Column.READ_ONLY]


def test_groups_are_the_sums_of_their_services() -> None:
    layout = lay_out("shop", "blog", "wiki")
    counts = np.array([[1.0, 2.0], [0.0, 0.0], [10.0, 20.0]], np.float32)
    assert layout.gather(counts)[3:].tolist() == [[11.0, 22.0], [11.0, 22.0]]


def test_short_pauses_are_known_time_and_long_ones_and_gaps_are_not() -> None:
    known = KnownTime(1, 5.0, 4)
    asked, silent = np.array([1.0], np.float32), np.zeros(1, np.float32)
    found = [
        float(known.close_slot(owed, measured=measured)[0])
        for owed, measured in [
            (asked, True),
            (silent, True),
            (silent, True),
            (asked, True),
            (silent, False),
            (asked, True),
            *[(silent, True)] * 5,
            (asked, True),
        ]
    ]
    assert found == [5, 0, 0, 15, 0, 5, 0, 0, 0, 0, 0, 5]


def test_who_leaves_is_lost_where_answers_are_usually_fast_and_stays_lost_when_it_is_counted_again() -> None:
    layout = lay_out("shop", "poll")
    intake = Intake(layout)
    intake.learn_slow("us", np.array([False, True]))
    metrics = {"offered": 10, "admitted": 10, "given_up": 6, "slower": 6}
    report = make_report({"shop": metrics, "poll": metrics}, began_at=1.0, ended_at=2.0)
    again = intake.begin_again()
    for each in (intake, again):
        each.take(report, 2.0)
        assert each.recount(0, "us", Moment()).counts[:, Column.LOST].tolist() == [6.0, 0.0]
