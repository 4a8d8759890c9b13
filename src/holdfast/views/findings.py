"""What the watch found, what answers it, and what is suggested, as documents."""

from enum import StrEnum

from holdfast.model.finding import Finding, FindingId
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.noun import Noun
from holdfast.model.scalars import Name
from holdfast.model.state import ClosedFinding, State, Suggestion
from holdfast.model.suspect import Suspect


class FindingState(StrEnum):
    """Whether what was found goes on."""

    OPEN = "open"
    CLOSED = "closed"


class SuggestionDocument(Noun):
    """What Holdfast would do about a finding, for `for_s` seconds, on these edges (none: all)."""

    finding: FindingId
    measure: Measure
    edges: tuple[Name, ...] | None
    for_s: float
    reason: str
    suggested_at: float


class FindingDocument(Noun):
    """A finding with what came of it. Times are Unix times, in seconds.

    It is open since it was seen, or closed since `since`, by `closed_by` and because of `why`. `mitigations` answer
    it: those in force first, then those that have ended lately. `suspects` are changes that may be why, the likeliest
    first.
    """

    id: FindingId
    finding: Finding
    state: FindingState
    since: float
    closed_by: str = ""
    why: str = ""
    mitigations: tuple[MitigationId, ...]
    suggestion: SuggestionDocument | None = None
    suspects: tuple[Suspect, ...] = ()


class FindingsDocument(Noun):
    """Everything found that goes on, the newest first, and what lately was over."""

    open: tuple[FindingDocument, ...]
    closed: tuple[FindingDocument, ...]


def show_findings(state: State) -> FindingsDocument:
    """All findings that are remembered."""
    return FindingsDocument(
        open=tuple(_show_open(state, id_) for id_ in reversed(tuple(state.findings))),
        closed=tuple(_show_closed(state, closed) for closed in reversed(state.closed)),
    )


def show_finding(state: State, id_: FindingId) -> FindingDocument | None:
    """One finding, if it is remembered."""
    if id_ in state.findings:
        return _show_open(state, id_)
    return next((_show_closed(state, closed) for closed in state.closed if closed.id == id_), None)


def show_suggestion(suggestion: Suggestion) -> SuggestionDocument:
    """What Holdfast would do."""
    return SuggestionDocument(
        finding=suggestion.finding,
        measure=suggestion.measure,
        edges=suggestion.edges,
        for_s=suggestion.for_s,
        reason=suggestion.reason,
        suggested_at=suggestion.at,
    )


def _show_open(state: State, id_: FindingId) -> FindingDocument:
    finding, suggestion = state.findings[id_], state.suggestions.get(id_)
    return FindingDocument(
        id=id_,
        finding=finding,
        state=FindingState.OPEN,
        since=finding.seen_at,
        mitigations=_answers(state, id_),
        suggestion=show_suggestion(suggestion) if suggestion else None,
    )


def _show_closed(state: State, closed: ClosedFinding) -> FindingDocument:
    return FindingDocument(
        id=closed.id,
        finding=closed.finding,
        state=FindingState.CLOSED,
        since=closed.closed_at,
        closed_by=closed.author,
        why=closed.why,
        mitigations=_answers(state, closed.id),
    )


def _answers(state: State, id_: FindingId) -> tuple[MitigationId, ...]:
    in_force = (m.id for m in state.mitigations.values() if m.finding == id_)
    ended = (e.mitigation.id for e in reversed(state.ended) if e.mitigation.finding == id_)
    return (*in_force, *ended)
