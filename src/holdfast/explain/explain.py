"""A request and its moment to an explanation."""

from holdfast.explain.causes import Reason, find_reason
from holdfast.explain.flags import tell_flags
from holdfast.explain.moment import Moment
from holdfast.explain.subject import Subject
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.mitigation import MitigationId
from holdfast.model.units import format_duration
from holdfast.views.explanation import Explanation, KnownFrom, Outcome

PASTED_REMARK = "This rests on the answer as it was handed in: no edge's log that could be asked holds the request."
OBSERVED_REMARK = "The service was in observe mode: its limits and mitigations refused nothing."
UNREADABLE_REMARK = "The platform file of the time can't be read any more, so that no numbers are known."


def explain(
    request: LoggedRequest, moment: Moment, known_from: KnownFrom = KnownFrom.LOG, bucket_size: int | None = None
) -> Explanation:
    """Why a request was answered as it was, at the moment that it was. `bucket_size` is of a pasted answer."""
    subject = Subject(request, moment, bucket_size)
    reason = find_reason(subject) if request.cause else _tell_answered(subject)
    return Explanation(
        known_from=known_from,
        request=request,
        outcome=subject.outcome,
        location=subject.place[0] if subject.place and request.edge else "",
        summary=reason.summary,
        details=(*reason.details, *_add_remarks(subject, known_from)),
        figures=reason.figures,
        flags=tell_flags(request.flags),
        mitigation=subject.story,
        also_in_force=_find_others(subject),
        revision=moment.show_revision(),
        advice=reason.advice,
    )


def _tell_answered(subject: Subject) -> Reason:
    request = subject.request
    if subject.outcome is Outcome.ABANDONED:
        return Reason(f"The client went away after {_tell_s(request.duration_s)}, before it had a whole answer.")
    by = f"the endpoint {request.upstream}" if request.upstream else "the upstream"
    summary = f"No rule refused it: {by} of {subject.name} answered {request.status}."
    return Reason(summary, tuple(_tell_timings(request)))


def _tell_timings(request: LoggedRequest) -> list[str]:
    if not request.edge:
        return []
    told = []
    if request.upstream_s is None:
        told.append(f"The whole took {_tell_s(request.duration_s)}.")
    else:
        began, whole = _tell_s(request.upstream_s), _tell_s(request.duration_s)
        told.append(f"Its answer began after {began}; with all of it sent, the request took {whole}.")
    if request.attempts > 1:
        told.append(f"It took {request.attempts} tries: those before the last failed.")
    return told


def _tell_s(seconds: float) -> str:
    return format_duration(seconds) if seconds >= 0.001 else "less than 1ms"


def _add_remarks(subject: Subject, known_from: KnownFrom) -> list[str]:
    told = []
    if subject.observed:
        told.append(OBSERVED_REMARK)
    if subject.moment.revision is not None and subject.moment.platform is None:
        told.append(UNREADABLE_REMARK)
    if known_from is KnownFrom.PASTED:
        told.append(PASTED_REMARK)
    return told


def _find_others(subject: Subject) -> tuple[MitigationId, ...]:
    """Mitigations that held for the service at the time, but for the one that refused."""
    wanted, edge = {subject.request.service, None}, subject.request.edge
    return tuple(
        m.id
        for m in subject.moment.mitigations
        if m.measure.service in wanted
        and m.id != subject.mitigation_id
        and (not edge or m.edges is None or edge in m.edges)
    )
