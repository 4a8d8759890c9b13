import numpy as np
import pytest

from drills.history_samples import act, see
from drills.surge_attack.attack_samples import BYSTANDERS, EPISODE_S, QUIET_S, SCENARIO, VICTIM, Play
from holdfast.drills.result import Measure, Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.drills.surge_attack.measures import measure_run
from holdfast.drills.surge_attack.scenario import AttackKind, SurgeAttack
from holdfast.drills.surge_attack.scored import ScoredMode, score_attack
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import Kill, Shed

SHED = Shed(location="shared", budget_per_s=100.0, requests_per_s={})


def measure(play: Play, *, protected: bool = True, short: bool = False) -> Sheet[SurgeAttack]:
    sheet = Sheet(SCENARIO, 1, protected, short)
    measure_run(sheet, {"queue": play.run()})
    return sheet


def verdict_on(play: Play, *, protected: bool = True, short: bool = False) -> Verdict:
    sheet = measure(play, protected=protected, short=short)
    return judge(sheet.measures, sheet.invalid_because)


def find(play: Play, name: str) -> Measure:
    return measure(play).measures[name]


def name_all(play: Play, after_s: float = 0.8, service: str = VICTIM) -> Play:
    play.seen += [see(service, onset_s + after_s) for onset_s in play.list_onsets()]
    return play


def test_attacks_named_and_contained_in_time_pass() -> None:
    play = name_all(Play(hurt=(0.2, 2.5, 20.0), own_served_after_s=1.0))
    sheet = measure(play)
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    assert sheet.measures["named_p95"].value == pytest.approx(0.8)
    assert sheet.measures["queue_contained_p95"].value == pytest.approx(2.5, abs=0.11)
    assert sheet.measures["queue_attacks_felt"].value == 30


@pytest.mark.parametrize(
    ("play", "failing"),
    [
        (Play(), {"named_p50", "named_p95", "named_first"}),
        (name_all(Play(), 1.4), {"named_p50"}),
        (name_all(Play(), service=BYSTANDERS), {"named_p50", "named_p95", "named_first", "wrong_names"}),
        (name_all(Play(hurt=(0, 3.5, 20.0))), {"queue_contained_p95"}),
        (name_all(Play(hurt=(0, 0.1, 5.0), bystander_status=503)), {"queue_bystander_success"}),
        (name_all(Play(own_served_after_s=2.0)), {"good_clients_served"}),
    ],
)
def test_each_goal_that_is_missed_fails(play: Play, failing: set[str]) -> None:
    sheet = measure(play)
    assert {name for name, each in sheet.measures.items() if each.ok is False} == failing
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.FAIL


def test_naming_somebody_else_first_counts_even_if_the_right_one_follows() -> None:
    play = name_all(Play())
    play.seen.append(see(BYSTANDERS, play.list_onsets()[4] + 0.3))
    sheet = measure(play)
    assert sheet.measures["named_first"].value == pytest.approx(100 * 29 / 30)
    assert sheet.measures["wrong_names"].value == 1
    assert sheet.measures["named_p50"].ok


def test_that_a_bystander_is_slow_is_no_wrong_name() -> None:
    play = name_all(Play())
    play.seen.append(see(BYSTANDERS, play.list_onsets()[4] + 0.3, FindingKind.SLOWNESS))
    assert verdict_on(play) is Verdict.PASS


def test_what_is_done_to_bystanders_fails() -> None:
    play = name_all(Play())
    play.done += [act(Kill(service=VICTIM), play.list_onsets()[0] + 1)]
    assert verdict_on(play) is Verdict.PASS
    play.done += [act(Kill(service=BYSTANDERS), play.list_onsets()[0] + 1)]
    assert find(play, "wrong_actions").value == 1
    assert verdict_on(play) is Verdict.FAIL


def test_customers_of_a_look_alike_are_told_and_decide_nothing() -> None:
    play = name_all(Play(kind=AttackKind.LOOK_ALIKE, own_served_after_s=6.0))
    assert verdict_on(play) is Verdict.PASS
    assert find(play, "good_clients_served_look_alike_from_onset").value == pytest.approx(50)


def test_customers_are_counted_from_containment_and_also_from_the_beginning() -> None:
    play = name_all(Play(hurt=(0.0, 1.0, 20.0), own_served_after_s=1.0))
    sheet = measure(play)
    assert sheet.measures["good_clients_served"].value == pytest.approx(100, abs=1)
    assert sheet.measures["good_clients_served_from_onset"].value == pytest.approx(100 * 11 / 12, abs=1)


