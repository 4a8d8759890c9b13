"""Postmortems, to read in the browser or to take along."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from holdfast.adapters.console.console import console_of, session_of
from holdfast.adapters.console.incident_screens import INCIDENT_ID
from holdfast.adapters.console.screen import require_all
from holdfast.model.postmortem import PostmortemFormat
from holdfast.model.refusal import Refusal, RefusalCode

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; sandbox"
"""A document has its style inside; nothing in it runs, and it is of no origin."""
_FORMATS: Final = {"html": PostmortemFormat.HTML, "md": PostmortemFormat.MARKDOWN}


async def show_postmortem(request: Request) -> Response:
    """The document that an address names, `postmortem.html` or `.md`; with `?public=1` what of it may be published."""
    require_all(session_of(request))
    incident, form = request.path_params["incident"], _FORMATS.get(request.path_params["form"])
    if form is None or not INCIDENT_ID.fullmatch(incident):
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such page.")
    public = request.query_params.get("public") == "1"
    text = await console_of(request).desk.postmortems.render(incident, form, public=public)
    if isinstance(text, Refusal):
        is_unknown = text.code is RefusalCode.INCIDENT_UNKNOWN
        status = HTTPStatus.NOT_FOUND if is_unknown else HTTPStatus.SERVICE_UNAVAILABLE
        raise HTTPException(status, f"{text.message}.")
    if form is PostmortemFormat.HTML:
        return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})
    name = f"postmortem-{incident}{'-public' if public else ''}.{request.path_params['form']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(text, headers=headers, media_type="text/markdown")
