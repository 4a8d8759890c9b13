"""`holdfast follow-up`: `list`, `add`, `change`, `done`, `drop`."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.text import Text

from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json, print_line, print_table
from holdfast.cli.quantities import ReasonOption
from holdfast.model.day import Day
from holdfast.views.follow_ups import FollowUpDocument, FollowUpsDocument
from holdfast.views.incidents_wanted import FollowUpChangeWanted, FollowUpWanted

PATH = "/v1/follow-ups"
app = typer.Typer(help="Keep what was promised after incidents.", no_args_is_help=True)


def _read_day(text: str) -> Day:
    try:
        return Day.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write one such as 2026-01-31") from None


IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Such as u-3.", show_default=False)]
DueOption = Annotated[
    Day | None,
    typer.Option(parser=_read_day, metavar="DAY", help="The last day (UTC), such as 2026-01-31.", show_default=False),
]
DrillOption = Annotated[str | None, typer.Option(help="The drill that proves it.", show_default=False)]
PublicOption = Annotated[str | None, typer.Option("--public", help="What the status site says.", show_default=False)]


@app.command(name="list")
@with_client
def list_follow_ups(
    client: Client,
    *,
    incident: Annotated[str | None, typer.Option(help="Only those of this one.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are done or dropped, too.")] = False,
    check: Annotated[bool, typer.Option("--check", help="End with 17 if one is overdue.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what was promised, that due first at the top; what is overdue is marked."""
    document = client.get(FollowUpsDocument, PATH, incident=incident, only_open=not everything)
    print_json(document) if as_json else _print(document)
    overdue = [each.follow_up.id for each in document.follow_ups if each.overdue]
    if check and overdue:
        fail(ExitCode.OVERDUE, f"overdue: {', '.join(overdue)}")


@app.command()
@with_client
def add(
    client: Client,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Such as i-3.", show_default=False)],
    text: Annotated[str, typer.Argument(help="What is promised.", show_default=False)],
    *,
    owner: Annotated[str, typer.Option(help="Whose it is.", show_default=False)],
    due: Annotated[Day, typer.Option(parser=_read_day, metavar="DAY", help="The last day (UTC).", show_default=False)],
    drill: DrillOption = None,
    public: PublicOption = None,
) -> None:
    """Promise something after an incident; with --public, the status site says so."""
    body = FollowUpWanted.model_construct(
        incident=incident, text=text, owner=owner, due=due, drill=drill, public_text=public
    )
    _print_one(client.send(FollowUpDocument, "POST", PATH, body))


@app.command()
@with_client
def change(  # noqa: PLR0913 - one for each option
    client: Client,
    follow_up: IdArgument,
    *,
    text: Annotated[str | None, typer.Option(help="What is promised.", show_default=False)] = None,
    owner: Annotated[str | None, typer.Option(help="Whose it is.", show_default=False)] = None,
    due: DueOption = None,
    drill: DrillOption = None,
    public: PublicOption = None,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
) -> None:
    """Change a promise: what it is, whose, until when."""
    body = FollowUpChangeWanted.model_construct(
        text=text, owner=owner, due=due, drill=drill, public_text=public, reason=reason
    )
    _change(client, follow_up, body)


@app.command()
@with_client
def done(
    client: Client,
    follow_up: IdArgument,
    *,
    reason: Annotated[str, typer.Option(help="What shows it.", show_default=False)] = "",
) -> None:
    """Say that it is kept."""
    _change(client, follow_up, FollowUpChangeWanted.model_construct(done=True, reason=reason))


@app.command()
@with_client
def drop(client: Client, follow_up: IdArgument, *, reason: ReasonOption) -> None:
    """Give it up."""
    _change(client, follow_up, FollowUpChangeWanted.model_construct(dropped=True, reason=reason))


def _change(client: Client, follow_up: str, body: FollowUpChangeWanted) -> None:
    _print_one(client.send(FollowUpDocument, "PATCH", path_to(PATH, follow_up), body))


def _print(document: FollowUpsDocument) -> None:
    if not document.follow_ups:
        print_line("Nothing is promised.")
    columns = ("id", "incident", "what", "owner", "due", "proved by", "public")
    print_table("Follow-ups", columns, map(_tell, document.follow_ups))


def _tell(document: FollowUpDocument) -> Iterator[str | Text]:
    follow_up = document.follow_up
    yield follow_up.id
    yield follow_up.incident
    yield follow_up.text
    yield follow_up.owner
    yield _tell_due(document)
    yield f"drill {follow_up.drill}" if follow_up.drill else ""
    yield follow_up.public_text or ""


def _tell_due(document: FollowUpDocument) -> Text:
    follow_up = document.follow_up
    if follow_up.dropped:
        return Text("dropped", style="dim")
    if follow_up.done_at is not None:
        return Text("done", style="green")
    return Text(
        f"{follow_up.due}{', overdue' if document.overdue else ''}", style="bold red" if document.overdue else ""
    )


def _print_one(document: FollowUpDocument) -> None:
    follow_up = document.follow_up
    print_line((follow_up.id, "bold"), f": {follow_up.text} ({_tell_due(document)}, {follow_up.owner})")
