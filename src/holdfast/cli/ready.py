"""`holdfast ready`: whether standbys could take over."""

from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.text import Text

from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json, print_line, print_table, tell_span, tell_time
from holdfast.model.readiness import Outcome, ProofKind, Readiness
from holdfast.views.readiness import CopiesDocument, ProofDocument, ReadinessDocument, StandbyDocument

_STYLES: Final = {Readiness.READY: "green", Readiness.STALE: "yellow", Readiness.NOT_READY: "bold red"}
_OUTCOMES: Final = {
    Outcome.PASSED: "green",
    Outcome.DOUBTFUL: "yellow",
    Outcome.FAILED: "bold red",
    Outcome.UNUSED: "dim",
}
SHOWN_MAX: Final = 200


@with_client
def ready(
    client: Client,
    service: Annotated[str | None, typer.Argument(help="One service, with all its proofs.", show_default=False)] = None,
    *,
    prove: Annotated[bool, typer.Option("--prove", help="Ask the service's standbys now.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show whether standbys could take over: what was proved of them, when, and why not; ends with 16 if one can't.

    So it does where static routes have no store of last good copies.
    """
    if prove and service is None:
        fail(ExitCode.USAGE, "say whose standbys are to be asked: holdfast ready --prove SERVICE")
    document = (
        client.send(ReadinessDocument, "POST", path_to("/v1/readiness", service or "") + "/prove")
        if prove
        else client.get(ReadinessDocument, "/v1/readiness", service=service)
    )
    if as_json:
        print_json(document)
    else:
        print_readiness(document, service)
    if document.not_ready or (document.copies and document.copies.problem):
        raise typer.Exit(ExitCode.NOT_READY)


def print_readiness(document: ReadinessDocument, service: str | None) -> None:
    """Standbys for people: one service's with all proofs, else a line for each; and the store of last good copies."""
    _print_standbys(document, service)
    if document.copies is not None:
        _print_copies(document.copies)


def _print_copies(copies: CopiesDocument) -> None:
    count = len(copies.services)
    whose = copies.services[0] if count == 1 else f"{count:,} services"
    state = ("not-ready", "bold red") if copies.problem else ("ready", "green")
    print_line(("Last good copies", "bold"), f" of {whose}: ", state)
    if copies.problem:
        print_line("    ", copies.problem)


def _print_standbys(document: ReadinessDocument, service: str | None) -> None:
    for name in document.without:
        print_line((name, "bold"), " has no standby.")
    if not document.standbys:
        if not document.without:
            print_line("No service has a standby." if service is None else f"There is no service {service}.")
        return
    if service is None:
        shown = document.standbys[:SHOWN_MAX]
        more = f", {len(shown)} shown" if len(shown) < len(document.standbys) else ""
        title = f"Standbys: {len(document.standbys)}{more}"
        print_table(title, ("standby", "state", "last drill", "why"), (_tell(s, document.now) for s in shown))
        return
    for standby in document.standbys:
        state = (_tell_state(standby), _STYLES[standby.readiness])
        print_line((_name(standby), "bold"), ": ", state)
        for reason in standby.reasons:
            print_line("    ", reason)
        rows = (_tell_proof(proof, document.now) for proof in standby.proofs)
        print_table("", ("proof", "outcome", "when", "good for", "by", "what"), rows)


def _tell(standby: StandbyDocument, now: float) -> Iterator[str | Text]:
    drill = next((p for p in standby.proofs if p.kind is ProofKind.DRILL), None)
    yield _name(standby)
    yield Text(_tell_state(standby), style=_STYLES[standby.readiness])
    yield f"{tell_span(now - drill.at)} ago" if drill else "never"
    yield "; ".join(standby.reasons)


def _tell_proof(proof: ProofDocument, now: float) -> Iterator[str | Text]:
    yield proof.kind
    yield Text(proof.outcome, style=_OUTCOMES[proof.outcome])
    yield f"{tell_time(proof.at)}, {tell_span(now - proof.at)} ago"
    yield f"{tell_span(proof.remaining_s)} more" if proof.remaining_s else "too old"
    yield proof.author
    yield proof.told


def _tell_state(standby: StandbyDocument) -> str:
    return f"{standby.readiness}, alarm" if standby.alarm else str(standby.readiness)


def _name(standby: StandbyDocument) -> str:
    return f"{standby.service} {standby.upstream or ''} {standby.standby}".replace("  ", " ")
