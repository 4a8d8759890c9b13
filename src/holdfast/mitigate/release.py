"""The way back down: probing, in steps, and each time more patiently if it was too early."""

from typing import Final

from holdfast.mitigate.case import OTHERS_HARM_MAX, Case
from holdfast.mitigate.climb import SUFFERING_MAX
from holdfast.mitigate.pace import (
    CALM_OF_AGE_S_MAX,
    CALM_S,
    EXPIRY_S,
    LEND_S,
    LOOSEN_OF_AGE,
    LOOSEN_S,
    PROBE_S,
    PROLONG_LEFT_S,
    QUIET_OF_AGE,
    QUIET_S,
    RAMP_FACTOR,
    RAMP_S,
    RELAX_S,
    Timers,
    compute_patience,
    find_changed_at,
    held_for,
)
from holdfast.mitigate.steps import Adjust, End, Start, Step
from holdfast.model.mitigation import Deny, Kill, Limit, Mitigation

QUIET_SHARE: Final = 0.05
"""A rule that matches at most this share of what is usual (and `QUIET_RPS`) has nothing left to refuse."""
QUIET_RPS: Final = 0.5
ROOM_SHARE: Final = 0.5
"""A location with less than this of its places taken has room to lend."""


def release(case: Case, timers: Timers) -> tuple[Step, ...]:
    """What may be loosened, ended or prolonged for a service. Without a reading nothing is, and all of it expires."""
    if case.reading is None:
        return ()
    steps: list[Step] = []
    for mitigation in case.mine:
        step = _release_one(case, mitigation, timers) or _prolong(case, mitigation)
        steps.extend(step)
    return tuple(steps)


def find_timers(case: Case) -> dict[tuple[str, str], bool]:
    """What must hold for a while before something is loosened, or before a kill, and whether it holds now."""
    is_known = case.reading is not None
    is_near = case.passed_rps <= case.near_usual_rps
    holds = {
        ("calm", case.service): is_known and (_is_calm(case) or not case.findings),
        ("kept out", case.service): is_known and bool(case.denials) and is_near,
        ("let through", case.service): is_known and bool(case.denials) and not is_near,
        ("others", case.service): case.others_harm > OTHERS_HARM_MAX,
    }
    for mitigation in case.denials:
        holds["quiet", mitigation.id] = is_known and _is_quiet(case, mitigation)
    return holds


def _is_calm(case: Case) -> bool:
    """Whether what was found goes on no more; a strain that a limit keeps from others goes on as long as it does."""
    if case.surge is not None:
        return case.offered_rps <= case.near_usual_rps
    return not case.threatened and case.suffering <= SUFFERING_MAX


def _release_one(case: Case, mitigation: Mitigation, timers: Timers) -> tuple[Step, ...]:
    match mitigation.measure:
        case Limit():
            return _release_limit(case, mitigation, mitigation.measure, timers)
        case Deny():
            return _release_denial(case, mitigation, timers)
        case Kill():
            return _release_kill(case, mitigation, timers)
    return ()


def _release_limit(case: Case, mitigation: Mitigation, limit: Limit, timers: Timers) -> tuple[Step, ...]:
    if held_for(timers, "kept out", case.service, case.now) >= RELAX_S:
        return (End(mitigation.id, "let go: the source rule keeps the excess out"),)
    patience_s = compute_patience(mitigation, case.situation.ended, case.now, CALM_S, CALM_OF_AGE_S_MAX)
    calm_s = held_for(timers, "calm", case.service, case.now)
    if calm_s >= _find_loosen_s(case, mitigation, patience_s) and case.others_harm <= OTHERS_HARM_MAX:
        why = f"traffic has been back to normal for {calm_s:.0f} s"
        return _ramp(case, mitigation, limit, why, to_the_end=calm_s >= patience_s)
    loosened = (limit.in_flight or 0) > case.policy.in_flight_held
    if loosened and calm_s < 0 and (limit.per_client is None or case.others_harm > OTHERS_HARM_MAX or case.threatened):
        held = limit.model_copy(update={"in_flight": case.policy.in_flight_held})
        return (Adjust(mitigation.id, held, mitigation.edges, EXPIRY_S, "held again: the excess is back"),)
    return _lend(case, mitigation, limit)


def _find_loosen_s(case: Case, mitigation: Mitigation, patience_s: float) -> float:
    """How long it must be calm before a limit is raised. That a surge is over shows in spite of its hold; that a strain
    is, only without.
    """
    if case.surge is None:
        return patience_s
    ended = case.situation.ended
    return min(compute_patience(mitigation, ended, case.now, LOOSEN_S, CALM_OF_AGE_S_MAX, LOOSEN_OF_AGE), patience_s)


