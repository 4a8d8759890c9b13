"""What the console's pages are made with, and how a page or its stream of changes is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from holdfast.adapters.console.assets import Assets
from holdfast.adapters.console.feed import Feed, FeedFull, Gone, Regions, View, compress
from holdfast.adapters.console.gate import COOKIE
from holdfast.adapters.console.incident_port import IncidentDesk
from holdfast.adapters.console.port import ConsoleOperations, LiveSource
from holdfast.adapters.console.rendering import Templates
from holdfast.adapters.console.screen import Screen
from holdfast.adapters.console.screens import load_pulse
from holdfast.adapters.console.sessions import Session, SessionStore
from holdfast.adapters.console.throttle import LoginThrottle
from holdfast.views.spool_commands import SpoolCommands

_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Console:
    """Everything that answers requests."""

    source: LiveSource
    operations: ConsoleOperations
    spool: SpoolCommands
    desk: IncidentDesk
    sessions: SessionStore
    throttle: LoginThrottle
    templates: Templates
    assets: Assets
    feed: Feed

    def answer(self, request: Request, screen: Screen) -> Response:
        """A page, or its changes as they come if that is what the browser accepts."""
        session = session_of(request)
        key, load = screen.plan(request, session)
        basics = self._basics(request)
        shared = {"root": basics["root"], "may_act": session.may_act, "tenant": session.tenant}

        def render() -> Regions:
            context = {**shared, **load(self.source)}
            pulse = {**shared, **load_pulse(self.source, session.tenant), "here": screen.name}
            regions = {name: self.templates.render(f"regions/{name}.html", context) for name in screen.regions}
            return {**regions, "pulse": self.templates.render("regions/pulse.html", pulse)}

        if _STREAM in request.headers.get("accept", ""):
            return self._stream(request, View((screen.name, session.tenant, session.may_act, *key), render))
        try:
            page = {**basics, **load(self.source), "screen": screen, "regions": render()}
        except Gone as error:
            raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from error
        return HTMLResponse(self.templates.render(f"{screen.name}.html", page), headers={"Vary": "Accept"})

    def answer_still(
        self, request: Request, template: str, context: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        """A page that doesn't keep itself up to date."""
        page = {**self._basics(request), "screen": None, "regions": self._still_pulse(request), **context}
        return HTMLResponse(self.templates.render(template, page), status)

    def _stream(self, request: Request, view: View) -> Response:
        cookie = request.cookies.get(COOKIE, "")
        try:
            self.feed.check_room(view)
        except FeedFull as error:
            detail = "As many watch as may; this page doesn't update by itself."
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "15"}) from error
        events = self.feed.follow(view, lambda: self.sessions.find(cookie) is not None)
        headers = {"Vary": "Accept, Accept-Encoding", "X-Accel-Buffering": "no"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"], events = "gzip", compress(events)
        return StreamingResponse(events, media_type=_STREAM, headers=headers)

    def _basics(self, request: Request) -> dict[str, Any]:
        session: Session | None = getattr(request.state, "session", None)
        return {
            "root": request.scope.get("root_path", ""),
            "session": session,
            "csrf": session.csrf if session else "",
            "may_act": session.may_act if session else False,
            "version": self.assets.version,
            "has_charts": "uplot/uPlot.js" in self.assets,
        }

    def _still_pulse(self, request: Request) -> dict[str, Markup]:
        session: Session | None = getattr(request.state, "session", None)
        if session is None:
            return {}
        shared = {"root": request.scope.get("root_path", ""), "tenant": session.tenant}
        here = request.url.path.rpartition("/")[2]
        pulse = {**shared, **load_pulse(self.source, session.tenant), "here": here}
        return {"pulse": self.templates.render("regions/pulse.html", pulse)}


def session_of(request: Request) -> Session:
    """Whose request this is, as the gate found."""
    session: Session = request.state.session
    return session


def require_operator(request: Request) -> None:
    """End the request with 403 unless whoever sends it may act."""
    if not session_of(request).may_act:
        raise HTTPException(HTTPStatus.FORBIDDEN, "This takes a token of the role operator or admin.")


def console_of(request: Request) -> Console:
    """What the request is answered with."""
    console: Console = request.app.state.console
    return console
