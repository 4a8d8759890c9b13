"""`holdfast failover`: which services are on a standby, and how one is sent there."""

from typing import Annotated

import typer

from holdfast.cli.client import Client, JsonOption
from holdfast.cli.failover_view import show_failover
from holdfast.cli.mitigating import mitigating
from holdfast.cli.mitigations import ClassOption, SiteOption, SomeService
from holdfast.cli.quantities import SHARE
from holdfast.cli.standing import shown_alone
from holdfast.model.mitigation import FailOver

app = typer.Typer(
    invoke_without_command=True, help="Send services to their standbys, and bring them back; see where they are."
)


@app.callback(invoke_without_command=True)
@shown_alone
def failover(client: Client, *, as_json: JsonOption = False) -> None:
    """Show where each service with standbys is, since when and why; what edges see of it; and what is held back."""
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
