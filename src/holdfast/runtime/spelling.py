"""Recorded requests as they go over the wire."""

from collections.abc import Iterator
from typing import Final

import h11

from holdfast.model.recorded import RecordedRequest

HEAD_BYTES_MAX: Final = 50_000
"""Heads that were larger are sent as large as this."""
_PADDING: Final = "x-padding"


def spell_request(
    request: RecordedRequest, body_bytes_max: int, headers: tuple[tuple[str, str], ...] = ()
) -> Iterator[h11.Event]:
    """The request with a head and a body as large as they were, up to a point; what was in them isn't known.

    `headers` are sent beside its own.
    """
    spelled = [("host", request.host), ("connection", "close"), *headers, *request.headers]
    body = min(request.body_bytes, body_bytes_max)
    if body:
        spelled.append(("content-length", str(body)))
    missing = min(request.head_bytes, HEAD_BYTES_MAX) - sum(len(name) + len(value) + 4 for name, value in spelled)
    if missing > len(_PADDING):
        spelled.append((_PADDING, "x" * (missing - len(_PADDING))))
    yield h11.Request(method=request.method, target=request.path, headers=spelled)
    if body:
        yield h11.Data(data=b" " * body)
    yield h11.EndOfMessage()
