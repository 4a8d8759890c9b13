"""`holdfast restore`, `restore start`, `hold`, `release`, `stop`."""

from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.text import Text

from holdfast.adapters.api.bodies import StartBody, SteerBody
from holdfast.cli.client import (
    Client,
    JsonOption,
    path_to,
    with_client,
)
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json, print_line, print_table, tell_span
from holdfast.cli.quantities import ReasonOption
from holdfast.cli.standing import shown_alone
from holdfast.model.restoration import Health, Stage
from holdfast.model.units import format_rate
from holdfast.views.restoration import RestorationDocument, ReturningDocument

app = typer.Typer(
    help="Bring services back after an outage, one after the other; see how far it is.", invoke_without_command=True
)
ServiceArgument = Annotated[str, typer.Argument(help="The service.", show_default=False)]
_STAGES: Final = {Stage.HELD: "yellow", Stage.RAMPING: "green"}
_HEALTH: Final = {Health.GOOD: "green", Health.BAD: "bold red", Health.UNKNOWN: "dim"}


@app.callback(invoke_without_command=True)
@shown_alone
def restore(client: Client, *, as_json: JsonOption = False) -> None:
    """Show who is held, who is let in for how much, since when, and what each waits for."""
    document = client.get(RestorationDocument, "/v1/restoration")
    print_json(document) if as_json else print_restoration(document)


@app.command()
@with_client
def start(
    client: Client,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SITE|SERVICE...", help="Who comes back.", show_default=False)
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All services.")] = False,
    reason: ReasonOption,
) -> None:
    """Hold services, and let them come back in their turns: the critical first, none before what it depends on."""
    if bool(names) is everything:
        fail(ExitCode.USAGE, "say which services or sites come back, or --all")
    body = StartBody.model_construct(names=tuple(names or ()), reason=reason)
    print_restoration(client.send(RestorationDocument, "POST", "/v1/restoration/start", body))


@app.command()
@with_client
def hold(client: Client, service: ServiceArgument, *, reason: ReasonOption) -> None:
    """Hold a service until somebody releases it."""
    _steer(client, path_to("/v1/restoration", service) + "/hold", reason)


@app.command()
@with_client
def release(client: Client, service: ServiceArgument, *, reason: ReasonOption) -> None:
    """Let a service in now, whatever it waits for; one that is let in for a part already, for all that comes."""
    _steer(client, path_to("/v1/restoration", service) + "/release", reason)


@app.command()
@with_client
def stop(client: Client, *, reason: ReasonOption) -> None:
    """Let everybody in at once, for all that comes."""
    _steer(client, "/v1/restoration/stop", reason)


def print_restoration(document: RestorationDocument) -> None:
    """A restoration for people."""
    if not document.services:
        print_line("No service is held: all are back.")
        return
    columns = ("service", "stage", "let in", "usual", "health", "since", "waits for")
    title = f"Coming back: {document.held} held, {document.ramping} let in for a part"
    print_table(title, columns, (_tell(each, document.now) for each in document.services))


def _tell(each: ReturningDocument, now: float) -> Iterator[str | Text]:
    yield each.service
    yield Text(f"{each.stage}, stuck" if each.stuck else str(each.stage), style=_STAGES[each.stage])
    yield "nothing" if each.let_in_per_s is None else _tell_rate(each.let_in_per_s)
    yield _tell_rate(each.usual_per_s) if each.usual_per_s else "not known"
    yield Text(str(each.health), style=_HEALTH[each.health])
    yield tell_span(now - each.since)
    yield each.waits_for or f"{each.reason} ({each.author})"


def _tell_rate(per_s: float) -> str:
    return format_rate(round(per_s, 1))


def _steer(client: Client, path: str, reason: str) -> None:
    print_restoration(client.send(RestorationDocument, "POST", path, SteerBody.model_construct(reason=reason)))
