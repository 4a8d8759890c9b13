"""`holdfast token create`, `list`, `revoke`."""

from typing import Annotated

import typer

from holdfast.adapters.api.bodies import TokenBody
from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.output import err, print_json, print_line, print_table, tell_time
from holdfast.model.token import Role
from holdfast.views.tokens import NewTokenDocument, TokensDocument

app = typer.Typer(no_args_is_help=True, help="Who may do what: make, list and revoke tokens.")


@app.command("create")
@with_client
def create(
    client: Client,
    *,
    role: Annotated[Role, typer.Option(help="What it is good for.", show_default=False)],
    name: Annotated[str, typer.Option(help="Who gets it; the author of what is done with it.")] = "",
    tenant: Annotated[str | None, typer.Option(help="For an owner: whose services.")] = None,
) -> None:
    """Make a token. Its secret is printed this once, alone on standard output."""
    body = TokenBody.model_construct(name=name or str(role), role=role, tenant=tenant)
    made = client.send(NewTokenDocument, "POST", "/v1/tokens", body)
    err().print(f"Token {made.token.id} for {made.token.name}; it is shown only now:", markup=False)
    print(made.secret)


@app.command("list")
@with_client
def list_(client: Client, *, as_json: JsonOption = False) -> None:
    """List tokens, without their secrets."""
    document = client.get(TokensDocument, "/v1/tokens")
    if as_json:
        print_json(document)
        return
    rows = ((t.id, t.name, str(t.role), t.tenant or "", tell_time(t.created_at)) for t in document.tokens)
    print_table("Tokens", ("id", "name", "role", "tenant", "made"), rows)


@app.command("revoke")
@with_client
def revoke(client: Client, token: Annotated[str, typer.Argument(metavar="ID", show_default=False)]) -> None:
    """Make a token worthless from now on."""
    client.delete(path_to("/v1/tokens", token))
    print_line(f"Token {token} is worthless now.")
