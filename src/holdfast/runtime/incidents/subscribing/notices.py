"""Puts subscribers' letters into the outbox: once each, a page of subscribers at a time."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from holdfast.adapters.subscribers.hooks import write_hook
from holdfast.adapters.subscribers.letters import Addressed, LetterWriter
from holdfast.adapters.subscribers.mailings import Mailing
from holdfast.adapters.subscribers.store import make_link_token
from holdfast.incidents.notices import (
    find_forgotten,
    find_fresh,
    group_notices,
    has_first_words,
    list_notices,
    select_notices,
)
from holdfast.incidents.notices_pace import HOUR_S, find_next_mailing
from holdfast.incidents.status_document import is_public
from holdfast.model.incident import Impact
from holdfast.model.letter import ChannelKind, Letter, Outbox, OutboxFull, OutboxUnavailable
from holdfast.model.state import State
from holdfast.model.subscriber import Notice, SubscribedSite, Subscriber, SubscribersUnavailable
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.subscribing.subscriptions import Subscriptions

LOG: Final = logging.getLogger(__name__)
PAGE: Final = 500
"""Subscribers whose letters are made at a time."""
LOOK_S: Final = 5.0
"""The longest between two looks."""
RETRY_S: Final = 1.0
WORTH_S: Final = 12 * 3_600.0
"""After this, a notice isn't worth sending."""
Make = Callable[[Subscriber], Iterator[Letter]]


class SubscriberNotices:
    """Runs it. A mailing that was begun is gone on with by the control that starts next."""

    def __init__(self, control: Control, subscriptions: Subscriptions, outbox: Outbox) -> None:
        self._control = control
        self._subscriptions = subscriptions
        self._mailings = subscriptions.mailings
        self._outbox = outbox
        self._writer = LetterWriter()
        self._told: Sequence[str] | None = None

    async def run(self) -> None:
        """Look until cancelled, whenever incidents or maintenance change."""
        while True:
            seen = self._control.state
            wait_s = LOOK_S
            try:
                wait_s = await self.look()
            except (SubscribersUnavailable, OutboxUnavailable) as error:
                LOG.warning("subscribers can't be told now: %s", error)
                wait_s = RETRY_S
            await self._control.until(partial(_is_other, seen), max(wait_s, 0.05))

    async def look(self) -> float:
        """Hand out what is due; how long to wait, in seconds, before looking again if nothing changes."""
        state = self._control.state
        if self._told is None:
            await self._take_up(state)
        mailing = await asyncio.to_thread(self._mailings.find_open)
        if mailing is not None:
            await self._go_on(mailing)
            self._told = None
            return 0.0
        assert self._told is not None  # noqa: S101 - taken up above
        fresh = find_fresh(state, self._told)
        if not fresh:
            return LOOK_S
        return await self._begin(fresh, self._told)

    async def _take_up(self, state: State) -> None:
        await asyncio.to_thread(self._mailings.seed, find_fresh(state, ()))
        told = await asyncio.to_thread(self._mailings.list_told)
        forgotten = find_forgotten(state, told)
        if forgotten:
            await asyncio.to_thread(self._mailings.forget, forgotten)
        self._told = tuple(key for key in told if key not in frozenset(forgotten))

    async def _begin(self, fresh: Sequence[str], told: Sequence[str]) -> float:
        """Begin a mailing, unless subscribers were told something just now: what comes meanwhile goes with it."""
        now = self._control.world.clock()
        if self._subscriptions.find_site() is None:
            await asyncio.to_thread(self._mailings.pass_over, fresh)
            self._told = None
            return 0.0
        times = await asyncio.to_thread(self._mailings.list_times, now - HOUR_S)
        first_words = has_first_words(fresh, told)
        wait_s = find_next_mailing(times, now, first_words=first_words) - now
        if wait_s > 0:
            return min(wait_s, LOOK_S)
        await asyncio.to_thread(self._mailings.begin, fresh, now)
        return 0.0

    async def _go_on(self, mailing: Mailing) -> None:
        site, state = self._subscriptions.find_site(), self._control.state
        told = await asyncio.to_thread(self._mailings.list_told)
        notices = list_notices(state, mailing.keys, told)
        if site is not None and notices:
            secret = await self._subscriptions.read_secret()
            make = partial(self._make_letters, site, notices, mailing, secret, _list_impacts(state))
            await self._hand_out(mailing, make)
        await asyncio.to_thread(self._mailings.end, mailing.number)

    async def _hand_out(self, mailing: Mailing, make: Make) -> None:
        done_to = mailing.done_to
        while page := await asyncio.to_thread(self._subscriptions.people.list_after, done_to, PAGE):
            await self._put(await asyncio.to_thread(_make_all, make, page))
            done_to = page[-1].id
            await asyncio.to_thread(self._mailings.advance, mailing.number, done_to)

    async def _put(self, letters: Sequence[Letter]) -> None:
        """Wait for as long as the outbox is full: what it has goes first."""
        while letters:
            try:
                await self._outbox.put(letters)
            except OutboxFull:
                await asyncio.sleep(RETRY_S)
            else:
                return

    def _make_letters(
        self,
        site: SubscribedSite,
        notices: Sequence[Notice],
        mailing: Mailing,
        secret: bytes,
        impacts: Sequence[Impact],
        subscriber: Subscriber,
    ) -> Iterator[Letter]:
        """One mail about all, or a request to a webhook for each incident."""
        wanted = select_notices(notices, subscriber.interest)
        leave = f"{site.subscribe_url}/unsubscribe/{make_link_token(secret, subscriber.id)}"
        until = mailing.at + WORTH_S
        if wanted and subscriber.channel.kind is ChannelKind.EMAIL:
            addressed = Addressed(f"{subscriber.id}:{mailing.number}:{wanted[0].key}", subscriber, leave, until)
            yield self._writer.write_mail(addressed, site, wanted)
        elif wanted:
            for group in group_notices(wanted):
                addressed = Addressed(f"{subscriber.id}:{mailing.number}:{group[-1].key}", subscriber, leave, until)
                yield write_hook(addressed, site, group[-1], impacts)


def _make_all(make: Make, page: Sequence[Subscriber]) -> list[Letter]:
    return [letter for subscriber in page for letter in make(subscriber)]


def _list_impacts(state: State) -> tuple[Impact, ...]:
    """Of the open incidents that the public knows of."""
    records = (record for record in state.incidents.values() if record.incident.is_open and is_public(record))
    return tuple(record.incident.impact for record in records)


def _is_other(seen: State, state: State) -> bool:
    return state.incidents is not seen.incidents or state.maintenances is not seen.maintenances
