"""Request bodies have a maximum, whether they state their length or not."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.adapters.api.problems import Problem, answer_problem

BODY_BYTES_MAX: Final = 1024**2
REVISION_BODY_BYTES_MAX: Final = 32 * 1024**2
"""A platform file's text may double when written as a JSON string."""
WITH_PLATFORM: Final = frozenset({"/v1/revisions", "/v1/plan", "/console/plan"})
"""Paths that platform files are sent to."""


class BodyLimit:
    """Answers 413 to a body that is too large, without reading more of it than the maximum."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bytes_max = REVISION_BODY_BYTES_MAX if scope["path"] in WITH_PLATFORM else BODY_BYTES_MAX
        if _stated_length(scope) > bytes_max:
            problem = Problem(_TOO_LARGE, "body_too_large", _explain(bytes_max))
            await answer_problem(problem)(scope, receive, send)
            return
        await self._app(scope, _count(receive, bytes_max), send)


_TOO_LARGE: Final = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def _count(receive: Receive, bytes_max: int) -> Receive:
    rest = bytes_max

    async def receive_counted() -> Message:
        nonlocal rest
        message = await receive()
        rest -= len(message.get("body", b""))
        if rest < 0:
            raise HTTPException(_TOO_LARGE, _explain(bytes_max))
        return message

    return receive_counted


def _explain(bytes_max: int) -> str:
    return f"the body may have {bytes_max} bytes at most"


def _stated_length(scope: Scope) -> int:
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    return int(stated) if stated.isdigit() else 0
