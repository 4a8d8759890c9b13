"""Steps about incidents as the commands that people give."""

from dataclasses import asdict
from typing import assert_never

from holdfast.engine.incident_command import (
    ChangeIncident,
    DraftPost,
    Incidents,
    NoteIncident,
    OpenIncident,
    PublishPost,
)
from holdfast.incidents.nagging import find_draft
from holdfast.incidents.opening.steps import Attach, Move, Open, Remind, Say, Step
from holdfast.model.state import State
from holdfast.model.token import SYSTEM


def to_command(step: Step, state: State) -> Incidents:
    """The command for a step. A word that is published takes the place of Holdfast's draft of it."""
    match step:
        case Open():
            return OpenIncident(author=SYSTEM, **asdict(step))
        case Attach():
            return ChangeIncident(author=SYSTEM, **asdict(step))
        case Move():
            return ChangeIncident(SYSTEM, step.id, step.why, phase=step.phase)
        case Say(publish=True):
            record = state.incidents.get(step.id)
            draft = find_draft(record.posts) if record else None
            number = draft.number if draft is not None and draft.author == SYSTEM else None
            return PublishPost(SYSTEM, step.id, number, step.phase, step.text)
        case Say():
            return DraftPost(SYSTEM, step.id, step.phase, step.text)
        case Remind():
            return NoteIncident(SYSTEM, step.id, step.text)
    assert_never(step)
