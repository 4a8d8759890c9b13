"""What every peer can be made to do, and the trials of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from holdfast.model.platform import Platform


class NotExpressible(ValueError):
    """A change, or a platform, can't be said in a peer's words; the message says why."""


class Peer(Protocol):
    """A program that is given platforms, each already placed on this machine."""

    async def start(self, platform: Platform) -> None:
        """Come up with a platform. Raises PeerFailed or NotExpressible."""

    async def push(self, platform: Platform, marred: Platform | int | None) -> str | None:
        """Put another in force, at once and everywhere; in its own words why it refuses, or None.

        `marred` is a mistake of the text: a platform's words left beside the other's, between a merge's marks, or so
        many copies of it.
        Raises NotExpressible: also where nothing of its configuration would be another.
        """

    async def restart(self) -> str | None:
        """Start anew from what it was last given; what it said if it doesn't come up."""

    async def stop(self) -> None:
        """End it."""
