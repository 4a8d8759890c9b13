"""How far an incident is said to be, and with how much patience."""

from dataclasses import replace

import pytest

from holdfast.incidents.opening.phases import CALM_S, QUIET_S, STEADY_S, WARNED_S, follow_course, suggest_phase
from holdfast.incidents.opening.signs import SWITCHED_OFF, Scene, gather_signs
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Incident, Occasion, Phase
from holdfast.model.mitigation import Block, Deny, Kill, Measure, Mitigation, Spool
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.model.state import ComponentState, EndedMitigation
from holdfast.model.token import SYSTEM
from incidents.scenes import NOW, make_finding, make_incident, make_scene, make_state

SOURCE = SourceRule(matches=(SourceMatch(dimension=Dimension.USER_AGENT_FAMILY, values=("curl",)),))
ONE = make_incident(services=("shop",), findings=("f-1",))


def suggest(scene: Scene, incident: Incident = ONE) -> Phase | None:
    suggestion = suggest_phase(incident, follow_course(incident, gather_signs(scene), scene), scene)
    return suggestion.phase if suggestion else None


def begin(measure: Measure, **more: object) -> Mitigation:
    made = {"id": "m-1", "measure": measure, "reason": "x", "author": "ann", "started_at": NOW, "expires_at": NOW + 9e4}
    return Mitigation.model_validate(made | more)


def test_a_target_that_is_named_is_identified_at_once() -> None:
    assert suggest(make_scene(make_state(ONE, findings={"f-1": make_finding()}))) is Phase.IDENTIFIED
    errors = make_finding(FindingKind.ERRORS)
    assert suggest(make_scene(make_state(ONE, findings={"f-1": errors}))) is Phase.INVESTIGATING
    sourced = errors.model_copy(update={"source": SOURCE})
    assert suggest(make_scene(make_state(ONE, findings={"f-1": sourced}))) is Phase.IDENTIFIED


def test_what_is_done_about_it_or_was_taken_back_identifies_it() -> None:
    state = make_state(ONE, findings={"f-1": make_finding(FindingKind.ERRORS)})
    done = replace(state, mitigations={"m-1": begin(Kill(service="cart"), finding="f-1")})
    assert suggest(make_scene(done)) is Phase.IDENTIFIED
    assert suggest(make_scene(state), ONE.model_copy(update={"revision": 7})) is Phase.IDENTIFIED


def test_once_identified_it_stays_so_while_it_goes_on() -> None:
    state = make_state(ONE, findings={"f-1": make_finding(FindingKind.ERRORS)})
    identified = ONE.model_copy(update={"phase": Phase.IDENTIFIED})
    assert suggest(make_scene(state), identified) is Phase.IDENTIFIED


@pytest.mark.parametrize(
    ("measure", "quiet_s", "phase"),
    [
        (None, CALM_S - 1.0, Phase.IDENTIFIED),
        (None, CALM_S, Phase.MONITORING),
        (None, QUIET_S - 1.0, Phase.MONITORING),
        (None, QUIET_S, Phase.RESOLVED),
        (Deny(service="shop", source=SOURCE), STEADY_S - 1.0, Phase.MONITORING),
        (Deny(service="shop", source=SOURCE), STEADY_S, Phase.RESOLVED),
        (Block.model_validate({"networks": ["192.0.2.0/24"], "service": "shop"}), STEADY_S, Phase.RESOLVED),
        (Kill(service="shop"), STEADY_S * 5, Phase.MONITORING),
    ],
)
def test_it_is_over_when_it_was_quiet_and_users_notice_nothing(
    measure: Measure | None, quiet_s: float, phase: Phase
) -> None:
    state = make_state(ONE, findings={"f-1": make_finding()}, closed_at=NOW)
    if measure is not None:
        state = replace(state, mitigations={"m-1": begin(measure, finding="f-1")})
    assert suggest(make_scene(state, now=NOW + quiet_s)) is phase


def test_what_is_over_before_its_cause_is_known_isnt_identified() -> None:
    state = make_state(ONE, findings={"f-1": make_finding(FindingKind.SLOWNESS)}, closed_at=NOW)
    assert suggest(make_scene(state, now=NOW + CALM_S - 1.0)) is Phase.INVESTIGATING
    assert suggest(make_scene(state, now=NOW + CALM_S)) is Phase.MONITORING
    held = replace(state, mitigations={"m-1": begin(Kill(service="shop"), finding="f-1")})
    assert suggest(make_scene(held, now=NOW + 1.0)) is Phase.IDENTIFIED


def test_while_something_is_kept_for_later_it_goes_on() -> None:
    spool = begin(Spool(service="shop"))
    kept = make_incident(occasion=Occasion.DEFERRAL, mitigations=("m-1",), services=("shop",))
    keeping = replace(make_state(kept), mitigations={"m-1": spool})
    assert suggest(make_scene(keeping, now=NOW + QUIET_S), kept) is Phase.IDENTIFIED
    ended = replace(make_state(kept), ended=(EndedMitigation(spool, NOW, SYSTEM, "all is delivered"),))
    assert suggest(make_scene(ended, now=NOW + CALM_S), kept) is Phase.MONITORING
    assert suggest(make_scene(ended, now=NOW + QUIET_S), kept) is Phase.RESOLVED


@pytest.mark.parametrize(
    ("on", "since_s", "phase"),
    [
        (False, 5 * QUIET_S, Phase.IDENTIFIED),
        (True, CALM_S - 1.0, Phase.MONITORING),
        (True, CALM_S, Phase.RESOLVED),
    ],
)
def test_a_part_of_holdfast_is_the_matter_for_as_long_as_it_is_off(on: bool, since_s: float, phase: Phase) -> None:
    off = make_incident(occasion=Occasion.COMPONENT, alert=f"{SWITCHED_OFF}analyser:{NOW:.0f}")
    parts = {"analyser": ComponentState(on, "2", NOW, SYSTEM, "it was late")}
    scene = make_scene(replace(make_state(off), components=parts), now=NOW + since_s)
    assert suggest(scene, off) is phase


def test_what_comes_back_is_identified_again() -> None:
    monitoring = make_incident(services=("shop",), findings=("f-1", "f-2"), phase=Phase.MONITORING)
    state = make_state(monitoring, findings={"f-2": make_finding(began_at=NOW + 60.0)})
    assert suggest(make_scene(state, now=NOW + 61.0), monitoring) is Phase.IDENTIFIED


def test_of_what_a_person_opened_without_findings_nothing_is_said() -> None:
    assert suggest(make_scene(make_state(ONE)), make_incident()) is None


def test_a_forecast_lasts_a_while_and_ends_only_when_that_is_known() -> None:
    warned = make_incident(alert="headroom:fra")
    forecast = make_finding(FindingKind.HEADROOM, None, "fra")
    assert suggest(make_scene(make_state(warned), warnings=[forecast]), warned) is Phase.IDENTIFIED
    assert suggest(make_scene(make_state(warned), now=NOW + WARNED_S, warnings=None), warned) is None
    assert suggest(make_scene(make_state(warned), now=NOW + WARNED_S - 1.0, warnings=[]), warned) is None
    assert suggest(make_scene(make_state(warned), now=NOW + WARNED_S, warnings=[]), warned) is Phase.RESOLVED


def test_what_another_system_raised_isnt_over_before_it_says_so() -> None:
    raised = make_incident(services=("shop",), findings=("f-1",), alert="0123", phase=Phase.MONITORING)
    state = make_state(raised, findings={"f-1": make_finding()}, closed_at=NOW)
    assert suggest(make_scene(state, now=NOW + QUIET_S), raised) is Phase.MONITORING
