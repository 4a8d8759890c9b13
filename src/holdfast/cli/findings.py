"""`holdfast findings`, `finding`, `suggestions`, `accept-suggestion`."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from holdfast.adapters.api.bodies import AcceptBody
from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.ledger_view import print_suspects
from holdfast.cli.measures import tell_measure
from holdfast.cli.mitigating import ForceOption, ForOption, put_in_force
from holdfast.cli.output import print_json, print_line, print_table, tell_span, tell_time
from holdfast.model.finding import Finding
from holdfast.views.findings import FindingDocument, FindingsDocument, FindingState, SuggestionDocument

FindingArgument = Annotated[str, typer.Argument(metavar="ID", help="Such as f-3.", show_default=False)]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why; as suggested if left out.")]


@with_client
def findings(client: Client, *, as_json: JsonOption = False) -> None:
    """List what was found to be harmful, and what lately was over."""
    document = client.get(FindingsDocument, "/v1/findings")
    if as_json:
        print_json(document)
        return
    if not document.open:
        print_line("Nothing harmful is found now.")
    _tabulate("Findings", document.open)
    _tabulate("Over", document.closed)


@with_client
def finding(client: Client, finding: FindingArgument, *, as_json: JsonOption = False) -> None:
    """Show one finding: its evidence, where it comes from, what answers it."""
    document = client.get(FindingDocument, path_to("/v1/findings", finding))
    if as_json:
        print_json(document)
        return
    for name, value in _describe(document):
        print_line((f"{name:<12}", "dim"), value)
    print_suspects(document.suspects)


@with_client
def suggestions(client: Client) -> None:
    """List what Holdfast would do about findings, where its policy is to suggest."""
    document = client.get(FindingsDocument, "/v1/findings")
    suggested = [(found, found.suggestion) for found in document.open if found.suggestion]
    if not suggested:
        print_line("Nothing is suggested.")
    rows = ((f.id, _subject(f.finding), _tell_suggestion(s), s.reason) for f, s in suggested)
    print_table("Suggestions", ("finding", "about", "suggested", "why"), rows)


@with_client
def accept_suggestion(
    client: Client,
    finding: FindingArgument,
    *,
    for_s: ForOption = None,
    reason: ReasonOption = None,
    force: ForceOption = False,
) -> None:
    """Put in force what is suggested for a finding."""
    body = AcceptBody.model_construct(for_s=for_s, reason=reason, force=force)
    put_in_force(client, f"{path_to('/v1/findings', finding)}/accept", body)


def _tabulate(title: str, found: Iterable[FindingDocument]) -> None:
    rows = (
        (
            f.id,
            f"{f.finding.kind} of {_subject(f.finding)}",
            _tell_numbers(f.finding),
            tell_time(f.since),
            _outcome(f),
            _tell_suspect(f),
        )
        for f in found
    )
    print_table(title, ("id", "what", "now, usually", "since", "what is done", "suspected"), rows)


def _describe(document: FindingDocument) -> Iterator[tuple[str, str]]:
    found, evidence = document.finding, document.finding.evidence
    yield document.id, f"{found.kind} of {_subject(found)}, {document.state}"
    yield "began", tell_time(found.began_at)
    yield "seen", tell_time(found.seen_at)
    if document.state is FindingState.CLOSED:
        yield "closed", f"{tell_time(document.since)} by {document.closed_by}: {document.why}"
    yield "now", _tell_numbers(found)
    yield "score", f"{evidence.score:.3g}, where {evidence.threshold:.3g} is unusual"
    yield from (("harms", harm) for harm in evidence.harms)
    if found.traffic_class:
        yield "traffic", found.traffic_class
    if found.source:
        yield "from", f"{found.source}{_tell_shares(found)}; from {evidence.samples:,} samples"
    if document.suggestion:
        yield "suggested", f"{_tell_suggestion(document.suggestion)}: {document.suggestion.reason}"
    if document.mitigations:
        yield "answered by", ", ".join(document.mitigations)


def _subject(found: Finding) -> str:
    return found.service or found.edge or found.location or found.site or "the platform"


def _tell_numbers(found: Finding) -> str:
    evidence = found.evidence
    capacity = "" if evidence.capacity is None else f", of {evidence.capacity:,.4g} it can have"
    return f"{evidence.now:,.4g}, usually {evidence.usual:,.4g}{capacity}"


def _tell_shares(found: Finding) -> str:
    if found.source_removes is None or found.source_spares is None:
        return ""
    return f"; removes {found.source_removes:.0%} of the excess, spares {found.source_spares:.1%} of what is normal"


def _tell_suggestion(suggestion: SuggestionDocument) -> str:
    edges = f" on {', '.join(suggestion.edges)}" if suggestion.edges else ""
    return f"{tell_measure(suggestion.measure)}{edges}, for {tell_span(suggestion.for_s)}"


def _outcome(document: FindingDocument) -> str:
    if document.mitigations:
        return ", ".join(document.mitigations)
    return "something is suggested" if document.suggestion else document.why


def _tell_suspect(document: FindingDocument) -> str:
    likeliest = next(iter(document.suspects), None)
    return f"{likeliest.title} ({likeliest.weight:.0%})" if likeliest else ""
