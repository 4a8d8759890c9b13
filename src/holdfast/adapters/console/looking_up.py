"""The page of one change of the ledger."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from holdfast.adapters.console.console import console_of, session_of

DIGITS_MAX: Final = 15


async def show_entry(request: Request) -> Response:
    """One change in full."""
    text = request.path_params["sequence"]
    console, session = console_of(request), session_of(request)
    is_number = text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX
    found = await console.source.ledger_entry(int(text), session.tenant) if is_number else None
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such change in the ledger.")
    return console.answer_still(request, "ledger-entry.html", {"found": found})
