"""Whether what a journalled change brought holds now."""

from typing import Final

from holdfast.model.event import (
    ChangesFrozen,
    ComponentSwitched,
    Event,
    MitigationAdjusted,
    MitigationStarted,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RolloutBegan,
    WaveBegan,
)
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.model.state import State
from holdfast.views.ledger import Standing

ABOUT_A_REVISION: Final = (RevisionProposed, RolloutBegan, WaveBegan, RevisionInForce)


def find_standing(event: Event, state: State) -> Standing | None:  # noqa: PLR0911 - one for each event
    """Whether what an event brought holds now; None if it brought nothing that could."""
    if isinstance(event, ABOUT_A_REVISION):
        return _stand_revision(find_revision_number(event) or 0, state)
    match event:
        case MitigationStarted(mitigation=mitigation):
            return _stand(holds=mitigation.id in state.mitigations)
        case MitigationAdjusted():
            held = state.mitigations.get(event.id)
            return _stand(holds=held is not None and (held.measure, held.edges) == (event.measure, event.edges))
        case ComponentSwitched():
            switched = state.components.get(event.component)
            return _stand(holds=switched is not None and switched.since == event.at)
        case OwnerLimitsSet() if event.limits is not None:
            return _stand(holds=state.owner_limits.get(event.service) == event.limits)
        case ChangesFrozen():
            return _stand(holds=state.freeze is not None and state.freeze.since == event.at)
    return None


def _stand(*, holds: bool) -> Standing:
    return Standing.IN_FORCE if holds else Standing.OVER


def _stand_revision(number: RevisionNumber, state: State) -> Standing:
    entry = state.revisions.get(number)
    match entry.status if entry else None:
        case RevisionStatus.PROVING | RevisionStatus.ROLLING_OUT:
            return Standing.COMING
        case RevisionStatus.IN_FORCE:
            return Standing.IN_FORCE
        case RevisionStatus.REFUSED | RevisionStatus.ROLLED_BACK:
            return Standing.UNDONE
    return Standing.OVER


def find_revision_number(event: Event) -> RevisionNumber | None:
    """The revision that an entry is about, if that is what it is about."""
    if isinstance(event, RevisionProposed):
        return event.revision.number
    number: RevisionNumber | None = getattr(event, "number", None)
    return number


def is_given_to_edges(event: Event, state: State) -> bool:
    """Whether what an event brought is something that edges have, and may have by now."""
    is_proving = state.proving is not None and find_revision_number(event) == state.proving
    return not is_proving and not isinstance(event, ComponentSwitched | ChangesFrozen)
