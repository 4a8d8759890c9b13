"""Incidents, components and regions that there are."""

from collections.abc import Collection, Sequence
from typing import Final

from holdfast.engine.facts import Facts
from holdfast.model.incident import IncidentId
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import IncidentRecord, State

NAMED_MAX: Final = 20


def find_incident(state: State, id_: IncidentId, *, must_be_open: bool = False) -> IncidentRecord | Refusal:
    """An incident with all that is known of it, or why it can't be had."""
    record = state.incidents.get(id_)
    if record is None:
        return Refusal(RefusalCode.INCIDENT_UNKNOWN, f"there is no incident {id_}")
    if must_be_open and not record.incident.is_open:
        message = f"incident {id_} is resolved: reopen it, or open another"
        return Refusal(RefusalCode.INCIDENT_RESOLVED, message)
    return record


def check_public_places(components: Sequence[str], regions: Sequence[str], facts: Facts) -> Refusal | None:
    """Whether the public knows these components and regions."""
    known = facts.platform
    stranger = next((name for name in components if known is None or name not in known.components), None)
    if stranger is not None:
        message = f"the platform's status site has no component {stranger}; {_list(known.components if known else ())}"
        return Refusal(RefusalCode.STATUS_COMPONENT_UNKNOWN, message)
    stranger = next((name for name in regions if known is None or name not in known.regions), None)
    if stranger is not None:
        message = f"the platform has no region {stranger}; {_list(known.regions if known else ())}"
        return Refusal(RefusalCode.REGION_UNKNOWN, message)
    return None


def _list(names: Collection[str]) -> str:
    """What there is instead, as far as that is quickly read."""
    if not names:
        return "it has none"
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    return f"it has {', '.join(sorted(names)[:NAMED_MAX])}{more}"
