"""The policy's steps as commands to control."""

from typing import assert_never

from holdfast.engine.command import AdjustMitigation, Command, EndMitigation, Mitigate, SuggestMitigation
from holdfast.mitigate.pace import AUTHOR
from holdfast.mitigate.steps import Adjust, End, Start, Step, Suggest, TellTenant


def to_command(step: Step) -> Command | None:
    """What control is asked to do; None for a step that isn't control's."""
    match step:
        case Start():
            return Mitigate(
                AUTHOR,
                step.measure,
                step.for_s,
                step.reason,
                finding=step.finding,
                edges=step.edges,
                prediction=step.prediction,
            )
        case Adjust():
            return AdjustMitigation(AUTHOR, step.id, step.measure, step.why, edges=step.edges, for_s=step.for_s)
        case End():
            return EndMitigation(AUTHOR, step.id, step.why)
        case Suggest():
            return SuggestMitigation(step.finding, step.measure, step.for_s, step.reason, step.edges)
        case TellTenant():
            return None
    assert_never(step)
