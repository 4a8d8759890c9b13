"""What the watch found: opened, better known, closed; and what Holdfast would do about it."""

from holdfast.engine.command import CloseFinding, Findings, OpenFinding, SuggestMitigation, UpdateFinding
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.maxima import FINDINGS_MAX
from holdfast.engine.measures import check_edges, check_measure
from holdfast.engine.reason import check_reason
from holdfast.model.event import FindingClosed, FindingOpened, FindingUpdated, MitigationSuggested
from holdfast.model.finding import FindingId
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State


def decide_finding(state: State, command: Findings, facts: Facts) -> Decision:
    """What follows from a command about findings."""
    match command:
        case OpenFinding():
            return _open(state, command, facts)
        case UpdateFinding():
            return _update(state, command, facts)
        case CloseFinding():
            return _close(state, command, facts)
        case SuggestMitigation():
            return _suggest(state, command, facts)


def check_open(state: State, id_: FindingId) -> Refusal | None:
    """Whether a finding is open."""
    if id_ in state.findings:
        return None
    if int(id_.removeprefix("f-")) < state.finding_next:
        return Refusal(RefusalCode.FINDING_CLOSED, f"finding {id_} is closed")
    return Refusal(RefusalCode.FINDING_UNKNOWN, f"there is no finding {id_}")


def _open(state: State, command: OpenFinding, facts: Facts) -> Decision:
    finding = command.finding
    open_already = next((id_ for id_, other in state.findings.items() if other.key == finding.key), None)
    if open_already:
        message = f"{' of '.join(finding.key)} is finding {open_already} already"
        return Refusal(RefusalCode.FINDING_ALREADY_OPEN, message)
    if len(state.findings) >= FINDINGS_MAX:
        return Refusal(RefusalCode.FINDINGS_FULL, f"{FINDINGS_MAX} findings are open, which is the most")
    id_ = f"f-{state.finding_next}"
    return (FindingOpened(at=facts.now, author=command.author, id=id_, finding=finding),)


def _update(state: State, command: UpdateFinding, facts: Facts) -> Decision:
    if refusal := check_open(state, command.id):
        return refusal
    before = state.findings[command.id]
    if before == command.finding:
        return Refusal(RefusalCode.UNCHANGED, f"finding {command.id} is so already")
    if before.key != command.finding.key:
        message = f"finding {command.id} is {' of '.join(before.key)}, and stays that; open another instead"
        return Refusal(RefusalCode.FINDING_OF_ANOTHER_KIND, message)
    return (FindingUpdated(at=facts.now, author=command.author, id=command.id, finding=command.finding),)


def _close(state: State, command: CloseFinding, facts: Facts) -> Decision:
    if refusal := check_reason(command.why) or check_open(state, command.id):
        return refusal
    return (FindingClosed(at=facts.now, author=command.author, id=command.id, why=command.why.strip()),)


def _suggest(state: State, command: SuggestMitigation, facts: Facts) -> Decision:
    refusal = (
        check_reason(command.reason)
        or check_open(state, command.finding)
        or check_measure(command.measure, command.for_s, facts.platform)
        or check_edges(command.edges, facts.platform)
    )
    if refusal:
        return refusal
    before = state.suggestions.get(command.finding)
    if before and (before.measure, before.edges, before.for_s) == (command.measure, command.edges, command.for_s):
        return Refusal(RefusalCode.UNCHANGED, f"this is suggested for finding {command.finding} already")
    return (
        MitigationSuggested(
            at=facts.now,
            author=command.author,
            finding=command.finding,
            measure=command.measure,
            edges=command.edges,
            for_s=command.for_s,
            reason=command.reason.strip(),
        ),
    )
