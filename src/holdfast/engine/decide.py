"""Commands into events: the one place where it is decided whether something may happen."""

from typing import assert_never

from holdfast.engine.command import (
    AdjustMitigation,
    CanaryAnswered,
    Command,
    EndMitigation,
    Findings,
    Mitigate,
    NoteChange,
    NoteTenantTold,
    ProposeRevision,
    Protective,
    Recompile,
    Rollback,
    Rollouts,
    SetOwnerLimits,
    SwitchComponent,
    Tick,
)
from holdfast.engine.components import switch_component
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.findings import decide_finding
from holdfast.engine.incident_command import Incidents
from holdfast.engine.incidents import decide_incident
from holdfast.engine.mitigations import adjust, end, end_expired, mitigate
from holdfast.engine.notes import note_change
from holdfast.engine.owners import set_owner_limits
from holdfast.engine.revisions import answer, propose, recompile, roll_back
from holdfast.engine.rollouts import decide_rollout
from holdfast.engine.tellings import note_told
from holdfast.model.state import State


def decide(state: State, command: Command, facts: Facts) -> Decision:  # noqa: PLR0911 - one for each command
    """What follows from a command in this state; never raises for what a person may ask."""
    if isinstance(command, Protective):
        return _protect(state, command, facts)
    if isinstance(command, Rollouts):
        return decide_rollout(state, command, facts)
    match command:
        case ProposeRevision():
            return propose(state, command, facts)
        case Recompile():
            return recompile(state, command, facts)
        case Rollback():
            return roll_back(state, command, facts)
        case CanaryAnswered():
            return answer(state, command, facts)
        case SetOwnerLimits():
            return set_owner_limits(state, command, facts)
    assert_never(command)


def _protect(state: State, command: Protective, facts: Facts) -> Decision:  # noqa: C901, PLR0911 - one for each command
    if isinstance(command, Findings):
        return decide_finding(state, command, facts)
    if isinstance(command, Incidents):
        return decide_incident(state, command, facts)
    match command:
        case Mitigate():
            return mitigate(state, command, facts)
        case AdjustMitigation():
            return adjust(state, command, facts)
        case EndMitigation():
            return end(state, command, facts)
        case NoteTenantTold():
            return note_told(state, command, facts)
        case NoteChange():
            return note_change(command, facts)
        case SwitchComponent():
            return switch_component(state, command, facts)
        case Tick():
            return end_expired(state, command, facts)
    assert_never(command)
