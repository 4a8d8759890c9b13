"""When a message that is durable may be acknowledged: what acceptance asks of the switch between upstream and spool."""

from collections.abc import Awaitable
from typing import Protocol


class Switch(Protocol):
    """Knows, by service, whether edges still route directly, and whether the spool is closing."""

    def hold(self, service: str, message_id: str, *, ordered: bool) -> Awaitable[None] | None:
        """What the answer about a durable message waits for; None if it is given at once.

        Called on the event loop, once for each acceptance, so it must be quick. While the service is closing it is
        delivery that is waited for (`SpoolStore.wait_until_settled`); while it is opening, of messages with an order,
        that all edges have switched. Acceptance bounds the wait by `SpoolSettings.hold_max_s`, and cancels it then.
        What is waited for raises where it can't be known; then nothing may be acknowledged.
        """
        ...


class AlwaysOpen:
    """A switch that never holds anything back."""

    def hold(self, service: str, message_id: str, *, ordered: bool) -> Awaitable[None] | None:  # noqa: ARG002
        """Nothing to wait for."""
        return None
