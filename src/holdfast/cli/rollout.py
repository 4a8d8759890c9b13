"""`holdfast rollout`, `rollout pause`, `resume`, `promote`, `abort`."""

from typing import Annotated

import typer

from holdfast.adapters.api.bodies import RolloutBody
from holdfast.cli.client import Client, JsonOption, with_client
from holdfast.cli.output import out, print_json, print_line
from holdfast.cli.quantities import ReasonOption
from holdfast.cli.rollout_following import follow_to_end
from holdfast.cli.rollout_view import render_rollout, tell_freeze, tell_rolled_back, tell_rollout
from holdfast.cli.standing import shown_alone
from holdfast.views.rollout import RolloutsDocument

app = typer.Typer(help="See how a revision goes out; pause it, promote it, take it back.", invoke_without_command=True)
OptionalReason = Annotated[str, typer.Option("--reason", help="Why; everyone will see it.", show_default=False)]


@app.callback(invoke_without_command=True)
@shown_alone
def rollout(
    client: Client,
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Go on showing it until it is over.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the revision on its way, wave by wave; what went back last; and whether changes are frozen."""
    document = client.get(RolloutsDocument, "/v1/rollout")
    if as_json:
        print_json(document)
    elif follow and document.rollout is not None:
        follow_to_end(client, document.rollout.number)
    else:
        print_rollouts(document)


@app.command()
@with_client
def pause(client: Client, *, reason: ReasonOption) -> None:
    """Begin no further wave. Whoever has the revision keeps it."""
    _do(client, "pause", reason)


@app.command()
@with_client
def resume(client: Client, *, reason: OptionalReason = "") -> None:
    """Let the waves go on."""
    _do(client, "resume", reason)


@app.command()
@with_client
def promote(client: Client, *, reason: ReasonOption) -> None:
    """Give the revision to everybody now, without the waves that are left."""
    _do(client, "promote", reason)


@app.command()
@with_client
def abort(client: Client, *, reason: ReasonOption) -> None:
    """Give whoever has the revision the one before again."""
    _do(client, "abort", reason)


def print_rollouts(document: RolloutsDocument) -> None:
    """All about rollouts, for people."""
    console = out()
    if document.rollout is not None:
        console.print(render_rollout(document.rollout, document.now, bar=console.is_terminal))
    else:
        print_line("No revision is rolling out.")
    if document.rolled_back is not None:
        number = document.rolled_back.number
        print_line((f"Revision {number} was rolled back ", "bold red"), tell_rolled_back(document.rolled_back))
        for line in document.rolled_back.evidence:
            print_line(("    " + line, "dim"))
    if document.freeze is not None:
        print_line(("Changes are frozen ", "bold yellow"), tell_freeze(document.freeze))


def _do(client: Client, what: str, reason: str) -> None:
    body = RolloutBody.model_construct(reason=reason)
    document = client.send(RolloutsDocument, "POST", f"/v1/rollout/{what}", body)
    if document.rollout is not None:
        print_line((f"Revision {document.rollout.number}", "bold"), f": {tell_rollout(document.rollout)}")
    else:
        print_line((f"Revision {document.in_force}", "bold"), " is in force everywhere.")
