"""`holdfast drill` on real processes: the short form from start to end, and what an interruption leaves behind."""

import json
import signal
from pathlib import Path

import pytest

from drills.playing import (
    RUN_S_MAX,
    await_line,
    kill_under_load,
    list_running,
    play_short,
    read_values,
    scratch,
    start,
)
from holdfast.drills.result import DrillResult, Verdict

__all__ = ["scratch"]
SHORT_KILLS = 1


def test_the_short_form_leaves_bystanders_whole(scratch: str, tmp_path: Path) -> None:
    file, reports = tmp_path / "result.json", tmp_path / "reports"
    process = start(
        scratch, "run", "noisy-neighbour", "--short", "--seed", "7", "--json", str(file), "--report", str(reports)
    )
    told, happened = process.communicate(timeout=RUN_S_MAX)
    result = DrillResult.model_validate_json(file.read_text())
    assert result.verdict is not Verdict.INVALID, told + happened
    success = {name: measure.value for name, measure in result.measures.items() if name.endswith("bystander_success")}
    assert success == {"queue_bystander_success": 100, "reject_bystander_success": 100, "kill_bystander_success": 100}
    assert process.returncode == {Verdict.PASS: 0, Verdict.FAIL: 10}[result.verdict]
    assert f"Verdict: {result.verdict}" in told
    assert "5 kills during the flood" in happened
    assert (reports / "report.html").exists()
    assert set(json.loads(file.read_text())) == set(DrillResult.model_fields)


def test_an_attack_is_named_and_a_crowd_let_be(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "surge-attack")
    assert result.verdict is not Verdict.INVALID
    assert read_values(result, "named_first", "wrong_names", "wrong_actions") == [100, 0, 0]
    assert read_values(result, "crowd_requests_refused", "crowd_actions") == [0, 0]
    assert read_values(result, "queue_bystander_success") == [100]


def test_in_a_surge_of_everything_the_critical_are_kept(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "platform-surge")
    classes = ("critical_plus", "critical", "sheddable_plus", "sheddable")
    served = [result.measures[f"queue_class_{rank}_success"].value or 0.0 for rank in classes]
    assert served == sorted(served, reverse=True)
    assert min(served[:2]) > 99
    assert served[3] < 60


def test_mistaken_mitigations_are_stopped_or_reverted(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "mitigation-backfire")
    for mistake in ("block", "one_bucket"):
        assert read_values(result, f"{mistake}_stopped_by_prediction") == [1]
        assert result.measures[f"{mistake}_reverted_max"].value is not None
    assert read_values(result, "bystander_success", "refused_afterwards") == [100, 0]


def test_somebody_is_woken_and_the_public_told(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "first-words")
    assert result.verdict is not Verdict.INVALID
    assert read_values(result, "incidents_opened", "maintenance_shown_and_over", "promise_on_the_site") == [2, 1, 1]
    assert read_values(result, "pages_doubled", "pages_after_acknowledgement", "names_on_the_site") == [0, 0, 0]
    assert read_values(result, "site_served_alone", "protections_page") == [1, 1]


def test_a_bad_push_is_stopped_by_its_plan_and_by_its_first_wave(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "bad-route-push")
    assert result.verdict is not Verdict.INVALID
    assert read_values(result, "harmless_half_planned_sound", "harmless_to_all_not_rolled_back") == [1, 1]
    assert read_values(result, "stopped_by_plan", "pool_exhaustion_refused", "dormant_refused") == [1, 1, 1]
    assert read_values(result, "restarted_edge_whole") == [1]
    assert read_values(result, "forced_rolled_back", "forced_further_waves") == [1, 0]
    assert read_values(result, "kills_converged") == [SHORT_KILLS]


def test_a_rogue_monitor_is_switched_off_and_reverted_and_no_request_notices(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "rogue-monitor")
    assert result.verdict is not Verdict.INVALID
    assert read_values(result, "request_success", "said_why") == [100, 1]
    assert all(result.measures[name].value is not None for name in ("switched_off_max", "reverted_max"))


def test_when_a_site_is_killed_reads_go_on_elsewhere_and_mail_is_kept(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "provider-loss")
    assert result.verdict is not Verdict.INVALID
    assert read_values(result, "other_regions_failed", "decided", "all_as_before") == [0, 1, 1]
    assert read_values(result, "mail_refused", "mail_lost", "mail_out_of_order") == [0, 0, 0]
    assert result.measures["killed_reads_failed_max"].ok


def test_reclaimed_machines_cost_no_request_and_assets_outlive_them_all(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "spot-reclaim")
    assert result.verdict is not Verdict.INVALID
    assert read_values(result, "gets_failed", "gone_files_served") == [0, 100]


def test_what_is_sent_astray_is_accepted_and_delivered_in_order(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "deferred-sending")
    assert result.verdict is not Verdict.INVALID
    assert read_values(result, "messages_refused", "messages_lost", "messages_out_of_order") == [0, 0, 0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_drill_leaves_nothing_behind(scratch: str, number: signal.Signals) -> None:
    process = start(scratch, "run", "noisy-neighbour", "--short")
    await_line(process, "above its cap: 1 pair")
    running = list_running(scratch)
    assert any("envoy" in each for each in running)
    process.send_signal(number)
    told, happened = process.communicate(timeout=RUN_S_MAX)
    assert process.returncode == 130, told + happened
    assert "everything that the drill started has ended" in happened


def test_a_killed_drill_takes_everything_along(scratch: str) -> None:
    """One of the drills when all its processes are at work; the others are in `tests/long`."""
    kill_under_load(scratch, "noisy-neighbour", "above its cap: 1 pair")
