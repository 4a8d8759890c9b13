"""What would have been refused to services in observe mode."""

from collections.abc import Iterator, Mapping
from itertools import islice

from holdfast.model.intent import Intent
from holdfast.model.mitigation import Limit, Measure, Mitigation, MitigationId
from holdfast.model.noun import Noun
from holdfast.model.observed import EdgeCounts, ObservedCounts
from holdfast.model.platform import Mode

_NOTHING = ObservedCounts()


class RefusalsDocument(Noun):
    """How many requests a rule would have refused: `accept.methods`, or `kill.m-7` for a mitigation that has ended."""

    rule: str
    requests: int


class ObservedWallDocument(Noun):
    """A service's requests in flight at a location now, beside the wall that it would have.

    `in_flight` is null if none of the location's edges answers.
    """

    location: str
    in_flight: int | None
    maximum: int


class ObservedMitigationDocument(Noun):
    """A mitigation in force that refuses nothing here, and how many requests it would have refused.

    `requests` is null if no edge answers, and for limits, which can't be counted without being enforced.
    """

    id: MitigationId
    measure: Measure
    requests: int | None


class ObservedServiceDocument(Noun):
    """A service in observe mode: the requests it had, and those its limits and its rules would have refused.

    Counts are sums over the edges that answer, each since its Envoy started; null if none does. A request that
    would have been refused for several reasons is counted for each.
    """

    name: str
    tenant: str
    requests: int | None
    limited: int | None
    refusals: tuple[RefusalsDocument, ...]
    walls: tuple[ObservedWallDocument, ...]
    mitigations: tuple[ObservedMitigationDocument, ...]


class ObservedDocument(Noun):
    """A page of services in observe mode, by name. `next` is what to ask for services after, if there are more.

    `silent_edges` didn't answer: what they counted is missing everywhere on the page.
    """

    silent_edges: tuple[str, ...]
    services: tuple[ObservedServiceDocument, ...]
    next: str | None


def show_observed(
    intent: Intent | None, edges: Mapping[str, EdgeCounts | None], after: str, count_max: int
) -> ObservedDocument:
    """At most `count_max` observed services after a name. `edges` holds every edge's counts, None if it is silent."""
    silent = tuple(sorted(edge for edge, counts in edges.items() if counts is None))
    if intent is None:
        return ObservedDocument(silent_edges=silent, services=(), next=None)
    page = list(islice(_observed_after(intent, after), count_max + 1))
    shown = page[:count_max]
    return ObservedDocument(
        silent_edges=silent,
        services=tuple(_show_service(intent, name, edges) for name in shown),
        next=shown[-1] if len(page) > count_max else None,
    )


def _observed_after(intent: Intent, after: str) -> Iterator[str]:
    return (name for name in sorted(intent.services) if name > after and intent.mode_of(name) is Mode.OBSERVE)


def _show_service(intent: Intent, name: str, edges: Mapping[str, EdgeCounts | None]) -> ObservedServiceDocument:
    counts = [counts.get(name, _NOTHING) for counts in edges.values() if counts is not None]
    refusals = _sum_refusals(counts)
    mitigations = [m for m in intent.mitigations if m.measure.service in {name, None}]
    in_force = {_rule_of(m) for m in mitigations}
    return ObservedServiceDocument(
        name=name,
        tenant=intent.services[name].tenant,
        requests=sum(c.requests for c in counts) if counts else None,
        limited=sum(c.limited for c in counts) if counts else None,
        refusals=tuple(
            RefusalsDocument(rule=rule, requests=count)
            for rule, count in sorted(refusals.items())
            if rule not in in_force
        ),
        walls=tuple(_show_wall(intent, name, location, edges) for location in intent.platform.locations),
        mitigations=tuple(_show_mitigation(m, refusals if counts else None) for m in mitigations),
    )


def _sum_refusals(counts: list[ObservedCounts]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for rule, requests in each.refusals.items():
            total[rule] = total.get(rule, 0) + requests
    return total


def _show_wall(
    intent: Intent, name: str, location: str, edges: Mapping[str, EdgeCounts | None]
) -> ObservedWallDocument:
    known = [
        counts for edge in intent.platform.locations[location].edges if (counts := edges.get(edge.name)) is not None
    ]
    return ObservedWallDocument(
        location=location,
        in_flight=sum(counts.get(name, _NOTHING).in_flight for counts in known) if known else None,
        maximum=intent.effective(name, location).in_flight.maximum,
    )


def _show_mitigation(mitigation: Mitigation, refusals: Mapping[str, int] | None) -> ObservedMitigationDocument:
    requests = None
    if refusals is not None and not isinstance(mitigation.measure, Limit):
        requests = refusals.get(_rule_of(mitigation), 0)
    return ObservedMitigationDocument(id=mitigation.id, measure=mitigation.measure, requests=requests)


def _rule_of(mitigation: Mitigation) -> str:
    return f"{mitigation.measure.kind}.{mitigation.id}"
