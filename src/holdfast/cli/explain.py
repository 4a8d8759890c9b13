"""`holdfast explain`: why a request got its answer."""

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from holdfast.adapters.api.bodies import PASTED_CHARACTERS_MAX, ExplainBody
from holdfast.cli.client import Client, ControlProblem, JsonOption, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json, print_line, print_table, tell_span, tell_time
from holdfast.model.finding import Finding
from holdfast.views.explanation import (
    Explanation,
    ExplanationsDocument,
    FigureDocument,
    KnownFrom,
    MitigationStory,
    Outcome,
    RevisionBrief,
)
from holdfast.views.measures import describe_measure

_STYLES = {
    Outcome.ANSWERED: "green",
    Outcome.REFUSED: "yellow",
    Outcome.FAILED: "red",
    Outcome.ABANDONED: "yellow",
}


@with_client
def explain(
    client: Client,
    request_id: Annotated[
        str,
        typer.Argument(metavar="REQUEST-ID", help="As x-request-id gave it; - reads an answer from standard input."),
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell which rule answered a request, with which numbers, from which line of which file, by whose mitigation."""
    document = _ask(client, request_id)
    if as_json:
        print_json(document)
        return
    for number, explanation in enumerate(document.explanations):
        if number:
            print_line("")
        _print_explanation(explanation)
    if document.remark:
        print_line(("Note: ", "yellow"), document.remark)


def _ask(client: Client, request_id: str) -> ExplanationsDocument:
    try:
        if request_id != "-":
            return client.get(ExplanationsDocument, path_to("/v1/explain", request_id))
        text = sys.stdin.read(PASTED_CHARACTERS_MAX)
        if not text.strip():
            fail(ExitCode.USAGE, "standard input is empty; pipe an answer into this, such as that of curl -i")
        return client.send(ExplanationsDocument, "POST", "/v1/explain", ExplainBody(text=text))
    except ControlProblem as problem:
        if problem.document.code == "request_unknown":
            fail(ExitCode.NOT_FOUND, problem.document.detail)
        if problem.document.code == "answer_unreadable":
            fail(ExitCode.INPUT_MISTAKEN, problem.document.detail)
        raise


def _print_explanation(explanation: Explanation) -> None:
    request, style = explanation.request, _STYLES[explanation.outcome]
    answer = " ".join(part for part in (str(request.status or ""), request.cause) if part)
    print_line((answer, f"bold {style}"), "  " if answer else "", (explanation.summary, "bold"))
    for detail in explanation.details:
        print_line(f"  {detail}")
    _print_pairs("", _tell_request(explanation))
    if explanation.figures:
        print_line("")
        rows = map(_tell_figure, explanation.figures)
        print_table("With these numbers", ("what", "value", "chosen by", "where"), rows)
    if explanation.mitigation:
        story = explanation.mitigation
        _print_pairs(f"Mitigation {story.mitigation.id}", _tell_mitigation(story))
    _print_pairs("Envoy's flags", ((flag.flag, flag.meaning) for flag in explanation.flags))
    if explanation.advice:
        print_line("")
    for advice in explanation.advice:
        print_line(("→ ", "dim"), advice)


def _print_pairs(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Names and values under a title; nothing at all if there are none."""
    told = list(pairs)
    if not told:
        return
    print_line((f"\n{title}" if title else "", "bold"))
    width = max(len(name) for name, _ in told)
    for name, value in told:
        print_line((f"{name:<{width}}  ", "dim"), value)


def _tell_request(explanation: Explanation) -> Iterator[tuple[str, str]]:
    request = explanation.request
    asked = " ".join(part for part in (request.method, f"{request.host}{request.path}", request.protocol) if part)
    if explanation.known_from is KnownFrom.LOG:
        yield "request", asked
        yield "from", f"{request.client or 'unknown'}  {request.user_agent}".rstrip()
    yield "when", tell_time(request.at)
    if request.edge:
        yield "edge", f"{request.edge}, at {explanation.location}" if explanation.location else request.edge
    if request.service:
        yield "service", f"{request.service} of {request.tenant}" if request.tenant else request.service
    if request.rule:
        yield "rule", request.rule
    if request.details:
        yield "details", request.details
    if explanation.revision:
        yield "in force", _tell_revision(explanation.revision)
    if explanation.also_in_force:
        yield "also", f"{', '.join(explanation.also_in_force)} in force for this service"


def _tell_revision(revision: RevisionBrief) -> str:
    still = "" if revision.still else "; not any more"
    file = f" of {revision.file}" if revision.file else ""
    return f"revision {revision.number}{file} by {revision.author}, since {tell_time(revision.since)}{still}"


def _tell_figure(figure: FigureDocument) -> tuple[str, str, str, str]:
    line = figure.line
    where = f"{line.file or 'platform file'}:{line.line}  {line.text}" if line else ""
    by = f"{figure.origin} {figure.chosen_by}".strip()
    return figure.name, figure.value, by, where


def _tell_mitigation(story: MitigationStory) -> Iterator[tuple[str, str]]:
    mitigation = story.mitigation
    yield "measure", describe_measure(mitigation.measure)
    yield "reason", mitigation.reason
    yield "by", f"{mitigation.author}, {tell_time(mitigation.started_at)}{' (forced)' if mitigation.forced else ''}"
    yield "expires", _tell_end(story)
    if story.finding and story.finding_id:
        yield "because of", _tell_finding(story.finding_id, story.finding)
    for telling in story.told:
        yield "told", f"{telling.contact}, {telling.error or tell_time(telling.at)}"


def _tell_end(story: MitigationStory) -> str:
    mitigation = story.mitigation
    after = tell_span(mitigation.expires_at - mitigation.started_at)
    if story.ended_at is None:
        return f"{tell_time(mitigation.expires_at)}, {after} after it began"
    return f"ended {tell_time(story.ended_at)} by {story.ended_by}: {story.why_ended}"


def _tell_finding(finding_id: str, finding: Finding) -> str:
    evidence = finding.evidence
    told = f"{finding_id}: {finding.kind}, {evidence.now:g} where {evidence.usual:g} is usual"
    if evidence.capacity is not None:
        told += f" and {evidence.capacity:g} is the most"
    if finding.source is not None:
        told += f"; from {finding.source.describe()}"
    return "; ".join((told, *evidence.harms))
