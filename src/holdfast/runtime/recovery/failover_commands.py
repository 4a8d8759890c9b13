"""The steps of failover as commands to control, as people give them."""

from typing import Final, assert_never

from holdfast.engine.command import (
    AdjustMitigation,
    CloseFinding,
    Command,
    EndMitigation,
    Mitigate,
    OpenFinding,
    SuggestMitigation,
)
from holdfast.engine.maxima import REASON_CHARACTERS_MAX
from holdfast.model.finding import FindingId
from holdfast.model.state import State
from holdfast.model.token import SYSTEM
from holdfast.recover.failover.returning import EXPIRY_S
from holdfast.recover.failover.steps import Change, Move, Note, Over, Return, Step, Suggest

SUGGESTED_S: Final = 3_600.0
"""How long what is suggested would last, unless people say otherwise; it is prolonged while it is needed."""


def to_command(step: Step, state: State) -> Command | None:
    """What control is asked to do; None where that is so already."""
    match step:
        case Note():
            return OpenFinding(step.finding)
        case Over():
            return CloseFinding(step.finding, _make_line(step.why))
        case Move():
            finding = find_open(state, step.finding)
            return Mitigate(SYSTEM, step.measure, EXPIRY_S, _make_line(step.why), finding=finding, edges=step.edges)
        case Suggest():
            return _suggest(step, state)
        case Change():
            return AdjustMitigation(
                SYSTEM, step.id, step.measure, _make_line(step.why), edges=step.edges, for_s=step.for_s
            )
        case Return():
            return EndMitigation(SYSTEM, step.id, _make_line(step.why))
    assert_never(step)


def find_open(state: State, key: tuple[str, str]) -> FindingId | None:
    """The open finding of a key."""
    return next((id_ for id_, finding in state.findings.items() if finding.key == key), None)


def _suggest(step: Suggest, state: State) -> SuggestMitigation | None:
    finding = find_open(state, step.finding)
    if finding is None:
        return None
    before = state.suggestions.get(finding)
    if before is not None and (before.measure, before.edges) == (step.measure, step.edges):
        return None
    return SuggestMitigation(finding, step.measure, SUGGESTED_S, _make_line(step.why), step.edges)


def _make_line(why: str) -> str:
    """Why something is done, as a reason must be."""
    return "".join(c if c.isprintable() else " " for c in why)[:REASON_CHARACTERS_MAX].strip() or "unknown"
