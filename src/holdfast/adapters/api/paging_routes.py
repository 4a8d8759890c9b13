"""Who is on call; a test page; and the page that the link in a page leads to."""

import base64
import hashlib
from http import HTTPStatus
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse

from holdfast.adapters.api.access import Operator, Viewer
from holdfast.adapters.api.problems import refuse
from holdfast.model.refusal import Refusal
from holdfast.views.paging import LinkedIncidentDocument, OnCallDocument, TestPageDocument

router = APIRouter(prefix="/v1")
link_router = APIRouter(prefix="/page")
LINKS: Final = "/page"
"""Below this, the link itself is what lets people in."""


class PagingDesk(Protocol):
    """Who is paged."""

    def show(self) -> OnCallDocument:
        """Who is on call, and how paging is."""

    async def test(self, author: str, person: str) -> TestPageDocument | Refusal:
        """Send somebody a test page by every channel."""

    def find_link(self, token: str) -> LinkedIncidentDocument | None:
        """What the link with this token is for, if it is good."""

    async def follow_link(self, token: str) -> LinkedIncidentDocument | None:
        """Acknowledge the incident of a link, in its person's name."""


async def _desk(request: Request) -> PagingDesk:
    desk: PagingDesk = request.app.state.paging
    return desk


Desk = Annotated[PagingDesk, Depends(_desk)]


@router.get("/on-call")
async def show_on_call(_viewer: Viewer, desk: Desk) -> OnCallDocument:
    """Who is on call for each team, how calendars and heartbeats are, and what is wrong with the paging file."""
    return desk.show()


@router.post("/on-call/{person}/test")
async def test_page(operator: Operator, desk: Desk, person: str) -> TestPageDocument:
    """Send somebody a test page by every one of their channels."""
    answer = await desk.test(operator.name, person)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer


@link_router.get("/{token}", include_in_schema=False)
async def show_link(desk: Desk, token: str) -> HTMLResponse:
    """What a link in a page is for, with a button. Nothing happens yet: programs that look through mails come here."""
    return _answer(desk.find_link(token), done=False)


@link_router.post("/{token}", include_in_schema=False)
async def follow_link(desk: Desk, token: str) -> HTMLResponse:
    """Acknowledge."""
    return _answer(await desk.follow_link(token), done=True)


_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:32rem;padding:1.5rem;color:#1b1f24;"
    "background:#fff}h1{font-size:1.4rem;overflow-wrap:anywhere}button{font:inherit;font-weight:600;width:100%;"
    "padding:1rem;border:0;border-radius:.5rem;background:#0b57d0;color:#fff}button:focus-visible{outline:3px solid "
    "#f29900;outline-offset:2px}@media(prefers-color-scheme:dark){body{color:#e8eaed;background:#16181c}"
    "button{background:#a8c7fa;color:#062e6f}}"
)
_TEMPLATE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>{{ heading }}</title><style>{{ style }}</style></head><body><main>
{% if linked is none %}<h1>This link isn't good any more</h1>
<p>It was for another incident, or is too old. Use the console, or <code>holdfast incident ack</code>.</p>
{% else %}<h1>{{ "Drill: " if linked.drill }}{{ linked.incident }}: {{ linked.title }}</h1>
<p>Impact {{ linked.impact }}, {{ linked.phase }}.
{% if linked.acknowledged_by %}{{ linked.acknowledged_by }} works on it.{% else %}Nobody works on it yet.{% endif %}</p>
{% if linked.phase == "resolved" %}<p>It is over. There is nothing to do.</p>
{% elif done %}<p role="status"><strong>Thank you, {{ linked.person }}. Nobody else is woken for it.</strong></p>
{% else %}<form method="post"><button type="submit">
{%- if linked.acknowledged_by %}Say that you are still at it{% else %}Acknowledge as {{ linked.person }}{% endif -%}
</button></form>{% endif %}{% endif %}
</main></body></html>
"""
_PAGE: Final = Environment(autoescape=True).from_string(_TEMPLATE)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _answer(linked: LinkedIncidentDocument | None, *, done: bool) -> HTMLResponse:
    heading = "Holdfast" if linked is None else f"{linked.incident} - Holdfast"
    text = _PAGE.render(linked=linked, done=done, heading=heading, style=_STYLE)
    status = HTTPStatus.NOT_FOUND if linked is None else HTTPStatus.OK
    return HTMLResponse(text, status, _HEADERS)
