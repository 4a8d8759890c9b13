"""`holdfast freeze`, `thaw`: whether anything new may go out."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from holdfast.adapters.api.bodies import FreezeBody
from holdfast.cli.client import Client, with_client
from holdfast.cli.output import print_line
from holdfast.cli.quantities import DURATION, ReasonOption
from holdfast.cli.rollout_view import tell_freeze, tell_progress
from holdfast.views.rollout import FreezeDocument, RolloutsDocument

ForOption = Annotated[
    float | None,
    typer.Option("--for", parser=DURATION, metavar="DURATION", help="How long, such as 2h; else until `thaw`."),
]


@with_client
def freeze(client: Client, *, reason: ReasonOption, for_s: ForOption = None) -> None:
    """Let no revision go out. What is on its way stands still; mitigations and ways back go on."""
    body = FreezeBody.model_construct(reason=reason, for_s=for_s)
    frozen = client.send(FreezeDocument, "POST", "/v1/freeze", body)
    print_line(("Changes are frozen ", "bold"), tell_freeze(frozen))
    print_line("To end it: holdfast thaw")


@with_client
def thaw(
    client: Client,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; everyone will see it.", show_default=False)] = "",
) -> None:
    """Let revisions go out again."""
    document = client.send(RolloutsDocument, "DELETE", f"/v1/freeze?{urlencode({'reason': reason})}")
    print_line("Changes may go out again.")
    if document.rollout is not None:
        print_line((f"Revision {document.rollout.number}", "bold"), f" goes on: {tell_progress(document.rollout)}")
