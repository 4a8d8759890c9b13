"""What was decided about services while a slot lasted: which were switched off, which only read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.incidents.downtime.intake import Dead, Moment
from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver, Hold, Kill, Measure, ReadOnly
from holdfast.model.state import State


@dataclass(frozen=True, slots=True)
class Lasted:
    """A measure, and when it was in force (Unix times, in seconds; infinite: still)."""

    measure: Measure
    began_at: float
    ended_at: float


def list_lasted(state: State, since: float) -> tuple[Lasted, ...]:
    """The measures that matter here and were in force after a time."""
    ended = (
        Lasted(each.mitigation.measure, each.mitigation.started_at, each.ended_at)
        for each in state.ended
        if each.ended_at > since
    )
    still = (Lasted(each.measure, each.started_at, float("inf")) for each in state.mitigations.values())
    return tuple(each for each in (*ended, *still) if isinstance(each.measure, Kill | Hold | ReadOnly | FailOver))


def describe_moment(
    intent: Intent, lasted: Iterable[Lasted], dead: Sequence[Dead], began_at: float, ended_at: float
) -> Moment:
    """What is to be known of a slot between two times."""
    switched_off, read_only = set[str](), set[str]()
    for each in lasted:
        if each.began_at >= ended_at or each.ended_at <= began_at:
            continue
        match each.measure:
            case Kill(service=service) | Hold(service=service):
                switched_off.add(service)
            case ReadOnly():
                read_only |= intent.find_services(each.measure)
            case FailOver():
                read_only |= _find_read_only(intent, each.measure)
    return Moment(frozenset(switched_off), frozenset(read_only), dead)


def _find_read_only(intent: Intent, measure: FailOver) -> set[str]:
    """Services that only read while they are at a standby."""
    if measure.read_only is not None:
        return set(intent.find_services(measure)) if measure.read_only else set()
    return {name for name in intent.find_services(measure) if intent.services[name].service.failover.read_only}


def list_waits(intent: Intent) -> dict[str, float]:
    """How long a request of each service may wait before it counts as failed, in seconds."""
    waits = {}
    for name, owned in intent.services.items():
        service = owned.service
        routes = [route.timeout for route in service.routes if route.timeout is not None]
        waits[name] = max([upstream.timeouts.request for _, upstream in service.each_upstream()] + routes)
    return waits
