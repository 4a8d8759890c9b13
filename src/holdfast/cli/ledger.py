"""`holdfast ledger`: who changed what, which edges have it now, and what is otherwise; `ledger N`, `ledger note`,
`ledger end-drill`.
"""

import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer
from rich.text import Text
from typer.core import TyperGroup

from holdfast.adapters.api.bodies import EndBody, NoteBody
from holdfast.cli.client import Client, JsonOption, with_client
from holdfast.cli.ledger_view import print_changes, tell_on, tell_scope, tell_standing
from holdfast.cli.output import print_json, print_line, print_table, tell_span, tell_time
from holdfast.cli.quantities import DURATION
from holdfast.model.ledger import LedgerKind
from holdfast.model.note import NoteKind
from holdfast.views.ledger import LedgerDocument, LedgerEdge, LedgerEntry, LedgerEntryDocument

HASH_SHOWN: Final = 12
"""Characters of a digest that are shown; `--json` has all."""


class _LedgerGroup(TyperGroup):
    """`holdfast ledger` lists, `holdfast ledger 12` shows one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Say which command it is, where only what it is given is said."""
        if args and args[0].isdecimal():
            args = ["show", *args]
        elif not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"}):
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_LedgerGroup, help="Show who changed what, and which edges have it now; `ledger 12` shows one.")


@app.command(name="list")
@with_client
def list_changes(  # noqa: PLR0913 - one for each option
    client: Client,
    *,
    service: Annotated[str | None, typer.Option(help="Only changes of this service.", show_default=False)] = None,
    kind: Annotated[LedgerKind | None, typer.Option(help="Only this kind.", show_default=False)] = None,
    author: Annotated[str | None, typer.Option(help="Only by this author.", show_default=False)] = None,
    since: Annotated[
        float | None,
        typer.Option(parser=DURATION, metavar="DURATION", help="Only the last 2h, say.", show_default=False),
    ] = None,
    before: Annotated[int | None, typer.Option(help="Only those before this one.", show_default=False)] = None,
    count_max: Annotated[int, typer.Option("--max", help="So many at most.", min=1, max=500)] = 30,
    as_json: JsonOption = False,
) -> None:
    """List changes, newest first: who, what, why, and which edges have it now."""
    document = client.get(
        LedgerDocument,
        "/v1/ledger",
        service=service,
        kind=kind.value if kind else None,
        author=author,
        since=None if since is None else time.time() - since,
        before=before,
        count_max=count_max,
    )
    if as_json:
        print_json(document)
        return
    _print_drift(document)
    columns = ("change", "when", "by", "what", "services", "now", "edges", "why")
    print_table("Ledger", columns, (_tell(entry, document.now) for entry in document.entries))
    if not document.entries:
        print_line("Nothing was changed.")
    if document.older is not None:
        print_line((f"… and more: holdfast ledger --before {document.older}", "dim"))


