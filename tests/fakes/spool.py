"""Messages to be deferred, and stores that keep them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from holdfast.adapters.spool import SqlSpool
from holdfast.adapters.spool.room import ask_disk
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Accepted, Draft, Refused

NOW = 1_000_000.0


def make_draft(**changes: Any) -> Draft:
    draft: dict[str, Any] = {
        "service": "mail",
        "tenant": "shop",
        "route": "send",
        "order_key": None,
        "idempotency_key": None,
        "priority": 5,
        "method": "POST",
        "host": "mail.example",
        "path": "/send?now=1",
        "headers": (("content-type", "text/plain"), ("x-a", "1"), ("x-a", "2: ä")),
        "body": b"hello",
        "accepted_at": NOW,
        "expires_at": NOW + 100,
    }
    return Draft(**(draft | changes))


@asynccontextmanager
async def open_spool(
    folder: Path, bounds: SpoolBounds | None = None, *, free: Callable[[Path], int] = ask_disk, vfs: str | None = None
) -> AsyncIterator[SqlSpool]:
    store = SqlSpool(folder / "spool.db", bounds or SpoolBounds(), 0, vfs=vfs, ask_free_bytes=free)
    try:
        yield store
    finally:
        await store.close()


def is_accepted(answer: Accepted | Refused) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer
