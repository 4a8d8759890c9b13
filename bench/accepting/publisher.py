"""Stands in for the spool's store in front of a peer: what is accepted is published, and waits for the peer's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from holdfast.adapters.spool.rows import new_id, pack_headers
from holdfast.model.spool import Accepted

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from holdfast.model.spool import Draft


class NotPublished(Exception):
    """The peer said that it didn't take a message, or went away."""


class Publisher(Protocol):
    """A connection to a peer."""

    def publish(self, payload: bytes) -> Awaitable[None]:
        """Return when the peer says that the message is durable; NotPublished if it says otherwise."""
        ...


class PublishingStore:
    """As much of a `SpoolStore` as acceptance needs: the same work for each message but that of keeping it."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def accept(self, draft: Draft) -> Accepted:
        message_id = new_id(draft.accepted_at)
        facts = (message_id, draft.service, draft.tenant, draft.route, draft.method, draft.host, draft.path)
        head = "\n".join((*facts, pack_headers(draft.headers), "", "")).encode()
        await self._publisher.publish(head + draft.body)
        return Accepted(message_id, message_id)
