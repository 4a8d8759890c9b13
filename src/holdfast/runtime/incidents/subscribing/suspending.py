"""Suspends subscribers whose address is dead, and erases those who stay so."""

import asyncio
import logging
from typing import Final

from holdfast.incidents.dead_addresses import REFUSED_MIN, is_dead
from holdfast.model.letter import ChannelKind, OutboxUnavailable, RefusingOutbox
from holdfast.model.subscriber import SubscribersUnavailable
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.subscribing.subscriptions import Subscriptions

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 600.0
LOOKED_AT_MAX: Final = 1_000
"""Of those who refuse, at each look."""
SUSPENDED_KEPT_S: Final = 90 * 86_400.0


class DeadAddresses:
    """Runs it."""

    def __init__(self, control: Control, subscriptions: Subscriptions, outbox: RefusingOutbox) -> None:
        self._control = control
        self._subscriptions = subscriptions
        self._outbox = outbox

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except (SubscribersUnavailable, OutboxUnavailable) as error:
                LOG.warning("dead addresses can't be looked for now: %s", error)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Suspend those who refused enough, and erase those who are suspended for long."""
        arrived = {kind: await self._outbox.find_arrival(kind) for kind in ChannelKind}
        for refusals in await self._outbox.list_refusals(REFUSED_MIN, LOOKED_AT_MAX):
            if is_dead(refusals, arrived[refusals.kind]):
                await self._subscriptions.suspend(refusals.owner, refusals.error)
        before = self._control.world.clock() - SUSPENDED_KEPT_S
        erased = await asyncio.to_thread(self._subscriptions.people.forget_suspended, before)
        if erased:
            LOG.info("%d subscribers are erased, since they were suspended for long", erased)
