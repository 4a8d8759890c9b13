"""What a page that one looks at is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from holdfast.adapters.console.port import LiveSource
from holdfast.adapters.console.sessions import Session

Document = Mapping[str, Any]
"""What a template is given."""
Load = Callable[[LiveSource], Document]
"""Reads what a page shows; called again and again. Gone if there is no such thing."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A page: its template, the parts of it that change, and what an address of it asks for.

    `plan` reads an address into a key, the same for the same question, and a way to answer it.
    """

    name: str
    regions: tuple[str, ...]
    plan: Callable[[Request, Session], tuple[tuple[Any, ...], Load]]


def require_all(session: Session) -> None:
    """End the request with 403 for whoever may see one tenant's services only."""
    if session.tenant is not None:
        raise HTTPException(HTTPStatus.FORBIDDEN, "Your token shows the services of one tenant only.")
