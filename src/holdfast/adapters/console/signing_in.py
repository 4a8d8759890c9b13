"""Signing in with a token, and out."""

from http import HTTPStatus
from math import ceil

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.console import console_of
from holdfast.adapters.console.fields import read_fields
from holdfast.adapters.console.gate import COOKIE
from holdfast.adapters.console.sessions import LIFE_S

_LOCAL = "local"
"""Whoever comes by the UNIX socket."""


async def show_login(request: Request) -> Response:
    """The form that asks for a token."""
    return console_of(request).answer_still(request, "login.html", {"mistake": "", "next": _next(request)})


async def sign_in(request: Request) -> Response:
    """A session for a token that is known; an address that failed too often has to wait."""
    console = console_of(request)
    fields = await read_fields(request, None)
    address = request.client.host if request.client else _LOCAL
    wait_s = console.throttle.wait_s(address)
    if wait_s > 0:
        mistake = f"Too many attempts. Try again in {ceil(wait_s)} s."
        answer = _refuse(request, mistake, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(ceil(wait_s))
        return answer
    cookie = console.sessions.open(fields.get("token", ""))
    if cookie is None:
        console.throttle.note_failure(address)
        return _refuse(request, "This token isn't known here.", HTTPStatus.FORBIDDEN)
    root = request.scope.get("root_path", "")
    answer = RedirectResponse(root + _next(request), HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=int(LIFE_S),
        path=root or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


async def sign_out(request: Request) -> Response:
    """End the session."""
    console = console_of(request)
    await read_fields(request, request.state.session)
    console.sessions.close(request.cookies[COOKIE])
    root = request.scope.get("root_path", "")
    answer = RedirectResponse(f"{root}/login", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE, path=root or "/", httponly=True, samesite="strict")
    return answer


def _refuse(request: Request, mistake: str, status: HTTPStatus) -> Response:
    context = {"mistake": mistake, "next": _next(request)}
    return console_of(request).answer_still(request, "login.html", context, status)


def _next(request: Request) -> str:
    """Where to go afterwards: a path of the console, whatever was asked for."""
    wanted = request.query_params.get("next", "")
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable() else "/"
