"""What holds for every request to the console: headers that bind the browser, and nobody in without a session."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.adapters.console.sessions import SessionStore

COOKIE: Final = "holdfast_session"
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_OPEN: Final = ("/login", "/static/")
_RETURN_PAGE: Final = '<!doctype html><html lang="en"><meta http-equiv="refresh" content="0"><title>Holdfast</title>'


class SecureHeaders:
    """Puts `SECURITY_HEADERS` on every answer, and keeps answers out of caches, where they don't say otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (*SECURITY_HEADERS.items(), ("Cache-Control", "no-store")):
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_secured)


class SessionGate:
    """Sends whoever isn't signed in to the login page, before a byte of a body is read."""

    def __init__(self, app: ASGIApp, sessions: SessionStore) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its session goes on, and tell the rest of the app whose it is."""
        if scope["type"] != "http" or _is_open(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        session = self._sessions.find(request.cookies.get(COOKIE, ""))
        if session is None:
            await _turn_away(request)(scope, receive, send)
            return
        scope.setdefault("state", {})["session"] = session
        await self._app(scope, receive, send)


def path_inside(scope: Scope) -> str:
    """The path below where the console is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def is_own_form(headers: Headers) -> bool:
    """Whether a form was sent from a page of this site, as far as the browser says."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def _is_open(scope: Scope) -> bool:
    path = path_inside(scope)
    return path == _OPEN[0] or path.startswith(_OPEN[1])


def _turn_away(request: Request) -> Response:
    if request.method != "GET" or "text/event-stream" in request.headers.get("accept", ""):
        return PlainTextResponse("Sign in first.\n", HTTPStatus.UNAUTHORIZED)
    if request.headers.get("sec-fetch-site") == "cross-site" and COOKIE not in request.cookies:
        # A link on another site doesn't bring the cookie along; the same page asked for by itself does.
        return HTMLResponse(_RETURN_PAGE)
    root = request.scope.get("root_path", "")
    wanted = path_inside(request.scope) + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{root}/login?next={quote(wanted)}", HTTPStatus.SEE_OTHER)
