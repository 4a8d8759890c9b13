"""Keeps what a front accepts with a peer: it is published, and waits for the peer's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from holdfast.adapters.spool.rows import draw_ids, pack_headers
from holdfast.model.spool import Accepted
from holdfast.spooler.link import NotYet

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from holdfast.model.spool import Draft
    from holdfast.spooler.front.keeper import Found
    from holdfast.spooler.link import Verdict


IDS_AT_ONCE = 32


class NotPublished(Exception):
    """The peer said that it didn't take a message, or went away."""


class Publisher(Protocol):
    """A connection to a peer."""

    def publish(self, payload: bytes) -> asyncio.Future[Any]:
        """Done when the peer says that the message is durable; NotPublished if it says otherwise."""
        ...


class PublishingKeeper:
    """A front's `Keeper` within its own process: the same work for each message but that of keeping it."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._ids: list[str] = []

    def keep(self, draft: Draft, tell: Callable[[Verdict], None]) -> None:
        message_id = self._draw_id(draft)
        facts = (message_id, draft.service, draft.tenant, draft.route, draft.method, draft.host, draft.path)
        head = "\n".join((*facts, pack_headers(draft.headers), "", "")).encode()
        accepted = Accepted(message_id, message_id)
        published = self._publisher.publish(head + draft.body)
        published.add_done_callback(lambda done: tell(NotYet.UNWRITABLE if done.exception() else accepted))

    def _draw_id(self, draft: Draft) -> str:
        """As the spool does it: drawn for many at once."""
        if not self._ids:
            self._ids = list(draw_ids([draft.accepted_at] * IDS_AT_ONCE))
        return self._ids.pop()

    def look_up(self, message_id: str, tell: Callable[[Found], None]) -> None:
        raise NotImplementedError("nobody asks a peer for receipts")
