"""Who may do what: the bearer token of a request, and what it is good for."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.adapters.api.port import Operations
from holdfast.adapters.api.problems import Problem, answer_problem
from holdfast.adapters.api.tokens import TokenStore
from holdfast.model.token import Role, Token

_BEARER: Final = HTTPBearer(auto_error=False, description="`holdfast token create` makes one.")
_MAY_READ: Final = {Role.VIEWER, Role.OPERATOR, Role.ADMIN}


class TokenGate:
    """Turns away whoever has no token, before a byte of a body is read.

    What lies at or below one of `open_below` has a gate of its own.
    """

    def __init__(
        self, app: ASGIApp, tokens: TokenStore, open_paths: frozenset[str], open_below: tuple[str, ...]
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._open_paths = open_paths
        self._open_below = open_below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its token is known, and tell the rest of the app whose it is."""
        if scope["type"] == "http" and not self._is_open(scope["path"]):
            scheme, _, secret = Headers(scope=scope).get("authorization", "").partition(" ")
            found = self._tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
            if found is None:
                await answer_problem(_unknown_token())(scope, receive, send)
                return
            scope.setdefault("state", {})["token"] = found
        await self._app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        below = any(path == place or path.startswith(f"{place}/") for place in self._open_below)
        return below or path in self._open_paths


def _unknown_token() -> Problem:
    detail = "send a token that is known here: Authorization: Bearer holdfast_…"
    return Problem(HTTPStatus.UNAUTHORIZED, "token_unknown", detail, headers={"WWW-Authenticate": "Bearer"})


async def identify(request: Request, _: Annotated[object, Depends(_BEARER)]) -> Token:
    """Whose request this is, as the gate found."""
    token: Token = request.state.token
    return token


async def _operations(request: Request) -> Operations:
    operations: Operations = request.app.state.operations
    return operations


async def _tokens(request: Request) -> TokenStore:
    tokens: TokenStore = request.app.state.tokens
    return tokens


def _require(*roles: Role) -> Callable[[Token], Awaitable[Token]]:
    async def check(token: Annotated[Token, Depends(identify)]) -> Token:
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
