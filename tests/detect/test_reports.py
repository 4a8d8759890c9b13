"""Reports that are late, lost, repeated or of a new process, and edges that vanish: seen as that, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.scene import TICK_S, Client, Scene
from holdfast.model.finding import FindingKind, Tier
from holdfast.model.telemetry import Metric

CALM = {"shop": Client(20), "blog": Client(8), "api": Client(60)}
CAPACITIES = {"shop": 60.0, "blog": 100.0, "api": 500.0}
TWO = {"here": ("edge-1", "edge-2")}
UNEVEN = {"edge-1": 9.0, "edge-2": 1.0}
BLIND = (FindingKind.BLINDNESS, "edge-1")


def test_a_missing_edge_is_a_blind_spot_and_no_silence() -> None:
    scene = Scene(CAPACITIES)
    scene.play(60, CALM)
    scene.play(60, CALM, mute=("edge-1",))
    assert set(scene.seen) == {BLIND}
    assert scene.seen[BLIND].tier is Tier.UNUSUAL
    assert abs(scene.seen[BLIND].began_at - 60) <= TICK_S
    assert scene.watch.read_location("here").blind_edges == ("edge-1",)
    assert scene.watch.read_service("api").rates[Metric.OFFERED] > 40


def test_an_edge_that_never_reports_is_a_blind_spot() -> None:
    scene = Scene(CAPACITIES, edges=TWO)
    scene.play(60, CALM, mute=("edge-1",))
    assert set(scene.seen) == {BLIND}
    assert scene.watch.read_edges()[0].age_s is None


def test_a_backlog_that_arrives_at_once_is_no_surge() -> None:
    scene = Scene(CAPACITIES)
    scene.play(60, CALM)
    held = []
    for _ in range(10):
        scene.now += TICK_S
        held += scene.count(CALM)
        scene.tick()
    for report in held:
        scene.watch.take(report)
    scene.play(20, CALM)
    assert not scene.seen


def test_one_report_over_many_seconds_is_no_surge() -> None:
    scene = Scene(CAPACITIES)
    scene.play(60, CALM)
    scene.now += 2.5
    scene.play(20, CALM)
    assert not scene.seen


def test_an_edge_that_takes_over_from_another_sees_no_surge() -> None:
    scene = Scene(CAPACITIES, edges=TWO, weights=UNEVEN)
    scene.play(90, CALM)
    scene.play(60, CALM, mute=("edge-1",))
    scene.play(60, CALM)
    assert set(scene.seen) <= {BLIND}


def test_an_attack_is_seen_by_the_edge_that_is_left() -> None:
    scene = Scene(CAPACITIES, edges=TWO)
    scene.play(60, CALM)
    scene.play(10, {**CALM, "shop": Client(300)}, mute=("edge-1",))
    assert scene.result.findings[FindingKind.SURGE, "shop"].tier is Tier.HARMFUL


def test_the_rush_after_a_restart_is_no_surge() -> None:
    scene = Scene(CAPACITIES)
    scene.play(60, CALM)
    scene.restart("edge-1")
    scene.play(2, {name: Client(client.rate_rps * 8, failed=0.5) for name, client in CALM.items()})
    scene.play(20, CALM)
    assert not scene.seen


def test_in_flight_of_an_old_process_is_forgotten() -> None:
    scene = Scene(CAPACITIES)
    scene.play(10, {**CALM, "api": Client(60, in_flight=9)})
    assert scene.watch.read_service("api").in_flight == 9
    scene.restart("edge-1")
    scene.play(1, {"shop": Client(20)})
    assert scene.watch.read_service("api").in_flight == 0


def test_in_flight_of_an_edge_that_is_taken_away_is_forgotten() -> None:
    scene = Scene(CAPACITIES, edges=TWO)
    scene.play(10, {**CALM, "api": Client(60, in_flight=8)})
    assert scene.watch.read_service("api").in_flight == 8
    scene.edges = {"here": ("edge-2",)}
    scene.declare()
    assert scene.watch.read_service("api").in_flight == 4


def test_a_repeated_report_counts_once_and_a_lost_one_is_noted() -> None:
    once, twice = Scene(CAPACITIES), Scene(CAPACITIES)
    for _ in range(40):
        for scene, times in ((once, 1), (twice, 2)):
            scene.now += TICK_S
            for report in scene.count(CALM) * times:
                scene.watch.take(report)
            scene.tick()
    assert once.watch.read_services(tuple(CALM)) == twice.watch.read_services(tuple(CALM))
    once.now += TICK_S
    once.count(CALM)
    once.play(1, CALM)
    assert once.watch.read_edges()[0].lost_reports == 1


@pytest.mark.parametrize(("began_at", "ended_at"), [(5.0, 5.0), (6.0, 5.0), (0.0, 1e9), (float("nan"), 5.0)])
def test_a_report_of_an_impossible_time_is_ignored(began_at: float, ended_at: float) -> None:
    scene = Scene(CAPACITIES)
    scene.now = 5.0
    (report,) = scene.count(CALM)
    scene.watch.take(replace(report, began_at=began_at, ended_at=ended_at))
    scene.tick()
    assert scene.watch.read_service("api").rates[Metric.OFFERED] == 0
    assert scene.watch.read_edges()[0].age_s is None


def test_unknown_services_and_edges_are_left_out() -> None:
    scene = Scene(CAPACITIES)
    scene.play(2, {**CALM, "stranger": Client(1_000)})
    assert scene.watch.read_location("here").offered_rps > 0
    scene.edges = {"here": ("edge-9",)}
    scene.declare()
    scene.processes["edge-9"], scene.sequences["edge-9"], scene.reported_at["edge-9"] = 1, 0, scene.now
    scene.play(40, CALM)
    assert not scene.seen


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sets(st.sampled_from(["edge-1", "edge-2"])), min_size=10, max_size=40), st.integers(0, 1_000))
def test_late_reports_never_look_like_a_surge_or_a_silence(late: list[set[str]], seed: int) -> None:
    """At each tick some edges report nothing; what they counted comes with their next report."""
    scene = Scene(CAPACITIES, edges=TWO, weights=UNEVEN, seed=seed)
    scene.play(40, CALM)
    for missing in late:
        scene.now += TICK_S
        for edge in {"edge-1", "edge-2"} - missing:
            scene.watch.take(scene.report(edge, CALM, UNEVEN[edge] / 10))
        scene.tick()
        assert not {key for key in scene.result.findings if key[0] != FindingKind.BLINDNESS}
