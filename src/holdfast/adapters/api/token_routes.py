"""Tokens: made, listed, revoked. All of it for admins only."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from holdfast.adapters.api.access import Admin, Tokens
from holdfast.adapters.api.bodies import TokenBody
from holdfast.adapters.api.problems import Problem
from holdfast.adapters.api.tokens import TooManyTokens
from holdfast.model.token import Role, TokenId
from holdfast.views.tokens import NewTokenDocument, TokensDocument

router = APIRouter(prefix="/v1/tokens")


@router.get("")
async def list_tokens(_admin: Admin, tokens: Tokens) -> TokensDocument:
    """Every token, oldest first, without the secrets."""
    return TokensDocument(tokens=tokens.all())


@router.post("", status_code=HTTPStatus.CREATED)
async def create_token(_admin: Admin, tokens: Tokens, body: TokenBody) -> NewTokenDocument:
    """Make a token. Its secret is in this answer and nowhere else."""
    if (body.role is Role.OWNER) != (body.tenant is not None):
        detail = "an owner's token names a tenant, and no other token does"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "tenant_malformed", detail)
    try:
        token, secret = tokens.create(body.name, body.role, body.tenant)
    except TooManyTokens as error:
        raise Problem(HTTPStatus.CONFLICT, "tokens_full", str(error)) from error
    except OSError as error:
        raise _unstorable(error) from error
    return NewTokenDocument(token=token, secret=secret.get_secret_value())


@router.delete("/{token_id}", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def revoke_token(_admin: Admin, tokens: Tokens, token_id: TokenId) -> None:
    """Make a token worthless from now on."""
    try:
        revoked = tokens.revoke(token_id)
    except OSError as error:
        raise _unstorable(error) from error
    if not revoked:
        raise Problem(HTTPStatus.NOT_FOUND, "token_id_unknown", f"there is no token {token_id}")


def _unstorable(error: OSError) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "tokens_unavailable", f"the tokens can't be stored now: {error}")