@app.command(name="show")
@with_client
def show_change(
    client: Client,
    number: Annotated[int, typer.Argument(metavar="N", help="The change's place in the ledger.", min=1)],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one change: what it says otherwise, what became of it, and on which edges it is, proved by hashes."""
    document = client.get(LedgerEntryDocument, f"/v1/ledger/{number}")
    if as_json:
        print_json(document)
        return
    for name, value in _describe(document.entry, document.now):
        print_line((f"{name:<10}", "dim"), value)
    if document.changes is not None:
        print_changes(document.changes)
    course = (_tell(entry, document.now) for entry in document.course)
    print_table("What else became of it", ("change", "when", "by", "what", "services", "now", "edges", "why"), course)
    rows = (_tell_edge(edge, document.now) for edge in document.edges)
    print_table("Edges", ("edge", "location", "has it", "acknowledged", "should have", "drift"), rows)


@app.command(name="note")
@with_client
def note(
    client: Client,
    why: Annotated[str, typer.Argument(help="What was done, and why; everyone will see it.", show_default=False)],
    *,
    kind: Annotated[NoteKind, typer.Option(help="What was changed.")] = NoteKind.OTHER,
    service: Annotated[
        list[str] | None, typer.Option(help="A service that it is about; may be repeated.", show_default=False)
    ] = None,
    for_s: Annotated[
        float | None,
        typer.Option("--for", parser=DURATION, metavar="DURATION", help="How long a drill goes on; else an hour."),
    ] = None,
) -> None:
    """Tell the ledger what was changed beside Holdfast, such as a deploy, so that it can be a suspect."""
    body = NoteBody.model_construct(kind=kind, services=tuple(service or ()), why=why, for_s=for_s)
    _print_noted(client.send(LedgerEntry, "POST", "/v1/ledger/notes", body))


@app.command(name="end-drill")
@with_client
def end_drill(
    client: Client,
    drill: Annotated[int, typer.Argument(metavar="NUMBER", help="The drill's change, as `note` printed it.", min=1)],
    why: Annotated[str, typer.Argument(help="What came of it.", show_default=False)] = "it is over",
) -> None:
    """Say that a noted drill is over before its time."""
    body = EndBody.model_construct(why=why)
    _print_noted(client.send(LedgerEntry, "POST", f"/v1/ledger/{drill}/end", body))


def _print_noted(entry: LedgerEntry) -> None:
    number = "" if entry.sequence is None else f" {entry.sequence}"
    print_line((f"Change{number}", "bold"), f": {entry.title}, by {entry.author} ({entry.why})")


def _print_drift(document: LedgerDocument) -> None:
    for edge in document.drifting:
        if edge.drift is not None:
            named = ", ".join(edge.drift.resources[:3])
            lasts = tell_span(document.now - edge.drift.since)
            told = f" has something else than it should, for {lasts}: {edge.drift.count} differ ({named})"
            print_line((f"Edge {edge.name}", "bold red"), told)


def _tell(entry: LedgerEntry, now: float) -> tuple[str | Text, ...]:
    return (
        "?" if entry.sequence is None else str(entry.sequence),
        tell_time(entry.at),
        entry.author,
        f"{_tell_subject(entry)}{entry.title}",
        tell_scope(entry),
        tell_standing(entry, now),
        tell_on(entry),
        entry.why,
    )


def _tell_subject(entry: LedgerEntry) -> str:
    if entry.kind is LedgerKind.REVISION:
        return f"revision {entry.subject} "
    return f"{entry.subject} " if entry.kind is LedgerKind.MITIGATION else ""


def _describe(entry: LedgerEntry, now: float) -> Iterator[tuple[str, str]]:
    number = "not recorded yet" if entry.sequence is None else f"change {entry.sequence}"
    yield number, f"{_tell_subject(entry)}{entry.title}"
    yield "when", f"{tell_time(entry.at)}, {tell_span(now - entry.at)} ago"
    yield "by", entry.author
    if entry.why:
        yield "why", entry.why
    if entry.commit:
        yield "commit", entry.commit
    if entry.content:
        yield "text", entry.content[:HASH_SHOWN]
    if scope := tell_scope(entry):
        yield "services", scope
    if standing := str(tell_standing(entry, now)):
        yield "now", standing
    if on := tell_on(entry):
        yield "edges", f"{on} have it: {', '.join(entry.on.edges) if entry.on else ''}"


def _tell_edge(edge: LedgerEdge, now: float) -> tuple[str | Text, ...]:
    drift = f"{edge.drift.count} differ for {tell_span(now - edge.drift.since)}" if edge.drift else ""
    has_it = Text("yes", style="green") if edge.has_it else Text("no", style="yellow")
    return edge.name, edge.location, has_it, _cut(edge.has), _cut(edge.should), Text(drift, style="bold red")


def _cut(digest: str | None) -> str:
    return "not known" if digest is None else digest[:HASH_SHOWN]
