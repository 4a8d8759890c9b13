"""The console as an application: its routes, its errors, its gate."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from holdfast.adapters.console import (
    acting,
    announcing,
    asking_why,
    changing,
    keeping,
    looking_up,
    moving,
    planning,
    promising,
    responding,
    reviewing,
    signing_in,
    telling,
    undelivered,
)
from holdfast.adapters.console.assets import load_assets
from holdfast.adapters.console.console import Console, console_of, session_of
from holdfast.adapters.console.feed import TICK_S, Feed
from holdfast.adapters.console.gate import SECURITY_HEADERS, SecureHeaders, SessionGate
from holdfast.adapters.console.incident_port import IncidentDesk
from holdfast.adapters.console.port import ConsoleOperations, LiveSource, TokenDirectory
from holdfast.adapters.console.rendering import Templates
from holdfast.adapters.console.screen import Screen
from holdfast.adapters.console.screens import SCREENS
from holdfast.adapters.console.sessions import SessionStore
from holdfast.adapters.console.throttle import LoginThrottle
from holdfast.views.spool_commands import SpoolCommands

COMPRESSED_BYTES_MIN: Final = 1_000
COMPRESSION: Final = 5


def make_console(
    live: LiveSource,
    operations: ConsoleOperations,
    spool: SpoolCommands,
    desk: IncidentDesk,
    tokens: TokenDirectory,
    clock: Callable[[], float] = time.time,
    tick_s: float = TICK_S,
) -> Starlette:
    """The console over a running control, for those who hold one of these tokens. See `mount_console`."""
    console = Console(
        live,
        operations,
        spool,
        desk,
        SessionStore(tokens, clock),
        LoginThrottle(clock),
        Templates(),
        load_assets(),
        Feed(tick_s),
    )
    routes = [
        Route("/login", signing_in.show_login),
        Route("/login", signing_in.sign_in, methods=["POST"]),
        Route("/logout", signing_in.sign_out, methods=["POST"]),
        Route("/static/{version}/{name:path}", _show_asset),
        Route("/mitigate", acting.show_form),
        Route("/mitigate", acting.act, methods=["POST"]),
        Route("/mitigations/{id}/end", acting.show_ending),
        Route("/mitigations/{id}/end", acting.end, methods=["POST"]),
        Route("/changes/{act}", changing.show_change),
        Route("/changes/{act}", changing.change, methods=["POST"]),
        Route("/failover/start", moving.show_form),
        Route("/failover/start", moving.move, methods=["POST"]),
        Route("/spool/dead", undelivered.show_dead),
        Route("/spool/messages/{id}", undelivered.show_message),
        Route("/spool/messages/{id}/{act}", undelivered.show_act),
        Route("/spool/messages/{id}/{act}", undelivered.act, methods=["POST"]),
        Route("/spool/services/{service}/{act}", keeping.show_act),
        Route("/spool/services/{service}/{act}", keeping.act, methods=["POST"]),
        Route("/plan", planning.show_form),
        Route("/plan", planning.plan, methods=["POST"]),
        Route("/ledger/{sequence}", looking_up.show_entry),
        Route("/explain", asking_why.show_explain),
        Route("/explain", asking_why.explain, methods=["POST"]),
        *_list_incident_routes(),
        *(Route(path, _show(screen)) for path, screen in SCREENS.items()),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(SecureHeaders),
            Middleware(GZipMiddleware, minimum_size=COMPRESSED_BYTES_MIN, compresslevel=COMPRESSION),
            Middleware(SessionGate, sessions=console.sessions),
        ],
        exception_handlers={HTTPException: _on_http_error, Exception: _on_bug},
    )
    app.router.redirect_slashes = False
    app.state.console = console
    return app


def _list_incident_routes() -> list[Route]:
    """What is done about incidents: each form is shown where it is sent to."""
    forms = (
        ("/incidents/open", responding.show_opening, responding.open_incident),
        ("/incidents/{incident}/acknowledge", responding.show_acknowledging, responding.acknowledge),
        ("/incidents/{incident}/note", responding.show_noting, responding.note),
        ("/incidents/{incident}/change", responding.show_changing, responding.change),
        ("/incidents/{incident}/posts/{number}", telling.show_writing, telling.write),
        ("/incidents/{incident}/promise", promising.show_promising, promising.promise),
        ("/follow-ups/{follow_up}", promising.show_changing, promising.change),
        ("/maintenance/announce", announcing.show_announcing, announcing.announce),
        ("/maintenance/{maintenance}", announcing.show_changing, announcing.change),
        ("/maintenance/{maintenance}/{act}", announcing.show_act, announcing.act),
    )
    shown = [Route(path, show) for path, show, _ in forms]
    sent = [Route(path, do, methods=["POST"]) for path, _, do in forms]
    return [*shown, *sent, Route("/incidents/{incident}/postmortem.{form}", reviewing.show_postmortem)]


def mount_console(app: Starlette, console: Starlette, path: str = "/console") -> None:
    """Serve the console below a path of another app, whose own gate has to let that path through."""

    async def lead_in(_request: Request) -> Response:
        return RedirectResponse(f"{path}/", HTTPStatus.PERMANENT_REDIRECT)

    app.add_route(path, lead_in)
    app.mount(path, console)


def close_console(console: Starlette) -> None:
    """End all streams, so that a server that stops needn't wait for them."""
    console.state.console.feed.close()


def _show(screen: Screen) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        if screen.name == "overview" and session_of(request).tenant is not None:
            return RedirectResponse(f"{request.scope.get('root_path', '')}/services", HTTPStatus.SEE_OTHER)
        return console_of(request).answer(request, screen)

    return show


async def _show_asset(request: Request) -> Response:
    return console_of(request).assets.answer(request)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - by registration
    status = HTTPStatus(error.status_code)
    context = {"title": status.phrase, "detail": error.detail}
    answer = console_of(request).answer_still(request, "error.html", context, status)
    answer.headers.update(error.headers or {})
    return answer


async def _on_bug(_request: Request, _error: Exception) -> Response:
    """Comes from outside all middleware, and what failed may be whatever pages are made with."""
    detail = "Holdfast itself failed at this; its log says more.\n"
    return PlainTextResponse(detail, HTTPStatus.INTERNAL_SERVER_ERROR, SECURITY_HEADERS)
