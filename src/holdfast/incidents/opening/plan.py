"""Everything that is to be done about incidents now. One step for an incident at a time: the next look has the next."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from holdfast.incidents.drafting import draft_resolved, draft_word, tells_where
from holdfast.incidents.nagging import (
    REMINDER,
    OverdueKind,
    find_draft,
    find_latest,
    is_public,
    is_word_due,
    list_overdue,
    was_reminded,
)
from holdfast.incidents.opening.belonging import plan_opening
from holdfast.incidents.opening.phases import Course, follow_course, narrow, suggest_phase
from holdfast.incidents.opening.signs import Scene, Sign, gather_signs
from holdfast.incidents.opening.steps import Move, Remind, Say, Step
from holdfast.model.downtime import Stretch
from holdfast.model.incident import Incident, Occasion, Phase
from holdfast.model.state import IncidentRecord
from holdfast.model.status_site import StatusSite
from holdfast.model.token import SYSTEM

Measure = Callable[[Incident, float], Sequence[Stretch] | None]
"""How users fared in an incident until a Unix time, in seconds; None where that isn't measured."""
AUTO: Final = "auto"


def plan_incidents(scene: Scene, measure: Measure) -> tuple[Step, ...]:
    """What is to be opened or belongs together; how far each is and what the public is told; of what one is reminded.

    The state after these steps calls for others, if any: it is asked again until nothing is left to do.
    """
    opened = plan_opening(scene)
    return opened or (*_plan_courses(scene, measure), *_plan_reminders(scene))


def _plan_courses(scene: Scene, measure: Measure) -> Iterator[Step]:
    records = [record for record in scene.state.incidents.values() if record.incident.is_open]
    if not records:
        return
    signs, scene = gather_signs(scene), narrow(scene, [record.incident for record in records])
    for record in records:
        step = _plan_course(record, signs, scene, measure)
        if step is not None:
            yield step


def _plan_course(record: IncidentRecord, signs: Sequence[Sign], scene: Scene, measure: Measure) -> Step | None:
    incident = record.incident
    if incident.led_by is not None:
        return None
    course = follow_course(incident, signs, scene)
    suggestion = suggest_phase(incident, course, scene)
    site = scene.intent.platform.status
    hears = site if site is not None and is_public(incident, scene.state, scene.now) else None
    if suggestion is not None and suggestion.phase is Phase.RESOLVED:
        return _plan_end(record, course, hears, suggestion.why, scene, measure)
    if suggestion is not None and suggestion.phase is not incident.phase:
        return Move(incident.id, suggestion.phase, suggestion.why)
    return _plan_word(record, course, hears, scene) if hears is not None else None


def _plan_word(record: IncidentRecord, course: Course, site: StatusSite, scene: Scene) -> Say | None:
    incident, latest, platform = record.incident, find_latest(record.posts), scene.intent.platform
    is_news = latest is not None and latest.author == SYSTEM and not tells_where(latest.text, incident, platform)
    publishes = site.publish == AUTO and _is_ours(incident)
    if not is_word_due(record, site, scene.now, publishes=publishes, is_news=is_news):
        return None
    text = draft_word(incident, course, incident.phase, platform, is_first=latest is None)
    return Say(incident.id, incident.phase, text, publishes)


def _is_ours(incident: Incident) -> bool:
    """Whether Holdfast has seen any of it: what another system says alone waits for somebody to publish it."""
    return incident.occasion is not Occasion.ALERT or bool(incident.findings)


def _plan_end(
    record: IncidentRecord, course: Course, site: StatusSite | None, why: str, scene: Scene, measure: Measure
) -> Step | None:
    """What the public heard of ends with a word to it; where somebody must let that out, it waits for them."""
    incident = record.incident
    if site is None or find_latest(record.posts) is None:
        return Move(incident.id, Phase.RESOLVED, why)
    if incident.phase is not Phase.MONITORING:
        return Move(incident.id, Phase.MONITORING, why)
    draft = find_draft(record.posts)
    if draft is not None and (draft.phase is Phase.RESOLVED or draft.author != SYSTEM):
        return None
    ended_at = max((sign.ended_at or sign.began_at for sign in course.signs), default=scene.now)
    platform = scene.intent.platform
    text = draft_resolved(incident, course, ended_at, measure(incident, ended_at), platform)
    return Say(incident.id, Phase.RESOLVED, text, site.publish == AUTO)


def _plan_reminders(scene: Scene) -> Iterator[Remind]:
    site = scene.intent.platform.status
    for overdue in list_overdue(scene.state, site, scene.now) if site else ():
        record = scene.state.incidents[overdue.id]
        speaks = site is not None and site.publish == AUTO and record.incident.led_by is None
        is_ours = speaks and overdue.kind is OverdueKind.WORD
        if site is not None and not is_ours and not was_reminded(record, overdue, site.remind_after, scene.now):
            yield Remind(overdue.id, f"{REMINDER}{overdue.text}")
