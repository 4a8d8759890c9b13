"""What a form sends, bounded and checked to come from one of our own pages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from holdfast.adapters.console.gate import is_own_form
from holdfast.adapters.console.sessions import Session

FORM_BYTES_MAX: Final = 512 * 1024
FIELDS_MAX: Final = 40

Fields = Mapping[str, str]
"""A form's fields by name, without surrounding space, lines parted by line feeds; of several of one name the last."""


async def read_fields(request: Request, session: Session | None, bytes_max: int = FORM_BYTES_MAX) -> Fields:
    """A form's fields. Ends the request with 403, 413 or 400 if it isn't ours, too large or not a form.

    Signed in, a form also has to bring the secret that its session's pages have.
    """
    if not is_own_form(request.headers):
        raise HTTPException(HTTPStatus.FORBIDDEN, "This form was sent from another site.")
    fields = _parse(await _read_body(request, bytes_max))
    if session is not None and not session.has_sent(fields.get("csrf", "")):
        raise HTTPException(HTTPStatus.FORBIDDEN, "This form is from another session. Reload the page and try again.")
    return fields


async def _read_body(request: Request, bytes_max: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This form is too large.")
    return bytes(body)


def _parse(body: bytes) -> Fields:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "This is no form that Holdfast sent.") from error
    return {name: value.replace("\r\n", "\n").strip() for name, value in pairs}