def _ramp(case: Case, mitigation: Mitigation, limit: Limit, why: str, *, to_the_end: bool) -> tuple[Step, ...]:
    """One step up at a time; at the service's own wall there is nothing left but to end it."""
    if case.now - find_changed_at(mitigation) < RAMP_S:
        return ()
    if limit.in_flight is None or limit.in_flight >= case.policy.in_flight_max:
        return (End(mitigation.id, f"released: {why}"),) if to_the_end else ()
    more = min(max(round(limit.in_flight * RAMP_FACTOR), limit.in_flight + 1), case.policy.in_flight_max)
    raised = limit.model_copy(update={"in_flight": more})
    return (Adjust(mitigation.id, raised, mitigation.edges, EXPIRY_S, f"released step by step: {why}"),)


def _lend(case: Case, mitigation: Mitigation, limit: Limit) -> tuple[Step, ...]:
    """More room for good clients, where limits for each client keep the excess small and the location has room."""
    if limit.per_client is None or limit.in_flight is None or limit.in_flight >= case.policy.in_flight_max:
        return ()
    if case.suffering <= SUFFERING_MAX or case.others_harm > OTHERS_HARM_MAX or not case.has_room(ROOM_SHARE):
        return ()
    age_s = case.now - mitigation.started_at
    if case.now - find_changed_at(mitigation) < min(max(LEND_S, age_s / 4), PROLONG_LEFT_S / 2):
        return ()
    more = min(max(round(limit.in_flight * RAMP_FACTOR), limit.in_flight + 1), case.policy.in_flight_max)
    raised = limit.model_copy(update={"in_flight": more})
    return (Adjust(mitigation.id, raised, mitigation.edges, EXPIRY_S, "each client is limited, and there is room"),)


def _release_denial(case: Case, mitigation: Mitigation, timers: Timers) -> tuple[Step, ...]:
    """One edge does without it first; if what it refuses is back, it is put on all edges again."""
    quiet_s = held_for(timers, "quiet", mitigation.id, case.now)
    first, *rest = case.policy.edges
    if mitigation.edges is not None and first not in mitigation.edges:
        return _end_probe(case, mitigation, first, quiet_s)
    if quiet_s < compute_patience(mitigation, case.situation.ended, case.now, QUIET_S, of_age=QUIET_OF_AGE):
        return ()
    why = f"next to nothing to refuse for {quiet_s:.0f} s"
    if not rest or mitigation.edges is not None:
        return (End(mitigation.id, f"released: {why}"),)
    return (Adjust(mitigation.id, mitigation.measure, tuple(rest), EXPIRY_S, f"{why}; {first} does without"),)


def _end_probe(case: Case, mitigation: Mitigation, probed: str, quiet_s: float) -> tuple[Step, ...]:
    if quiet_s < 0:
        return (Adjust(mitigation.id, mitigation.measure, None, EXPIRY_S, "what it refuses is back"),)
    if case.now - find_changed_at(mitigation) < PROBE_S:
        return ()
    return (End(mitigation.id, f"released: nothing to refuse, nor on {probed} without it"),)


def _release_kill(case: Case, mitigation: Mitigation, timers: Timers) -> tuple[Step, ...]:
    """Back to the hold, which is released in its own time."""
    calm_s = held_for(timers, "calm", case.service, case.now)
    if calm_s < compute_patience(mitigation, case.situation.ended, case.now, CALM_S):
        return ()
    end = End(mitigation.id, f"released: traffic has been back to normal for {calm_s:.0f} s")
    if case.limit is not None or case.lead is None:
        return (end,)
    return (Start(case.policy.hold, EXPIRY_S, "the way back from a kill begins with the hold", case.lead), end)


def _prolong(case: Case, mitigation: Mitigation) -> tuple[Step, ...]:
    """While it is still ours to end, it doesn't run out."""
    if mitigation.expires_at - case.now > PROLONG_LEFT_S:
        return ()
    why = "prolonged: it is still needed" if case.findings else "prolonged until its release"
    return (Adjust(mitigation.id, mitigation.measure, mitigation.edges, EXPIRY_S, why),)


def _is_quiet(case: Case, mitigation: Mitigation) -> bool:
    """Whether next to nothing is sent that the rule matches."""
    if not isinstance(mitigation.measure, Deny):
        return False
    matching = case.matching_share(mitigation.measure.source) * case.offered_rps
    near = case.offered_rps <= case.near_usual_rps
    return matching <= QUIET_SHARE * case.usual_rps + QUIET_RPS and (near or len(case.latest) > 0)
