"""What may be done with the spool, wherever people do it."""

from typing import Protocol

from holdfast.model.refusal import Refusal
from holdfast.views.spool import DeadLettersDocument, MessageDocument, SpoolActionDocument, SpooledServiceDocument


class SpoolCommands(Protocol):
    """What people see of messages, and do with them. `author` is the name on their token."""

    async def list_dead(
        self, service: str | None, tenant: str | None, after: int, count_max: int
    ) -> DeadLettersDocument | Refusal:
        """Dead letters of a service, of a tenant, or of all, after a sequence number."""

    async def inspect(self, message_id: str) -> MessageDocument | Refusal:
        """A message with its content, and what became of it."""

    async def redeliver(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        """Let a dead letter wait for delivery again."""

    async def redeliver_all(self, author: str, service: str, reason: str) -> SpoolActionDocument | Refusal:
        """Let all dead letters of a service wait for delivery again."""

    async def drop(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        """Never deliver a message that waits or is dead."""

    async def open(self, author: str, service: str, for_s: float, reason: str) -> SpooledServiceDocument | Refusal:
        """Send all that is deferrable of a service to the spool, whether or not its upstream would take it."""

    async def close(self, author: str, service: str, reason: str) -> SpooledServiceDocument | Refusal:
        """Let a service's requests go directly again, once what is kept in order is delivered."""
