"""What a postmortem says. The public variant is written from what may be known, not cut out of what is known."""

from collections.abc import Iterator
from typing import Final

from holdfast.incidents.postmortem.chart import make_chart
from holdfast.incidents.postmortem.impact import measure_impact
from holdfast.incidents.postmortem.moments import measure_moments
from holdfast.incidents.postmortem.names import Naming
from holdfast.incidents.postmortem.sight import PostmortemSight, list_meanwhile
from holdfast.incidents.postmortem.words import summarise
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import PostStatus
from holdfast.model.postmortem import MeasuredImpact, Postmortem, PromisedFollowUp, TimelineEntry

TIMELINE_MAX: Final = 1_000
FOLLOW_UPS_MAX: Final = 200
RULED_OUT_MAX: Final = 20


def make_postmortem(sight: PostmortemSight, *, public: bool) -> Postmortem:
    """All that is known of an incident, for those who work on it or (`public`) for everybody."""
    incident, status = sight.incident, sight.platform.status if sight.platform else None
    naming = Naming(public, status.names if status else False, sight.describe)
    components, regions = _title_components(sight), _title_regions(sight)
    measured = measure_impact(sight)
    moments = measure_moments(sight, measured)
    timeline = sorted(_tell_public(sight, naming) if public else sight.timeline, key=lambda each: each.at)
    return Postmortem(
        incident=incident.id,
        title=incident.public_title if public else incident.title,
        public=public,
        drill=incident.drill,
        occasion=incident.occasion,
        impact=incident.impact,
        phase=incident.phase,
        began_at=incident.began_at,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        as_of=sight.now if incident.is_open else None,
        components=components,
        regions=regions,
        summary=tuple(summarise(sight, naming, measured, components, regions)),
        measured=measured if naming.may_name else _hide_names(measured),
        moments=moments,
        chart=make_chart(sight, naming, components),
        timeline=tuple(timeline[:TIMELINE_MAX]),
        timeline_left_out=max(0, len(timeline) - TIMELINE_MAX),
        suspects=() if public else tuple(sight.suspects),
        ruled_out=() if public else tuple(sight.ruled_out[:RULED_OUT_MAX]),
        follow_ups=tuple(_list_follow_ups(sight, public=public))[:FOLLOW_UPS_MAX],
    )


def _title_components(sight: PostmortemSight) -> tuple[str, ...]:
    status = sight.platform.status if sight.platform else None
    known = status.components if status else {}
    return tuple(known[name].title if name in known else name for name in sight.incident.components)


def _title_regions(sight: PostmortemSight) -> tuple[str, ...]:
    known = sight.platform.each_region() if sight.platform else {}
    return tuple(known[name].title if name in known else name for name in sight.incident.regions)


def _hide_names(measured: MeasuredImpact) -> MeasuredImpact:
    return measured.model_copy(update={"services": (), "tenants": (), "tenant_count": None})


def _tell_public(sight: PostmortemSight, naming: Naming) -> Iterator[TimelineEntry]:
    """What everybody may know: when it began, what was found, done and said, and when it was over."""
    incident, window = sight.incident, sight.window
    yield TimelineEntry(at=incident.began_at, kind="incident", title="It began")
    for at, title in naming.tell_findings(sight.own_findings):
        yield TimelineEntry(at=at, kind="finding", title=title)
    for held in list_meanwhile(sight):
        title = naming.name_mitigation(held.mitigation)
        yield TimelineEntry(at=held.mitigation.started_at, kind="mitigation", title=title)
        if held.ended_at is not None and window.has(held.ended_at):
            ended = "Taken back, since it did harm" if held.did_harm else "Ended"
            yield TimelineEntry(at=held.ended_at, kind="mitigation", title=f"{ended}: {title}")
    for post in sight.record.posts:
        if post.status is PostStatus.PUBLISHED:
            yield TimelineEntry(at=post.at, kind="post", title=post.phase.capitalize(), detail=post.text)
    if incident.resolved_at is not None:
        yield TimelineEntry(at=incident.resolved_at, kind="incident", title="It was resolved")


def _list_follow_ups(sight: PostmortemSight, *, public: bool) -> Iterator[PromisedFollowUp]:
    for each in sorted(sight.follow_ups, key=_rank):
        if each.dropped or (public and each.public_text is None):
            continue
        yield PromisedFollowUp(
            id=each.id,
            text=each.public_text or each.text if public else each.text,
            owner="" if public else each.owner,
            due=each.due,
            drill=each.drill,
            done_at=each.done_at,
        )


def _rank(follow_up: FollowUp) -> tuple[bool, int, str]:
    return follow_up.done_at is not None, follow_up.due.toordinal(), follow_up.id
