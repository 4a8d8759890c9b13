"""`holdfast spool`: what is kept for later; `dead`, `show`, `redeliver`, `drop`, `open`, `close`, `salvage`."""

from pathlib import Path
from typing import Annotated

import typer

from holdfast.adapters.api.bodies import OpenBody, RedeliverAllBody, WhyBody
from holdfast.cli.client import (
    Client,
    JsonOption,
    path_to,
    with_client,
)
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json, print_line
from holdfast.cli.quantities import DURATION, ReasonOption
from holdfast.cli.spool_view import print_dead, print_message, print_spool, tell_service
from holdfast.cli.standing import shown_alone
from holdfast.views.spool import (
    DeadLettersDocument,
    MessageDocument,
    SpoolActionDocument,
    SpoolDocument,
    SpooledServiceDocument,
)

PATH = "/v1/spool"
MESSAGES = f"{PATH}/messages"
SERVICES = f"{PATH}/services"
IdArgument = Annotated[str, typer.Argument(help="The message's id: the end of its receipt.", show_default=False)]
ServiceArgument = Annotated[str, typer.Argument(help="The service.", show_default=False)]
SomeService = Annotated[str | None, typer.Argument(help="The service; all if left out.", show_default=False)]
ForOption = Annotated[
    float, typer.Option("--for", parser=DURATION, metavar="DURATION", help="How long, such as 1h.", show_default=False)
]

app = typer.Typer(help="See what is kept for later, and decide about dead letters.", invoke_without_command=True)


@app.callback(invoke_without_command=True)
@shown_alone
def spool(client: Client, *, as_json: JsonOption = False) -> None:
    """Show what is kept for later, by service: how much, since when, and where requests go now."""
    document = client.get(SpoolDocument, PATH)
    print_json(document) if as_json else print_spool(document)


@app.command()
@with_client
def dead(
    client: Client,
    service: SomeService = None,
    *,
    count_max: Annotated[int, typer.Option("--max", help="So many at most.", min=1, max=1_000)] = 50,
    after: Annotated[int, typer.Option(help="Only those after this number.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """List dead letters: what the upstream refused for good, or what wasn't delivered in time."""
    document = client.get(DeadLettersDocument, f"{PATH}/dead", service=service, after=after, count_max=count_max)
    if as_json:
        print_json(document)
    else:
        print_dead(document)


@app.command()
@with_client
def show(client: Client, message: IdArgument, *, as_json: JsonOption = False) -> None:
    """Show a message: what became of it, and (to admins and its tenant's owner) its content."""
    document = client.get(MessageDocument, path_to(MESSAGES, message))
    if as_json:
        print_json(document)
    else:
        print_message(document)


@app.command()
@with_client
def redeliver(
    client: Client,
    message: Annotated[str | None, typer.Argument(help="The message's id.", show_default=False)] = None,
    *,
    every: Annotated[
        str | None, typer.Option("--all", metavar="SERVICE", help="All dead letters of a service.", show_default=False)
    ] = None,
    reason: ReasonOption,
) -> None:
    """Let dead letters wait for delivery again, at their old place in their order."""
    if (message is None) is (every is None):
        fail(ExitCode.USAGE, "name one message, or a service with --all")
    if message is not None:
        done = client.send(
            SpoolActionDocument, "POST", path_to(MESSAGES, message) + "/redeliver", WhyBody(reason=reason)
        )
    else:
        body = RedeliverAllBody(service=every or "", reason=reason)
        done = client.send(SpoolActionDocument, "POST", f"{PATH}/dead/redeliver", body)
    print_line(f"{done.done} to be delivered")


@app.command()
@with_client
def drop(client: Client, message: IdArgument, *, reason: ReasonOption) -> None:
    """Never deliver a message that waits or is dead. Its receipt says so."""
    client.send(SpoolActionDocument, "POST", path_to(MESSAGES, message) + "/drop", WhyBody(reason=reason))
    print_line(f"{message} is dropped")


@app.command(name="open")
@with_client
def open_service(client: Client, service: ServiceArgument, *, for_s: ForOption, reason: ReasonOption) -> None:
    """Keep all that may be deferred of a service, whether or not its upstream would take it."""
    body = OpenBody(for_s=for_s, reason=reason)
    tell_service(client.send(SpooledServiceDocument, "POST", path_to(SERVICES, service) + "/open", body))


@app.command()
@with_client
def close(client: Client, service: ServiceArgument, *, reason: ReasonOption) -> None:
    """End what was said by `spool open`. Requests go directly again once all that is kept in order is delivered."""
    body = WhyBody(reason=reason)
    tell_service(client.send(SpooledServiceDocument, "POST", path_to(SERVICES, service) + "/close", body))


@app.command()
def salvage(
    folder: Annotated[Path, typer.Argument(help="The spooler's folder.", show_default=False)],
) -> None:
    """Keep what is whole of a damaged spool. The damaged one is kept beside it."""
    from holdfast.cli.spool_salvage import salvage_folder  # noqa: PLC0415 - only this command pays for it

    salvage_folder(folder)
