"""Who may do what: the bearer token of a request, and what it is good for."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from holdfast.adapters.api.port import Operations
from holdfast.adapters.api.problems import Problem
from holdfast.adapters.api.tokens import TokenStore
from holdfast.model.token import Role, Token

_BEARER: Final = HTTPBearer(auto_error=False, description="`holdfast token create` makes one.")
_MAY_READ: Final = {Role.VIEWER, Role.OPERATOR, Role.ADMIN}


def identify(request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Token:
    """Whose request this is; 401 without a token that is known."""
    tokens: TokenStore = request.app.state.tokens
    found = tokens.find(bearer.credentials) if bearer else None
    if found is None:
        detail = "send a token that is known here: Authorization: Bearer holdfast_…"
        challenge = {"WWW-Authenticate": "Bearer"}
        raise Problem(HTTPStatus.UNAUTHORIZED, "token_unknown", detail, headers=challenge)
    return found


def _operations(request: Request) -> Operations:
    operations: Operations = request.app.state.operations
    return operations


def _tokens(request: Request) -> TokenStore:
    tokens: TokenStore = request.app.state.tokens
    return tokens


def _require(*roles: Role) -> Callable[[Token], Token]:
    def check(token: Annotated[Token, Depends(identify)]) -> Token:
        if token.role not in roles:
            detail = f"this takes a token of the role {' or '.join(roles)}; yours is of the role {token.role}"
            raise Problem(HTTPStatus.FORBIDDEN, "role_insufficient", detail)
        return token

    return check


Control = Annotated[Operations, Depends(_operations)]
"""Whom a request is for."""
Tokens = Annotated[TokenStore, Depends(_tokens)]
"""The tokens that are known."""
Anyone = Annotated[Token, Depends(identify)]
"""Any token, an owner's too: what is answered depends on whose."""
Viewer = Annotated[Token, Depends(_require(Role.VIEWER, Role.OPERATOR, Role.ADMIN))]
Operator = Annotated[Token, Depends(_require(Role.OPERATOR, Role.ADMIN))]
Admin = Annotated[Token, Depends(_require(Role.ADMIN))]
Owner = Annotated[Token, Depends(_require(Role.OWNER, Role.OPERATOR, Role.ADMIN))]


def may_see(token: Token, tenant: str) -> bool:
    """Whether a tenant's services exist for the holder of a token."""
    return token.role in _MAY_READ or token.tenant == tenant
