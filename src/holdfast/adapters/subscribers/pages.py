"""Pages for whoever subscribes: without a credential, a cookie or a script, and changing nothing unless posted.

Each page's form is sent to the page itself, so that the pages work below whatever path they are put. Links in mails
are opened by programs that look for malice, so that only a press of the button confirms or unsubscribes; a mail
program that unsubscribes by itself posts (RFC 8058).
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qs

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from holdfast.adapters.subscribers.rendering import Templates
from holdfast.adapters.subscribers.throttle import Throttle
from holdfast.model.subscriber import (
    ADDRESS_CHARACTERS_MAX,
    CHOICES_MAX,
    Asked,
    Interest,
    SubscribedSite,
    SubscribersUnavailable,
    SubscriptionDesk,
)

BODY_BYTES_MAX: Final = 64 * 1024
TOKEN_CHARACTERS_MAX: Final = 200
_STYLE: Final = files(__package__).joinpath("templates", "page.css").read_text()
_STYLE_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
_TAKEN: Final = (
    "Look for a mail with a link, and follow it within a day; look among the unwanted ones too. "
    "If you gave a URL, it is being asked now, and counts once it answers."
)
_PROBLEMS: Final = {
    Asked.MALFORMED: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "That is neither an e-mail address nor the URL of a webhook.",
    ),
    Asked.TOO_MANY: (HTTPStatus.TOO_MANY_REQUESTS, "Too many people are subscribing now. Try again in a few minutes."),
}
_RETRY_S: Final = "60"
_Answer = Callable[[Request], Awaitable[Response]]


class PublicPages:
    """Answers requests. `clock` counts seconds."""

    def __init__(self, desk: SubscriptionDesk, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._templates = Templates()
        self._visits = Throttle(clock, burst=60, recovery_s=0.5)
        self._asking = Throttle(clock, burst=5, recovery_s=60.0)
        self._asking_all = Throttle(clock, burst=200, recovery_s=2.0)

    def gate(self, answer: Callable[[Request, SubscribedSite], Awaitable[Response]]) -> _Answer:
        """Have a request answered if there is a site, and its client doesn't ask too often."""

        async def pass_on(request: Request) -> Response:
            if not self._visits.take(_find_client(request)):
                raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": _RETRY_S})
            site = self._desk.find_site()
            if site is None:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            try:
                return await answer(request, site)
            except SubscribersUnavailable:
                raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": _RETRY_S}) from None

        return pass_on

    async def show_form(self, _request: Request, site: SubscribedSite) -> Response:
        """The form."""
        return self._answer_form(site, "", ())

    async def ask(self, request: Request, site: SubscribedSite) -> Response:
        """What came of sending it."""
        fields = await _read_fields(request)
        address = "".join(fields.get("address", ())).strip()
        interest = Interest(_choose(fields, "component", site.components), _choose(fields, "region", site.regions))
        if not 0 < len(address) <= ADDRESS_CHARACTERS_MAX:
            asked = Asked.MALFORMED
        elif not (self._asking.take(_find_client(request)) and self._asking_all.take("")):
            asked = Asked.TOO_MANY
        else:
            asked = await self._desk.ask(address, interest)
        if asked is Asked.TAKEN:
            return self._say(site, "Almost there", _TAKEN, HTTPStatus.ACCEPTED)
        return self._answer_form(site, address, (*interest.components, *interest.regions), asked)

    async def show_confirming(self, request: Request, site: SubscribedSite) -> Response:
        """The button that confirms."""
        if not await self._desk.is_open(_read_token(request)):
            return self._say_gone(site)
        text = f"You will be told of incidents and planned maintenance by {site.title}."
        return self._show_act("Confirm your subscription", text, "confirm", "Confirm")

    async def confirm(self, request: Request, site: SubscribedSite) -> Response:
        """What came of pressing it."""
        if not await self._desk.confirm(_read_token(request)):
            return self._say_gone(site)
        return self._say(site, "You are subscribed", "Every mail has a link to unsubscribe.")

    async def show_leaving(self, _request: Request, site: SubscribedSite) -> Response:
        """The button that unsubscribes: the same whether the link is somebody's or not."""
        text = f"{site.title} will tell you nothing more, and your address is erased."
        return self._show_act("Unsubscribe", text, "unsubscribe", "Unsubscribe")

    async def leave(self, request: Request, site: SubscribedSite) -> Response:
        """What came of pressing it."""
        await self._desk.unsubscribe(_read_token(request))
        return self._say(site, "You are unsubscribed", "Your address is erased.")

    def _answer_form(
        self, site: SubscribedSite, address: str, chosen: Sequence[str], asked: Asked | None = None
    ) -> Response:
        status, problem = _PROBLEMS[asked] if asked else (HTTPStatus.OK, "")
        context = {"site": site, "address": address, "chosen": chosen, "problem": problem}
        headers = {"Retry-After": _RETRY_S} if asked is Asked.TOO_MANY else {}
        return self._render("form.html", context, status, headers)

    def _show_act(self, title: str, text: str, act: str, button: str) -> Response:
        return self._render("act.html", {"title": title, "text": text, "act": act, "button": button}, HTTPStatus.OK)

    def _say(self, site: SubscribedSite, title: str, text: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
        context = {"title": title, "text": text, "url": site.url, "site": site.title}
        return self._render("said.html", context, status)

    def _say_gone(self, site: SubscribedSite) -> Response:
        text = "It was used already, or is older than a day. Subscribe again if you like."
        return self._say(site, "This link is no good any more", text, HTTPStatus.GONE)

    def _render(
        self, name: str, context: Mapping[str, Any], status: HTTPStatus, headers: Mapping[str, str] | None = None
    ) -> Response:
        style = Markup(_STYLE)  # noqa: S704 - our own file
        return HTMLResponse(
            self._templates.render(name, {"style": style, **context}), status, {**HEADERS, **(headers or {})}
        )


def make_public_pages(desk: SubscriptionDesk, clock: Callable[[], float]) -> Starlette:
    """The pages as an application, to be mounted where no credential is asked for."""
    pages = PublicPages(desk, clock)
    routes = [
        Route("/subscribers", pages.gate(pages.show_form)),
        Route("/subscribers", pages.gate(pages.ask), methods=["POST"]),
        Route("/subscribers/confirm/{token}", pages.gate(pages.show_confirming)),
        Route("/subscribers/confirm/{token}", pages.gate(pages.confirm), methods=["POST"]),
        Route("/subscribers/unsubscribe/{token}", pages.gate(pages.show_leaving)),
        Route("/subscribers/unsubscribe/{token}", pages.gate(pages.leave), methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _say_error, Exception: _say_bug})
    app.router.redirect_slashes = False
    return app


async def _say_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - by registration
    status = HTTPStatus(error.status_code)
    return PlainTextResponse(f"{status.phrase}.\n", status, {**HEADERS, **(error.headers or {})})


async def _say_bug(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("This failed; it is not your fault.\n", HTTPStatus.INTERNAL_SERVER_ERROR, HEADERS)


async def _read_fields(request: Request) -> Mapping[str, Sequence[str]]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        return parse_qs(body.decode(), max_num_fields=2 * CHOICES_MAX + 10, errors="strict")
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None


def _choose(fields: Mapping[str, Sequence[str]], name: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """What was chosen of what there is; everything is the same as nothing in particular."""
    chosen = frozenset(fields.get(name, ())) & known.keys()
    return () if chosen == known.keys() else tuple(sorted(chosen)[:CHOICES_MAX])


def _read_token(request: Request) -> str:
    return str(request.path_params["token"])[:TOKEN_CHARACTERS_MAX]


def _find_client(request: Request) -> str:
    return request.client.host if request.client else ""
