"""When a rollout goes on, waits or goes back."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.model.rollout import Rollout, Wave
from holdfast.rollout.judging import Blame, Harm, Signal
from holdfast.rollout.pace import PROGRAM_S_MAX, SILENCE_S, GoBack, GoOn, Seen, Wait, pace_rollout

ROLLOUT = Rollout(2, 1, "c" * 64, (Wave(cohort=0, services=1), Wave(cohort=1, services=5)), 0, 100.0, 100.0)
WELL = Seen(since_s=40.0, ready_s=39.0, silent_s={"edge-1": 0.2})
BAKE_S = 30.0


def make_harm(blamed: Blame) -> Harm:
    return Harm(
        signal=Signal.FAILED,
        blamed=blamed,
        wrong=50.0,
        requests=100.0,
        expected=1.0,
        ratio=20.0,
        others_ratio=1.0,
        after_s=3.0,
        services=("shop",),
        tenant="acme" if blamed is Blame.TENANT else None,
    )


def test_a_wave_that_is_well_is_followed_by_the_next_after_its_bake() -> None:
    assert isinstance(pace_rollout(ROLLOUT, WELL, BAKE_S), GoOn)
    early = pace_rollout(ROLLOUT, replace(WELL, ready_s=10.0), BAKE_S)
    assert early == Wait("the wave to bake", 20.0)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({"refusals": ("edge-1: no such cluster",)}, "refuses"),
        ({"restarted": ("edge-1",)}, "edge-1 began anew"),
        ({"harm": make_harm(Blame.REVISION)}, "does harm"),
        ({"failing": ("GET shop.example/ at edge-1: 404, expected 200",)}, "probes"),
        ({"ready_s": None, "since_s": PROGRAM_S_MAX + 1}, "haven't taken"),
        ({"silent_s": {"edge-1": SILENCE_S + 1}}, "edge-1 reported before the wave"),
    ],
)
@pytest.mark.parametrize("paused", ["", "lunch"])
def test_what_harms_goes_back_paused_or_not_early_or_late(seen: dict[str, Any], why: str, paused: str) -> None:
    for ready_s in (0.5, 60.0):
        pace = pace_rollout(replace(ROLLOUT, paused=paused), replace(WELL, **{"ready_s": ready_s, **seen}), BAKE_S)
        assert isinstance(pace, GoBack)
        assert why in pace.why


@pytest.mark.parametrize(
    ("seen", "for_what"),
    [
        ({"ready_s": None, "since_s": 1.0}, "edges to take"),
        ({"is_reported": False}, "edges to report"),
        ({"frozen": "changes are frozen by ann: holidays"}, "holidays"),
        ({"harm": make_harm(Blame.ALL)}, "everybody alike"),
    ],
)
def test_nothing_goes_on_that_cannot_be_told_to_be_well(seen: dict[str, Any], for_what: str) -> None:
    pace = pace_rollout(ROLLOUT, replace(WELL, **seen), BAKE_S)
    assert isinstance(pace, Wait)
    assert for_what in pace.for_what


def test_a_rollout_that_stands_still_waits_for_somebody() -> None:
    pace = pace_rollout(replace(ROLLOUT, paused="lunch"), WELL, BAKE_S)
    assert isinstance(pace, Wait)
    assert "lunch" in pace.for_what


def test_what_one_tenant_suffers_by_itself_as_it_seems_goes_no_further_and_is_said() -> None:
    """It can't be told from a revision that breaks that tenant alone, so that is for somebody to say."""
    pace = pace_rollout(ROLLOUT, replace(WELL, harm=make_harm(Blame.TENANT)), BAKE_S)
    assert isinstance(pace, Wait)
    assert "acme" in pace.for_what


def test_evidence_has_the_numbers() -> None:
    pace = pace_rollout(ROLLOUT, replace(WELL, harm=make_harm(Blame.REVISION)), BAKE_S)
    assert isinstance(pace, GoBack)
    assert any("50 of 100" in line for line in pace.evidence)
    assert "service shop" in pace.evidence
