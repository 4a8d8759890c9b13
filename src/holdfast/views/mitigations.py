"""Mitigations as documents."""

from collections.abc import Collection

from holdfast.model.finding import FindingId
from holdfast.model.mitigation import Measure, Mitigation, MitigationId
from holdfast.model.noun import Noun
from holdfast.model.prediction import Prediction
from holdfast.model.scalars import Name
from holdfast.model.state import EndedMitigation, State
from holdfast.views.edges import Reach
from holdfast.views.observation import Observation


class MitigationDocument(Noun):
    """A mitigation in force. Times are Unix times, in seconds.

    `recorded` is false while the journal can't be written: it is in force all the same, but wouldn't survive a
    restart of control. `reach` says how many edges have acknowledged everything so far, this included.
    `observed_only` is true where nothing is refused, since what it is for is in observe mode; `warnings` say so.
    `finding` is what it answers, `edges` are those that it holds on (none: all), `prediction` is what was foretold
    of it, and `forced` says that somebody insisted in spite of that.
    """

    id: MitigationId
    measure: Measure
    reason: str
    author: str
    started_at: float
    expires_at: float
    remaining_s: float
    recorded: bool
    reach: Reach
    observed_only: bool
    warnings: tuple[str, ...]
    finding: FindingId | None = None
    edges: tuple[Name, ...] | None = None
    prediction: Prediction | None = None
    forced: bool = False


class EndedMitigationDocument(Noun):
    """A mitigation no longer in force. Times are Unix times, in seconds."""

    id: MitigationId
    measure: Measure
    reason: str
    author: str
    started_at: float
    ended_at: float
    ended_by: str
    why: str
    recorded: bool
    finding: FindingId | None = None
    edges: tuple[Name, ...] | None = None


class MitigationsDocument(Noun):
    """Everything mitigated now, oldest first, and what lately was."""

    active: tuple[MitigationDocument, ...]
    ended: tuple[EndedMitigationDocument, ...]


def show_mitigation(
    mitigation: Mitigation, now: float, reach: Reach, observation: Observation, *, recorded: bool
) -> MitigationDocument:
    """A mitigation in force, for people and programs to read."""
    return MitigationDocument(
        **dict(mitigation),
        remaining_s=max(0.0, mitigation.expires_at - now),
        recorded=recorded,
        reach=reach,
        observed_only=observation.spares_all(mitigation.measure),
        warnings=observation.warn(mitigation.measure),
    )


def show_ended(ended: EndedMitigation, *, recorded: bool) -> EndedMitigationDocument:
    """A mitigation that has ended, for people and programs to read."""
    mitigation = ended.mitigation
    return EndedMitigationDocument(
        id=mitigation.id,
        measure=mitigation.measure,
        reason=mitigation.reason,
        author=mitigation.author,
        started_at=mitigation.started_at,
        ended_at=ended.ended_at,
        ended_by=ended.author,
        why=ended.why,
        recorded=recorded,
        finding=mitigation.finding,
        edges=mitigation.edges,
    )


def show_mitigations(
    state: State, now: float, reach: Reach, observation: Observation, unrecorded: Collection[MitigationId]
) -> MitigationsDocument:
    """Every mitigation in force and the latest that were. `unrecorded` names those the journal doesn't know yet."""
    active = (
        show_mitigation(m, now, reach, observation, recorded=m.id not in unrecorded) for m in state.mitigations.values()
    )
    ended = (show_ended(e, recorded=e.mitigation.id not in unrecorded) for e in reversed(state.ended))
    return MitigationsDocument(active=tuple(active), ended=tuple(ended))
