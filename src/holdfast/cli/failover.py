"""`holdfast failover`: which services are on a standby, and how one is sent there."""

from typing import Annotated

import typer

from holdfast.cli.client import JsonOption, StateOption, TokenOption, UrlOption, reach_control
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.failover_view import show_failover
from holdfast.cli.mitigating import mitigating
from holdfast.cli.mitigations import ClassOption, SiteOption, SomeService
from holdfast.cli.output import fail
from holdfast.cli.quantities import SHARE
from holdfast.model.mitigation import FailOver
from holdfast.runtime.state_dir import default_state

app = typer.Typer(
    invoke_without_command=True, help="Send services to their standbys, and bring them back; see where they are."
)


@app.callback(invoke_without_command=True)
def failover(
    context: typer.Context,
    *,
    as_json: JsonOption = False,
    state: StateOption = default_state(),  # noqa: B008 - it is the default of the option
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> None:
    """Show where each service with standbys is, since when and why; what edges see of it; and what is held back."""
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    with reach_control(state, url, token_file) as client:
        show_failover(client, as_json=as_json)


@app.command()
@mitigating
def start(
    service: SomeService = None,
    *,
    site: SiteOption = None,
    classes: ClassOption = None,
    to: Annotated[str | None, typer.Option(help="The standby; the first of each if left out.")] = None,
    share: Annotated[
        float | None, typer.Option(parser=SHARE, metavar="SHARE", help="How much of the reading; all if left out.")
    ] = None,
    read_only: Annotated[
        bool | None, typer.Option("--read-only/--read-write", help="Whether writes work there; as the file says.")
    ] = None,
) -> FailOver:
    """Send requests to a standby in place of the primary: of one service, or of all whose primary is at a site."""
    return FailOver.model_construct(
        service=service,
        site=site,
        classes=tuple(classes) if classes else None,
        to=to,
        share=1.0 if share is None else share,
        read_only=read_only,
    )


def _refuse_options(context: typer.Context) -> None:
    """Options before a subcommand would be forgotten, and it might be another control that is spoken to."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        fail(ExitCode.USAGE, f"put options behind the word {context.invoked_subcommand}")
