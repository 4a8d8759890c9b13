"""How long everything took, counted from when it began."""

from collections.abc import Callable, Iterator
from typing import Final

from holdfast.incidents.opening.phases import IS_NAMED
from holdfast.incidents.postmortem.impact import find_harm_end
from holdfast.incidents.postmortem.sight import PostmortemSight, list_cures, list_harmful
from holdfast.model.event import FindingEvent, FindingOpened, FindingUpdated, RevisionRolledBack
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Occasion, Phase, PostStatus
from holdfast.model.incident_event import IncidentAcknowledged, IncidentChanged
from holdfast.model.postmortem import MeasuredImpact, Moment
from holdfast.model.token import SYSTEM

NOT_YET: Final = "not yet"
NOT_MEASURED: Final = "not measured"
TAKEN_BACK: Final = "what did harm was taken back"
Answer = tuple[float | None, str]
"""When (Unix time, in seconds), and how that is known; without a time, why there is none."""


def measure_moments(sight: PostmortemSight, measured: MeasuredImpact) -> tuple[Moment, ...]:
    """Time to detect, page, acknowledge, name, tell, mitigate, contain and resolve."""
    finders: tuple[tuple[str, Callable[[PostmortemSight], Answer]], ...] = (
        ("detect", _find_detected),
        ("page", _find_paged),
        ("acknowledge", _find_acknowledged),
        ("name", _find_named),
        ("tell", _find_told),
        ("mitigate", _find_mitigated),
        ("contain", lambda each: _find_contained(each, measured)),
        ("resolve", _find_resolved),
    )
    return tuple(_measure(sight, name, *find(sight)) for name, find in finders)


def _measure(sight: PostmortemSight, name: str, at: float | None, how: str) -> Moment:
    after_s = None if at is None else max(0.0, at - sight.incident.began_at)
    return Moment(name=name, at=at, after_s=after_s, how=how)


def _find_detected(sight: PostmortemSight) -> Answer:
    incident = sight.incident
    seen = [each.seen_at for each in sight.own_findings]
    if seen and (incident.occasion is Occasion.FINDING or min(seen) <= incident.opened_at):
        return min(seen), "the first finding was seen"
    match incident.occasion:
        case Occasion.PERSON:
            return incident.opened_at, "somebody opened the incident"
        case Occasion.ALERT:
            return incident.opened_at, "another monitoring system said so"
        case _ if incident.findings and not seen:
            return incident.opened_at, "the incident was opened; its findings are no longer remembered"
        case _:
            return incident.opened_at, "the incident was opened"


def _find_paged(sight: PostmortemSight) -> Answer:
    reached = [page.at for page in sight.record.pages if page.error is None]
    if reached:
        return min(reached), "the first page was sent"
    return None, "nobody could be paged" if sight.record.pages else "nobody was paged"


def _find_acknowledged(sight: PostmortemSight) -> Answer:
    incident = sight.incident
    said = [event.at for event in sight.events if isinstance(event, IncidentAcknowledged) and event.id == incident.id]
    at = min(said, default=incident.acknowledged_at)
    if at is None:
        return None, NOT_YET if incident.is_open else "nobody acknowledged it"
    return at, "somebody said that they work on it"


def _find_named(sight: PostmortemSight) -> Answer:
    """When a source was found, something was lost, what did harm was taken back, or it was said to be identified."""
    named = [*_list_sources(sight), *_list_identified(sight)]
    if sight.incident.revision is not None:
        named.append((min(_list_rolled_back(sight), default=sight.incident.opened_at), "a change was taken back"))
    named += [(each.ended_at, TAKEN_BACK) for each in list_harmful(sight) if each.ended_at is not None]
    if not named:
        return None, NOT_YET if sight.incident.is_open else NOT_MEASURED
    return min(named)


def _list_sources(sight: PostmortemSight) -> Iterator[tuple[float, str]]:
    ours = frozenset(sight.incident.findings)
    for event in sight.events:
        if not isinstance(event, FindingEvent) or event.id not in ours:
            continue
        if isinstance(event, FindingOpened | FindingUpdated):
            if event.finding.kind is FindingKind.LOSS:
                yield event.at, "what is lost was found"
            elif event.finding.source is not None or event.finding.traffic_class is not None:
                yield event.at, "the source of the excess was found"


def _list_identified(sight: PostmortemSight) -> Iterator[tuple[float, str]]:
    """What people say; Holdfast may do something about it, or see that it is over, without knowing why it was."""
    known = (Phase.IDENTIFIED, Phase.MONITORING)
    for event in sight.events:
        match event:
            case IncidentChanged(incident=changed) if changed.id == sight.incident.id and changed.phase in known:
                if event.author != SYSTEM or event.why.endswith(IS_NAMED):
                    yield event.at, "it was said to be identified"
    for post in sight.record.posts:
        if post.status is PostStatus.PUBLISHED and post.phase in known and post.author != SYSTEM:
            yield post.at, "it was said to be identified"
    if sight.incident.occasion is Occasion.COMPONENT:
        yield sight.incident.opened_at, "what was switched off was named"


def _find_told(sight: PostmortemSight) -> Answer:
    published = [post.at for post in sight.record.posts if post.status is PostStatus.PUBLISHED]
    if published:
        return min(published), "the first public word"
    if sight.incident.drill:
        return None, "a drill is not published"
    return None, NOT_YET if sight.incident.is_open else "the public was told nothing"


def _find_mitigated(sight: PostmortemSight) -> Answer:
    """Taking back what did harm is a mitigation, too."""
    acted = [(each.mitigation.started_at, "the first mitigation was in force") for each in list_cures(sight)]
    acted += [(each.ended_at, TAKEN_BACK) for each in list_harmful(sight) if each.ended_at is not None]
    acted += [(at, "a change was taken back") for at in _list_rolled_back(sight)]
    later = [each for each in acted if each[0] >= sight.incident.began_at]
    if later:
        return min(later)
    if acted:
        return sight.incident.began_at, "a mitigation was in force already"
    return None, "nothing was mitigated"


def _list_rolled_back(sight: PostmortemSight) -> list[float]:
    number = sight.incident.revision
    return [e.at for e in sight.events if isinstance(e, RevisionRolledBack) and e.number == number]


def _find_contained(sight: PostmortemSight, measured: MeasuredImpact) -> Answer:
    if measured.places is None:
        return None, NOT_MEASURED
    suffered, over_at = find_harm_end(sight)
    as_measured = "as far as it was measured" if measured.requests.missing_s else "as measured"
    if over_at is not None:
        return over_at, f"nothing was down or degraded any more, {as_measured}"
    return None, NOT_YET if suffered else f"nothing was down or degraded, {as_measured}"


def _find_resolved(sight: PostmortemSight) -> Answer:
    if sight.incident.resolved_at is None:
        return None, NOT_YET
    return sight.incident.resolved_at, "it was said to be resolved"
