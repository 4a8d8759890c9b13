"""The page that explains an answer."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from holdfast.adapters.console.console import console_of, session_of
from holdfast.adapters.console.fields import read_fields

ASKED_CHARACTERS_MAX: Final = 16_384


async def show_explain(request: Request) -> Response:
    """Ask for a request's id or its answer, or explain the one that the address names."""
    return await _explain(request, request.query_params.get("id", ""))


async def explain(request: Request) -> Response:
    """Explain the answer that was pasted."""
    fields = await read_fields(request, session_of(request))
    return await _explain(request, fields.get("asked", ""))


async def _explain(request: Request, asked: str) -> Response:
    asked = asked.strip()[:ASKED_CHARACTERS_MAX]
    console, session = console_of(request), session_of(request)
    explanation = await console.source.explain(asked, session.tenant) if asked else None
    return console.answer_still(request, "explain.html", {"asked": asked, "explanation": explanation})