def test_a_ramp_counts_from_when_it_exceeds_the_limit() -> None:
    play = name_all(Play(count=1, kind=AttackKind.RAMP), after_s=2.5)
    mode = ScoredMode(play.run())
    scored = score_attack(SCENARIO, mode, mode.attacks[0])
    assert scored.named_s == pytest.approx(2.5 - 4 * 210 / 450)


def test_a_late_generator_throws_attacks_away_and_too_many_are_invalid() -> None:
    assert verdict_on(name_all(Play(lateness_ms=0.4))) is Verdict.PASS
    late = name_all(Play(lateness_ms=0.6))
    assert measure(late).measures["queue_episodes_discarded"].value == 100
    assert verdict_on(late) is Verdict.INVALID
    assert verdict_on(late, short=True) is Verdict.PASS


def test_strangers_on_the_edges_core_are_invalid_in_the_full_form_only() -> None:
    assert verdict_on(name_all(Play(strangers=0.1))) is Verdict.PASS
    assert verdict_on(name_all(Play(strangers=0.2))) is Verdict.INVALID
    assert verdict_on(name_all(Play(strangers=0.2)), short=True) is Verdict.PASS


def test_too_few_attacks_are_invalid_in_the_full_form_only() -> None:
    assert verdict_on(name_all(Play(count=29))) is Verdict.INVALID
    assert verdict_on(name_all(Play(count=1)), short=True) is Verdict.PASS


def test_a_machine_on_which_quiet_is_not_quiet_gives_no_verdict_on_containment() -> None:
    run = name_all(Play()).run()
    records = run.usual.records
    quiet = records["intended_s"] % EPISODE_S < QUIET_S
    unsteady = np.flatnonzero(quiet & (records["intended_s"] < 4 * EPISODE_S))
    records["latency_ms"][unsteady[::20]] = 40.0
    sheet = Sheet(SCENARIO, 1, protected=True, short=False)
    measure_run(sheet, {"queue": run})
    assert sheet.measures["queue_contained_from_nothing_p95"].value is None
    assert sheet.measures["queue_contained_p95"].ok is None
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.INVALID


def test_an_attack_that_could_not_be_sent_is_invalid() -> None:
    play = name_all(Play())
    run = play.run()
    for each in run.episodes:
        each.extra["source"][::5] = -1
    sheet = Sheet(SCENARIO, 1, protected=True, short=False)
    measure_run(sheet, {"queue": run})
    assert any("could be sent" in reason for reason in sheet.invalid_because)


def test_without_protections_harm_fails_and_its_absence_is_invalid() -> None:
    assert verdict_on(Play(hurt=(1, 12, 5.0), bystander_status=-3), protected=False) is Verdict.FAIL
    assert verdict_on(Play(hurt=(1, 12, 30.0)), protected=False) is Verdict.FAIL
    assert verdict_on(Play(), protected=False) is Verdict.INVALID


def test_a_crowd_that_is_let_be_passes() -> None:
    sheet = measure(Play(count=3, crowd=True, extra_status=200), short=True)
    crowd = {name: each.ok for name, each in sheet.measures.items() if name.startswith("crowd")}
    assert crowd == dict.fromkeys(("crowd_requests_refused", "crowd_actions", "crowd_findings_to_act_upon"), True)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_crowd_that_is_refused_anything_fails(status: int) -> None:
    sheet = measure(Play(count=3, crowd=True, extra_status=status), short=True)
    assert sheet.measures["crowd_requests_refused"].value == 3 * 450 * 12


def test_a_crowd_that_is_acted_against_fails_but_not_for_what_sheds_nobody() -> None:
    play = Play(count=3, crowd=True, extra_status=200)
    onset_s = play.list_onsets()[1]
    play.done += [act(Kill(service=BYSTANDERS), onset_s + 1), act(SHED, onset_s + 1)]
    assert measure(play, short=True).measures["crowd_actions"].value == 0
    play.done += [act(Kill(service=VICTIM), onset_s + 1)]
    play.seen += [see(VICTIM, onset_s + 1)]
    sheet = measure(play, short=True)
    assert sheet.measures["crowd_actions"].value == 1
    assert sheet.measures["crowd_findings_to_act_upon"].value == 1
