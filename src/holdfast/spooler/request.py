"""A message as the bytes of the request that delivers it."""

from typing import Final

from holdfast.model.inner import FROM_SPOOL, INNER_HEADER, ROUTE_HEADER, SERVICE_HEADER
from holdfast.model.spool import Message

_REPLACED: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        INNER_HEADER,
        ROUTE_HEADER,
        SERVICE_HEADER,
    }
)
"""What is about one connection only, or is set anew."""


def write_request(message: Message, idempotency_header: str) -> bytes:
    """The request as the client sent it, with the message's key, for an edge's inner listener."""
    key = idempotency_header.lower()
    lines = [f"{message.method} {message.path} HTTP/1.1", f"host: {message.host}"]
    lines += [f"{name}: {value}" for name, value in message.headers if name not in _REPLACED and name != key]
    lines += [f"{key}: {message.idempotency_key}", f"{INNER_HEADER}: {FROM_SPOOL}"]
    lines += [f"content-length: {len(message.body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + message.body
