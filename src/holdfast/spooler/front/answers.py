"""Answers to HTTP/1.1 requests, as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec

_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a JSON document. `closes`: the connection is of no use afterwards."""

    status: int
    document: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    closes: bool = False

    def encode(self, *, keep_alive: bool, head_only: bool = False) -> bytes:
        """The answer as it goes over the wire."""
        body = msgspec.json.encode(self.document)
        kind = "application/problem+json" if self.status >= 400 else "application/json"
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}",
            f"content-type: {kind}",
            f"content-length: {len(body)}",
            "cache-control: no-store",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if not keep_alive or self.closes:
            lines.append("connection: close")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head if head_only else head + body


def refuse(
    status: int, detail: str, *, retry_after_s: int | None = None, closes: bool = False, title: str | None = None
) -> Answer:
    """A problem (RFC 9457) that says what is wrong."""
    headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
    problem = {"title": title or _REASONS[status], "status": status, "detail": detail}
    return Answer(status, problem, headers, closes)
