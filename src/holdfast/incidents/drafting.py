"""Public words about an incident, from what is known: what, where, since when, what users see, what is done.

They name components and regions as the status site does, and nothing else: no service, tenant, client, rule or number
of Holdfast's own, unless `status.names` allows services. What isn't known is said to be not known.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from holdfast.incidents.drafting_titles import clean, list_titles, name_components, name_regions, shorten
from holdfast.incidents.opening.phases import Course, is_noticed
from holdfast.model.day import format_utc
from holdfast.model.downtime import Standing, Stretch
from holdfast.model.finding import FindingKind
from holdfast.model.incident import POST_CHARACTERS_MAX, Incident, Occasion, Phase
from holdfast.model.mitigation import FailOver, Hold, Kill, Limit, Measure, ReadOnly, Shed, Spool
from holdfast.model.platform import Platform

SEEN: Final = {
    FindingKind.LOSS: "requests may fail, since servers that we depend on don't answer",
    FindingKind.SATURATION: "some requests may be refused or slow, since more comes than can be carried there",
    FindingKind.SURGE: "far more requests than usual come in, and some may be refused or slow",
    FindingKind.SLOWNESS: "many answers take far longer than usual",
}
"""What users see of a finding, whatever its numbers."""
SHARES: Final = ((0.9, "nearly all"), (0.5, "most"), (0.15, "many"), (0.0, "some"))
"""Shares of requests in words, which don't change with every report."""
CAUSES: Final = {
    FindingKind.LOSS: "The cause is known: servers that we depend on don't answer.",
    FindingKind.SURGE: "The cause is known: an unusual surge of requests.",
}
UNKNOWN_CAUSE: Final = "The cause is not known yet."
MEASURES: Final[Sequence[tuple[type[Measure], str]]] = (
    (Kill, "Some of it is switched off for now, so that the rest works."),
    (ReadOnly, "Reading works; changes aren't accepted for now."),
    (Hold, "It is brought back step by step, so some requests are still refused."),
    (Shed, "Less important requests are refused for now, so that the others are served."),
    (Limit, "The number of requests is limited for now."),
    (Spool, "Some of what is sent is accepted now and delivered later."),
)
"""What is done, by what it is; what users don't notice is left out."""
MOVED: Final = "Requests are served from a standby"
MOVED_READ_ONLY: Final = f"{MOVED}: reading works, changes aren't accepted there."
MOVED_WHOLE: Final = f"{MOVED}."
OVER: Final = "Nothing is wrong with it any more."
OVER_BUT: Final = "What caused it is over; what we do about it isn't yet."
MINUTES_S: Final = 60.0


def draft_word(incident: Incident, course: Course, phase: Phase, platform: Platform, *, is_first: bool) -> str:
    """The first public word about an incident, or the next one: what is so now."""
    is_over = phase is Phase.MONITORING
    parts = [_tell_where(incident, platform, is_first=is_first, is_over=is_over and not course.noticed)]
    parts += [OVER_BUT if course.noticed else OVER] if is_over else _tell_seen(course)
    parts += _tell_done(course)
    if not is_over:
        parts.append(_tell_cause(incident, course, phase))
    elif incident.revision is not None:
        parts.append(_TAKEN_BACK)
    parts.append("We keep watching it." if is_over else "We will tell more as soon as we know it.")
    return _join(parts, incident, platform)


def draft_resolved(
    incident: Incident, course: Course, ended_at: float, measured: Sequence[Stretch] | None, platform: Platform
) -> str:
    """The last public word: how long it lasted, and how long users were hit, if that was measured."""
    verb = "work" if _is_several(incident, platform) else "works"
    parts = [f"This is over: {_name_about(incident, platform)} {verb} as usual again."]
    parts.append(
        f"It lasted from {format_utc(incident.began_at)} to {format_utc(max(ended_at, incident.began_at))}, "
        f"{_tell_minutes(ended_at - incident.began_at)}."
    )
    parts += _tell_measured(measured)
    if incident.revision is not None:
        parts.append(_TAKEN_BACK)
    if any(not is_noticed(mitigation) for mitigation in course.in_force):
        parts.append("What protects against its return is still in force; you shouldn't notice it.")
    return _join(parts, incident, platform)


_TAKEN_BACK: Final = "A change of ours was taken back."


def tells_where(text: str, incident: Incident, platform: Platform) -> bool:
    """Whether a word of Holdfast's says all that is known of where."""
    return _name_about(incident, platform) in text and _name_places(incident, platform) in text


def _tell_where(incident: Incident, platform: Platform, *, is_first: bool, is_over: bool) -> str:
    is_several = _is_several(incident, platform)
    began = format_utc(incident.began_at)
    if is_over:
        since = f"{'were' if is_several else 'was'} affected from {began} on"
    elif is_first:
        since = f"{'have' if is_several else 'has'} been affected since {began}"
    else:
        since = f"{'are' if is_several else 'is'} still affected, since {began}"
    return f"{_name_about(incident, platform)} {since}{_name_places(incident, platform)}."


def _name_places(incident: Incident, platform: Platform) -> str:
    places, known = name_regions(incident.regions, platform), len(platform.each_region())
    if not places:
        return ". We don't know yet which regions are affected"
    if len(places) == known:
        return " in all regions" if known > 1 else ""
    return f" in {list_titles(places, 'regions')}; other regions are not known to be affected"


def _name_about(incident: Incident, platform: Platform) -> str:
    titles = list(name_components(incident.components, platform))
    return list_titles(titles, "components") or "Part of the platform"


def _is_several(incident: Incident, platform: Platform) -> bool:
    return len(list(name_components(incident.components, platform))) > 1


def _tell_seen(course: Course) -> Iterator[str]:
    """Of what is lost and has a standby in its place, what users see is told with that."""
    is_moved = any(isinstance(mitigation.measure, FailOver) for mitigation in course.in_force)
    findings = [sign.finding for sign in course.going_on if sign.finding is not None]
    seen = [finding for finding in findings if not (is_moved and finding.kind is FindingKind.LOSS)]
    failed = max((each.evidence.now for each in seen if each.kind is FindingKind.ERRORS), default=None)
    if failed is not None:
        yield f"{_tell_share(failed).capitalize()} requests fail."
    kinds = {finding.kind for finding in seen}
    told = [words for kind, words in SEEN.items() if kind in kinds]
    if told:
        yield f"What you may see: {'; '.join(told)}."
    elif failed is None and not is_moved:
        yield "How much of it users see is not known yet."


def _tell_share(share: float) -> str:
    return next((words for least, words in SHARES if share >= least), SHARES[-1][1])


def _tell_done(course: Course) -> Iterator[str]:
    moves = [m.measure for m in course.in_force if isinstance(m.measure, FailOver)]
    if moves:
        yield MOVED_WHOLE if all(move.read_only is False for move in moves) else MOVED_READ_ONLY
    in_force = [mitigation.measure for mitigation in course.in_force]
    yield from (words for kind, words in MEASURES if any(isinstance(measure, kind) for measure in in_force))


def _tell_cause(incident: Incident, course: Course, phase: Phase) -> str:
    if incident.revision is not None:
        return "We suspect a change of ours, and took it back."
    if incident.occasion is Occasion.FAILOVER and not incident.findings:
        return "We have moved it there."
    if incident.occasion is Occasion.MITIGATION and not incident.findings:
        return "A measure of ours did harm, and was taken back."
    if phase is Phase.INVESTIGATING:
        return UNKNOWN_CAUSE
    kinds = {sign.finding.kind for sign in course.signs if sign.finding is not None}
    return next((words for kind, words in CAUSES.items() if kind in kinds), UNKNOWN_CAUSE)


def _tell_measured(measured: Sequence[Stretch] | None) -> Iterator[str]:
    """None is told where nothing was measured, as opposed to nothing found."""
    if measured is None:
        return
    spans = {
        word: sum(each.ended_at - each.began_at for each in measured if each.standing is standing)
        for standing, word in ((Standing.DOWN, "down"), (Standing.DEGRADED, "degraded"))
    }
    told = [f"{word} for {_tell_minutes(span)}" for word, span in spans.items() if span]
    yield f"By what we measured, it was {' and '.join(told)}." if told else "We measured no time in which it was down."


def _tell_minutes(span_s: float) -> str:
    minutes = max(0, round(span_s / MINUTES_S))
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    in_minutes = f"{rest} minute{'' if rest == 1 else 's'}"
    if not hours:
        return in_minutes
    in_hours = f"{hours:,} hour{'' if hours == 1 else 's'}"
    return f"{in_hours} and {in_minutes}" if rest else in_hours


def _join(parts: Sequence[str], incident: Incident, platform: Platform) -> str:
    named = []
    if platform.status is not None and platform.status.names and incident.services:
        named = [f"Affected services: {list_titles([clean(name) for name in incident.services], 'services')}."]
    return shorten(" ".join([*parts, *named]), POST_CHARACTERS_MAX)
