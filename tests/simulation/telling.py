"""What people and drivers would decide about incidents, promises and announced work, sensible or not."""

from random import Random

from holdfast.engine.command import Protective
from holdfast.engine.incident_command import (
    AcknowledgeIncident,
    ChangeIncident,
    DiscardPost,
    DraftPost,
    NoteIncident,
    NotePage,
    OpenIncident,
    PublishPost,
    SetFollowUp,
    SetMaintenance,
)
from holdfast.model.day import find_day
from holdfast.model.incident import Impact, Occasion, Phase
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.state import State
from holdfast.model.token import SYSTEM


def draw_telling(random: Random, state: State, author: str, service: str, now: float) -> Protective:
    """A command about one of the incidents that there were or will be."""
    author = random.choice((author, SYSTEM))
    if not state.incidents or random.random() < 0.15:
        occasion = random.choice((Occasion.FINDING, Occasion.PERSON))
        impact, regions = random.choice(list(Impact)), random.choice(((), ("east",), ("nowhere",)))
        return OpenIncident(
            author, f"{service} fails", "Errors", impact, occasion, regions=regions, services=(service,)
        )
    if random.random() < 0.3:
        return _draw_promise(random, state, author, now)
    return _draw_course(random, f"i-{random.randint(1, state.incident_next)}", author, service)


def _draw_course(random: Random, id_: str, author: str, service: str) -> Protective:
    phase, number = random.choice(list(Phase)), random.randint(1, 3)
    return random.choice(
        (
            ChangeIncident(author, id_, "so it is", phase=phase),
            ChangeIncident(author, id_, "so it is", impact=random.choice(list(Impact)), findings=("f-1",)),
            AcknowledgeIncident(author, id_),
            NoteIncident(author, id_, f"look at {service}"),
            NotePage(id_, "ann", "mail", 1, random.choice((None, "refused"))),
            DraftPost(author, id_, phase, "It may fail."),
            PublishPost(author, id_, None, phase, "It fails."),
            PublishPost(author, id_, number),
            DiscardPost(author, id_, number),
        )
    )


def _draw_promise(random: Random, state: State, author: str, now: float) -> Protective:
    follow_up, window = f"u-{random.randint(1, state.follow_up_next)}", f"w-{random.randint(1, state.maintenance_next)}"
    incident = f"i-{random.randint(1, state.incident_next)}"
    begins_at = now + random.choice((-10.0, 60.0, 600.0))
    return random.choice(
        (
            SetFollowUp(author, incident, text="raise it", owner="ann", due=find_day(now)),
            SetFollowUp(author, id=follow_up, done=random.random() < 0.5),
            SetFollowUp(author, id=follow_up, dropped=True),
            SetMaintenance(author, title="work", begins_at=begins_at, ends_at=begins_at + 60.0),
            SetMaintenance(author, window, phase=random.choice(list(MaintenancePhase))),
        )
    )
