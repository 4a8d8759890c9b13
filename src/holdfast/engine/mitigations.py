"""Mitigations: begun, changed while they are in force, and ended."""

from holdfast.engine.command import AdjustMitigation, EndMitigation, Mitigate, Tick
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.findings import check_open
from holdfast.engine.maxima import MITIGATION_S_MIN
from holdfast.engine.measures import check_edges, check_measure, check_reach, check_room
from holdfast.engine.reason import check_reason
from holdfast.model.event import MitigationAdjusted, MitigationEnded, MitigationStarted
from holdfast.model.mitigation import Kill, Measure, Mitigation, MitigationId, ReadOnly, Shed, Spool, Whom
from holdfast.model.prediction import Verdict
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State
from holdfast.model.token import SYSTEM


def mitigate(state: State, command: Mitigate, facts: Facts) -> Decision:
    """Put a measure in force, if it can be and there is room for it."""
    refusal = (
        check_reason(command.reason)
        or check_measure(command.measure, command.for_s, facts.platform)
        or check_edges(command.edges, facts.platform)
        or check_reach(command.measure, command.edges)
        or (check_open(state, command.finding) if command.finding else None)
        or check_room(state.mitigations, command.measure)
        or _check_foretold(command)
    )
    if refusal:
        return refusal
    mitigation = Mitigation(
        id=f"m-{state.mitigation_next}",
        measure=command.measure,
        reason=command.reason.strip(),
        author=command.author,
        started_at=facts.now,
        expires_at=facts.now + command.for_s,
        finding=command.finding,
        edges=command.edges,
        prediction=command.prediction,
        forced=command.forced,
    )
    return (MitigationStarted(at=facts.now, author=command.author, mitigation=mitigation),)


def adjust(state: State, command: AdjustMitigation, facts: Facts) -> Decision:
    """Change a mitigation in force within its kind and service, if the change can be and there is room for it."""
    before = state.mitigations.get(command.id)
    if before is None:
        return _missing(state, command.id)
    expires_at = before.expires_at if command.for_s is None else facts.now + command.for_s
    others = {id_: m for id_, m in state.mitigations.items() if id_ != command.id}
    refusal = (
        check_reason(command.why)
        or _check_kind(before, command.measure)
        or check_measure(command.measure, MITIGATION_S_MIN if command.for_s is None else command.for_s, facts.platform)
        or check_edges(command.edges, facts.platform)
        or check_reach(command.measure, command.edges)
        or check_room(others, command.measure)
    )
    if refusal:
        return refusal
    if (before.measure, before.edges, before.expires_at) == (command.measure, command.edges, expires_at):
        return Refusal(RefusalCode.UNCHANGED, f"mitigation {command.id} is so already")
    return (
        MitigationAdjusted(
            at=facts.now,
            author=command.author,
            id=command.id,
            measure=command.measure,
            edges=command.edges,
            expires_at=expires_at,
            why=command.why.strip(),
        ),
    )


def end(state: State, command: EndMitigation, facts: Facts) -> Decision:
    """End a mitigation in force."""
    if refusal := check_reason(command.why):
        return refusal
    ending = state.mitigations.get(command.id)
    if ending is None:
        return _missing(state, command.id)
    if refusal := _check_spool(ending, command.author):
        return refusal
    return (MitigationEnded(at=facts.now, author=command.author, id=command.id, why=command.why.strip()),)


def end_expired(state: State, command: Tick, facts: Facts) -> Decision:
    """End every mitigation whose time has come."""
    expired = (m.id for m in state.mitigations.values() if m.expires_at <= facts.now)
    return tuple(MitigationEnded(at=facts.now, author=command.author, id=id_, why="expired") for id_ in expired)


def _check_foretold(command: Mitigate) -> Refusal | None:
    """Nobody harms good clients unawares. Killing and read-only harm by intent, and are never held up."""
    foretold = command.prediction
    if foretold is None or foretold.verdict is not Verdict.HARMFUL or command.forced:
        return None
    if isinstance(command.measure, Kill | ReadOnly):
        return None
    return Refusal(RefusalCode.PREDICTION_HARMFUL, f"{foretold.why}, so it is only done if forced", foretold)


def _check_spool(ending: Mitigation, author: str) -> Refusal | None:
    """While the spool keeps messages in order, requests that went directly to the upstream would overtake them."""
    if not isinstance(ending.measure, Spool) or ending.author != SYSTEM or author == SYSTEM:
        return None
    message = (
        f"the spool itself holds {ending.id} until all that it keeps of {ending.measure.service} is delivered, and ends"
        " it then, so that nothing is overtaken; `holdfast spool` shows what waits, `holdfast spool drop` gives up a"
        " message that can't be delivered, and `holdfast spool close` ends what people opened"
    )
    return Refusal(RefusalCode.SPOOL_NEEDED, message)


def _check_kind(before: Mitigation, measure: Measure) -> Refusal | None:
    if _subject(measure) == _subject(before.measure):
        return None
    whom = _subject(before.measure)[1] or "the whole platform"
    message = f"mitigation {before.id} is a {before.measure.kind} of {whom}, and stays one; begin another instead"
    return Refusal(RefusalCode.MEASURE_OF_ANOTHER_KIND, message)


def _subject(measure: Measure) -> tuple[str, str | None]:
    if isinstance(measure, Whom):
        return measure.kind, measure.service or (f"those at {measure.site}" if measure.site else None)
    return measure.kind, measure.location if isinstance(measure, Shed) else measure.service


def _missing(state: State, id_: MitigationId) -> Refusal:
    if int(id_.removeprefix("m-")) < state.mitigation_next:
        return Refusal(RefusalCode.MITIGATION_ENDED, f"mitigation {id_} has already ended")
    return Refusal(RefusalCode.MITIGATION_UNKNOWN, f"there is no mitigation {id_}")
