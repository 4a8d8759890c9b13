"""The summary of a postmortem: a few sentences out of what is known, and of what isn't."""

from collections.abc import Iterator, Sequence
from typing import Final

from holdfast.incidents.postmortem.names import FINDINGS, Naming
from holdfast.incidents.postmortem.sight import Held, PostmortemSight, list_cures, list_harmful
from holdfast.model.day import format_span, format_utc
from holdfast.model.incident import Occasion
from holdfast.model.postmortem import MeasuredImpact

NAMED_MAX: Final = 3
_OCCASIONS = {
    Occasion.FINDING: "Holdfast found it",
    Occasion.FAILOVER: "Holdfast failed over",
    Occasion.ROLLOUT: "Holdfast took a change back",
    Occasion.MITIGATION: "Holdfast took back a mitigation that did harm",
    Occasion.DEFERRAL: "Holdfast kept for later what could be deferred",
    Occasion.COMPONENT: "Holdfast switched off a part of itself",
    Occasion.ALERT: "another monitoring system reported it",
    Occasion.PERSON: "somebody reported it",
}


def summarise(
    sight: PostmortemSight,
    naming: Naming,
    measured: MeasuredImpact,
    components: Sequence[str],
    regions: Sequence[str],
) -> Iterator[str]:
    """Sentences: what and when, whom, how much, what was done."""
    yield from _tell_course(sight, components, regions)
    yield _tell_found(sight, naming)
    yield from _tell_measured(measured)
    yield from _tell_done(sight, naming)


def _tell_course(sight: PostmortemSight, components: Sequence[str], regions: Sequence[str]) -> Iterator[str]:
    incident = sight.incident
    if incident.drill:
        yield "This was a drill: it counts as no downtime, and was not published."
    where = f" in {_join_few(regions)}" if regions else ""
    whom = f"{_join_few(components)}{where}" if components else f"the platform{where}"
    began = f"On {format_utc(incident.began_at)} an incident of impact {incident.impact} began on {whom}"
    if incident.resolved_at is None:
        yield f"{began}. At {format_utc(sight.now)} it was still {incident.phase}."
    else:
        lasted = format_span(incident.resolved_at - incident.began_at)
        yield f"{began}; it was resolved on {format_utc(incident.resolved_at)}, {lasted} later."


def _tell_found(sight: PostmortemSight, naming: Naming) -> str:
    how = _OCCASIONS[sight.incident.occasion]
    found = sight.own_findings
    if not found:
        return f"{how[:1].upper()}{how[1:]}."
    what = FINDINGS[found[0].kind] if naming.public else naming.name_finding(found[0])
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    so = ":" if sight.incident.occasion is Occasion.FINDING else ". What Holdfast found of it:"
    return f"{how[:1].upper()}{how[1:]}{so} {_lower(what)}{more}."


def _tell_measured(measured: MeasuredImpact) -> Iterator[str]:
    requests = measured.requests
    failed, refused = requests.find_share(requests.failed), requests.find_share(requests.refused)
    if requests.offered is None:
        yield "How many requests it concerned was not measured."
    elif not requests.offered:
        yield "No requests came meanwhile."
    else:
        yield (
            f"Of {requests.offered:,.0f} requests meanwhile {requests.failed:,.0f} failed ({failed or 0:.2%}) "
            f"and {requests.refused:,.0f} {'was' if requests.refused == 1 else 'were'} refused ({refused or 0:.2%})."
        )
    if requests.missing_s and requests.offered is not None:
        missing = format_span(requests.missing_s)
        yield f"Nothing was measured for {missing} of that time; what came then isn't in these numbers."
    if measured.places is None:
        yield "Downtime was not measured."
    elif not measured.places:
        yield "No component was measured to be down or degraded."
    else:
        yield " ".join(
            f"{each.component} in {each.region} was down for {format_span(each.down_s)} and degraded for "
            f"{format_span(each.degraded_s)}."
            for each in measured.places[:3]
        )


def _tell_done(sight: PostmortemSight, naming: Naming) -> Iterator[str]:
    harmful, cures = list_harmful(sight), list_cures(sight)
    if harmful:
        yield f"Taken back, since it did harm: {_name_all(harmful, naming)}."
    if sight.incident.revision is not None:
        yield "A change was taken back."
    if cures:
        after_s = min(each.mitigation.started_at for each in cures) - sight.incident.began_at
        when = f", first {format_span(after_s)} after it began" if after_s > 0 else ""
        yield f"Mitigated by {_name_all(cures, naming)}{when}."
    elif not harmful and sight.incident.revision is None:
        yield "No mitigation was in force."


def _name_all(held: Sequence[Held], naming: Naming) -> str:
    """Each once: the public doesn't hear of which service they were."""
    return _join_few(list(dict.fromkeys(_lower(naming.name_mitigation(each.mitigation)) for each in held)))


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _join_few(names: Sequence[str]) -> str:
    few = [*names[:NAMED_MAX], f"{len(names) - NAMED_MAX} more"] if len(names) > NAMED_MAX + 1 else [*names]
    return few[0] if len(few) == 1 else f"{', '.join(few[:-1])} and {few[-1]}"
