"""`holdfast maintenance`: `list`, `announce`, `change`, `begin`, `end`, `cancel`."""

from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.text import Text

from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.moments import read_coming
from holdfast.cli.output import fail, print_json, print_line, print_table, tell_span, tell_time
from holdfast.cli.quantities import DURATION, ReasonOption
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.views.incidents_wanted import MaintenanceChangeWanted, MaintenanceWanted
from holdfast.views.maintenance import MaintenanceDocument, MaintenancesDocument

PATH = "/v1/maintenance"
STYLES: Final = {
    MaintenancePhase.SCHEDULED: "cyan",
    MaintenancePhase.IN_PROGRESS: "bold yellow",
    MaintenancePhase.COMPLETED: "green",
    MaintenancePhase.CANCELLED: "dim",
}
app = typer.Typer(help="Announce work ahead; it begins and ends by itself.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Such as w-3.", show_default=False)]
BeginsOption = Annotated[
    float | None,
    typer.Option("--begins", parser=read_coming, metavar="TIME", help="In 2h, or a time in UTC.", show_default=False),
]
EndsOption = Annotated[
    float | None,
    typer.Option("--ends", parser=read_coming, metavar="TIME", help="In 3h, or a time in UTC.", show_default=False),
]
ForOption = Annotated[
    float | None, typer.Option("--for", parser=DURATION, metavar="DURATION", help="How long.", show_default=False)
]
TextOption = Annotated[str | None, typer.Option(help="What users should know of it.", show_default=False)]
ComponentOption = Annotated[
    list[str] | None, typer.Option("--component", help="May be repeated; all if left out.", show_default=False)
]
RegionOption = Annotated[
    list[str] | None, typer.Option("--region", help="May be repeated; all if left out.", show_default=False)
]


@app.command(name="list")
@with_client
def list_maintenance(client: Client, *, as_json: JsonOption = False) -> None:
    """List what comes, what goes on, and what was."""
    document = client.get(MaintenancesDocument, PATH)
    print_json(document) if as_json else _print(document)


@app.command()
@with_client
def announce(  # noqa: PLR0913 - one for each option
    client: Client,
    title: Annotated[str, typer.Argument(help="What is done, for everybody to read.", show_default=False)],
    *,
    begins: Annotated[
        float,
        typer.Option(
            "--begins", parser=read_coming, metavar="TIME", help="In 2h, or a time in UTC.", show_default=False
        ),
    ],
    ends: EndsOption = None,
    for_s: ForOption = None,
    text: TextOption = None,
    component: ComponentOption = None,
    region: RegionOption = None,
) -> None:
    """Announce work: users are reminded, it begins and ends by itself, and what it covers wakes nobody meanwhile."""
    if (ends is None) is (for_s is None):
        fail(ExitCode.USAGE, "say how long it lasts, either with --for 1h or with --ends 2026-01-31T12:00")
    body = MaintenanceWanted.model_construct(
        title=title,
        begins_at=begins,
        ends_at=ends if ends is not None else begins + (for_s or 0.0),
        text=text or "",
        components=tuple(component or ()),
        regions=tuple(region or ()),
    )
    _print_one(client.send(MaintenanceDocument, "POST", PATH, body))


@app.command()
@with_client
def change(  # noqa: PLR0913 - one for each option
    client: Client,
    maintenance: IdArgument,
    *,
    title: Annotated[str | None, typer.Option(help="What is done.", show_default=False)] = None,
    begins: BeginsOption = None,
    ends: EndsOption = None,
    text: TextOption = None,
    component: ComponentOption = None,
    region: RegionOption = None,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
) -> None:
    """Change what was announced."""
    body = MaintenanceChangeWanted.model_construct(
        title=title,
        begins_at=begins,
        ends_at=ends,
        text=text,
        components=tuple(component) if component else None,
        regions=tuple(region) if region else None,
        reason=reason,
    )
    _change(client, maintenance, body)


@app.command()
@with_client
def begin(
    client: Client,
    maintenance: IdArgument,
    *,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
) -> None:
    """Begin it now, ahead of its time; it still ends when it was to end."""
    _set_phase(client, maintenance, MaintenancePhase.IN_PROGRESS, reason)


@app.command()
@with_client
def end(
    client: Client,
    maintenance: IdArgument,
    *,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
) -> None:
    """Say that it is done."""
    _set_phase(client, maintenance, MaintenancePhase.COMPLETED, reason)


@app.command()
@with_client
def cancel(client: Client, maintenance: IdArgument, *, reason: ReasonOption) -> None:
    """Call it off."""
    _set_phase(client, maintenance, MaintenancePhase.CANCELLED, reason)


def _set_phase(client: Client, maintenance: str, phase: MaintenancePhase, reason: str) -> None:
    _change(client, maintenance, MaintenanceChangeWanted.model_construct(phase=phase, reason=reason))


def _change(client: Client, maintenance: str, body: MaintenanceChangeWanted) -> None:
    _print_one(client.send(MaintenanceDocument, "PATCH", path_to(PATH, maintenance), body))


def _print(document: MaintenancesDocument) -> None:
    if not document.coming:
        print_line("No work is announced.")
    columns = ("id", "what", "where", "phase", "begins", "lasts", "mutes")
    print_table("Announced", columns, map(_tell, document.coming))
    print_table("Past", columns, map(_tell, document.past))


def _tell(document: MaintenanceDocument) -> Iterator[str | Text]:
    window = document.maintenance
    yield window.id
    yield window.title
    yield _tell_places(window)
    yield Text(window.phase.replace("_", " "), style=STYLES[window.phase])
    yield tell_time(window.begins_at)
    yield tell_span(window.ends_at - window.begins_at)
    yield ", ".join(document.muted)


def _tell_places(window: Maintenance) -> str:
    return ", ".join((*window.components, *window.regions)) or "everything"


def _print_one(document: MaintenanceDocument) -> None:
    window = document.maintenance
    phase = window.phase.replace("_", " ")
    told = f"{phase}, {tell_time(window.begins_at)} to {tell_time(window.ends_at)}, {_tell_places(window)}"
    print_line((window.id, "bold"), f": {window.title} ({told})")
