import pytest

from drills.noisy_neighbour.block_samples import make_block, make_pairs, make_records
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.noisy_neighbour.blocks import Side
from holdfast.drills.noisy_neighbour.kill_timer import TimedKill
from holdfast.drills.noisy_neighbour.kills import KillsRun
from holdfast.drills.noisy_neighbour.measures import Pairs, add_passing_rate, add_side_run, measure_kills, measure_mode
from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet

SCENARIO = load_scenario_of(NoisyNeighbour, "noisy-neighbour")


def make_sheet(*, protected: bool = True, short: bool = False) -> Sheet[NoisyNeighbour]:
    return Sheet(SCENARIO, 1, protected, short)


def verdict_on(pairs: Pairs, *, protected: bool = True, short: bool = False) -> Verdict:
    sheet = make_sheet(protected=protected, short=short)
    measure_mode(sheet, "queue", pairs)
    return judge(sheet.measures, sheet.invalid_because)


def make_kills(count: int, in_force_ms: float, leaks: int = 0) -> list[TimedKill]:
    fields = {"called_ns": 0, "answered_ms": 5.0, "lifted_ms": 5.0}
    return [TimedKill(service=f"s{n}", in_force_ms=in_force_ms, leaks=leaks, **fields) for n in range(count)]


def test_untroubled_bystanders_pass() -> None:
    assert verdict_on(make_pairs()) is Verdict.PASS


def test_a_single_failed_request_of_a_bystander_fails() -> None:
    assert verdict_on(make_pairs(failed=1)) is Verdict.FAIL


def test_a_p99_above_the_goal_fails_in_the_full_form_only() -> None:
    slow = make_pairs(flood_ms=6.2)
    assert verdict_on(slow) is Verdict.FAIL
    assert verdict_on(slow, short=True) is Verdict.PASS


def test_a_victim_below_its_guarantee_fails() -> None:
    starved = make_pairs()
    starved.flood.blocks = [make_block(flooded=True, served=0.01) for _ in range(8)]
    assert verdict_on(starved) is Verdict.FAIL


def test_too_few_pairs_or_samples_are_invalid_in_the_full_form_only() -> None:
    assert verdict_on(make_pairs(count=5)) is Verdict.INVALID
    assert verdict_on(make_pairs(count=1), short=True) is Verdict.PASS


def test_a_machine_on_which_solo_differs_from_solo_gives_no_verdict_on_the_ratio() -> None:
    unsteady = make_pairs()
    unsteady.solo.blocks[0] = make_block(60.0)
    sheet = make_sheet()
    measure_mode(sheet, "queue", unsteady)
    assert sheet.measures["queue_bystander_p99_ratio"].ok is None
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.INVALID


@pytest.mark.parametrize(("discarded", "verdict"), [(3, Verdict.PASS), (4, Verdict.INVALID)])
def test_more_than_three_in_ten_blocks_thrown_away_are_invalid(discarded: int, verdict: Verdict) -> None:
    pairs = make_pairs()
    pairs.solo.discarded = discarded
    assert verdict_on(pairs) is verdict


def test_a_flood_that_could_not_be_sent_is_invalid() -> None:
    assert verdict_on(Pairs(make_pairs().solo, Side([make_block() for _ in range(8)]))) is Verdict.INVALID


def test_nothing_left_is_invalid() -> None:
    assert verdict_on(Pairs(Side(discarded=4), Side(discarded=4))) is Verdict.INVALID


def test_harm_without_protections_fails_and_its_absence_is_invalid() -> None:
    assert verdict_on(make_pairs(failed=900), protected=False) is Verdict.FAIL
    assert verdict_on(make_pairs(), protected=False) is Verdict.INVALID
    assert verdict_on(make_pairs(flood_ms=30.0), protected=False) is Verdict.FAIL


@pytest.mark.parametrize(
    ("kills", "verdict"),
    [
        (make_kills(60, 12.0), Verdict.PASS),
        (make_kills(58, 12.0) + make_kills(2, 21.0), Verdict.FAIL),
        (make_kills(59, 12.0) + make_kills(1, 12.0, leaks=1), Verdict.FAIL),
        (make_kills(59, 12.0), Verdict.INVALID),
    ],
)
def test_kills_are_all_given_in_time_and_let_nothing_through(kills: list[TimedKill], verdict: Verdict) -> None:
    sheet = make_sheet()
    measure_kills(sheet, KillsRun(kills, make_records(100)), 60)
    assert judge(sheet.measures, sheet.invalid_because) is verdict


def test_a_short_form_only_prints_how_fast_kills_were() -> None:
    sheet = make_sheet(short=True)
    measure_kills(sheet, KillsRun(make_kills(5, 90.0), make_records(100)), 5)
    assert sheet.measures["kill_in_force_p99"].value == 90.0
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS


def test_a_bystander_that_fails_during_kills_fails() -> None:
    sheet = make_sheet()
    measure_kills(sheet, KillsRun(make_kills(60, 12.0), make_records(100, failed=1)), 60)
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.FAIL


def test_side_runs_are_told_and_decide_nothing() -> None:
    sheet = make_sheet()
    ratios = [add_side_run(sheet, f"sweep_{rate}", make_pairs(flood_ms=5.0 * rate)) for rate in (1, 2)]
    add_passing_rate(sheet, [1_000.0, 2_000.0], ratios)
    assert ratios == pytest.approx([1.0, 2.0])
    assert sheet.measures["sweep_p99_passes_goal_from"].value == 2_000
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS


def test_a_rate_that_never_passes_the_goal_has_no_value() -> None:
    sheet = make_sheet()
    add_passing_rate(sheet, [1_000.0], [1.0])
    assert sheet.measures["sweep_p99_passes_goal_from"].value is None
