"""What is asked of subscribers: by anybody for themselves, and by operators for all."""

import asyncio
import logging
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from holdfast.adapters.notify import DeliveryFailed, NotifySettings
from holdfast.adapters.notify.mail import is_address
from holdfast.adapters.notify.webhook import Posting, post
from holdfast.adapters.subscribers.database import Database
from holdfast.adapters.subscribers.hooks import write_challenge
from holdfast.adapters.subscribers.letters import LetterWriter
from holdfast.adapters.subscribers.mailings import MailingStore
from holdfast.adapters.subscribers.store import (
    CONFIRM_S,
    SubscribersFull,
    SubscriberStore,
    read_link_token,
)
from holdfast.incidents.status_words import clean_line
from holdfast.model.letter import Channel, ChannelKind, OutboxFull, OutboxUnavailable, RefusingOutbox
from holdfast.model.subscriber import Asked, Interest, SubscribedSite, SubscriberFigures, SubscribersUnavailable
from holdfast.runtime.control import Control
from holdfast.views.subscribers import SubscribersDocument, show_subscribers

LOG: Final = logging.getLogger(__name__)
CHALLENGES_MAX: Final = 16
"""URLs that are asked at a time; more are asked to come back later."""
TEND_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 4_096
_URL_PORTS: Final = {"http", "https"}


class Subscriptions:
    """`model.subscriber.SubscriptionDesk`, and the stores behind it. Their file is touched in threads only."""

    def __init__(self, control: Control, path: Path, notify: NotifySettings, outbox: RefusingOutbox) -> None:
        self.figures = SubscriberFigures()
        """As they were a while ago, while it runs."""
        database = Database(path)
        self.people = SubscriberStore(database)
        self.mailings = MailingStore(database)
        self._database = database
        self._control = control
        self._notify = notify
        self._outbox = outbox
        self._writer = LetterWriter()
        self._challenges: set[asyncio.Task[None]] = set()
        self._secret: bytes | None = None

    async def run(self) -> None:
        """Forget who asked and didn't confirm in time, and count the others, until cancelled."""
        while True:
            try:
                self.figures = await asyncio.to_thread(self._count)
            except SubscribersUnavailable as error:
                LOG.warning("subscribers can't be counted now: %s", error)
            await asyncio.sleep(TEND_S)

    def close(self) -> None:
        """Ask no more URLs, and let go of the file."""
        for asking in self._challenges:
            asking.cancel()
        self._database.close()

    def find_site(self) -> SubscribedSite | None:
        """What may be subscribed to; None where there is no status site with a page for subscribers."""
        intent = self._control.intent
        site = intent.platform.status if intent else None
        if intent is None or site is None or site.subscribe_url is None:
            return None
        return SubscribedSite(
            name=intent.platform.name,
            title=clean_line(site.title),
            subscribe_url=site.subscribe_url.rstrip("/"),
            url=site.url,
            support_url=site.support_url,
            components={name: clean_line(each.title) for name, each in site.components.items()},
            regions={name: clean_line(each.title) for name, each in intent.platform.each_region().items()},
        )

    async def ask(self, address: str, interest: Interest) -> Asked:
        """Ask to be told at an e-mail address or a webhook's URL; it is confirmed from there, or forgotten."""
        site = self.find_site()
        channel = read_channel(address)
        if site is None or channel is None:
            return Asked.MALFORMED
        if channel.kind is ChannelKind.WEBHOOK and len(self._challenges) >= CHALLENGES_MAX:
            return Asked.TOO_MANY
        now = self._control.world.clock()
        try:
            token = await asyncio.to_thread(self.people.ask, channel, interest, now)
            if token is None:
                return Asked.TAKEN
            if channel.kind is ChannelKind.WEBHOOK:
                self._challenge(site, channel, token)
            else:
                await self._mail(site, channel, token, now)
        except (SubscribersFull, OutboxFull):
            return Asked.TOO_MANY
        except OutboxUnavailable as error:
            raise SubscribersUnavailable(str(error)) from None
        return Asked.TAKEN

    async def is_open(self, token: str) -> bool:
        """Whether this link would still confirm something."""
        return await asyncio.to_thread(self.people.is_asked, token, self._control.world.clock())

    async def confirm(self, token: str) -> bool:
        """Confirm what was asked for; False if the link isn't one, was used, or is too old."""
        made = await asyncio.to_thread(self.people.confirm, token, self._control.world.clock())
        if made is None:
            return False
        LOG.info("%s subscribed by %s", made.id, made.channel.kind)
        await self._forget_refusals(made.id)
        return True

    async def suspend(self, id_: str, why: str) -> None:
        """Tell a subscriber nothing more until they confirm again, and give up the letters that wait for them."""
        if await asyncio.to_thread(self.people.suspend, id_, self._control.world.clock(), why):
            LOG.info("%s is suspended: %s", id_, why)
        await self._outbox.cancel(f"{id_}:")
        await self._forget_refusals(id_)

    async def unsubscribe(self, token: str) -> None:
        """Forget the subscriber that this link belongs to, if there is one."""
        id_ = read_link_token(await self.read_secret(), token)
        if id_ is not None:
            await self.remove(id_)

    async def remove(self, id_: str) -> bool:
        """Erase a subscriber and the letters that wait for them; False if there is none."""
        removed = await asyncio.to_thread(self.people.remove, id_)
        if removed:
            LOG.info("%s unsubscribed", id_)
            try:
                await self._outbox.cancel(f"{id_}:")
            except OutboxUnavailable:
                LOG.warning("letters to %s may wait still", id_)
        return removed

    async def list_page(self, after: str, count_max: int, *, with_addresses: bool) -> SubscribersDocument:
        """Subscribers after an id; addresses are masked, unless they are asked for."""
        page = await asyncio.to_thread(self.people.list_after, after, count_max, with_suspended=True)
        figures = await asyncio.to_thread(self._count)
        return show_subscribers(page, figures, count_max, with_addresses=with_addresses)

    async def read_secret(self) -> bytes:
        """What links to unsubscribe are made with."""
        if self._secret is None:
            self._secret = await asyncio.to_thread(self.people.read_secret)
        return self._secret

    async def _mail(self, site: SubscribedSite, channel: Channel, token: str, now: float) -> None:
        url = f"{site.subscribe_url}/confirm/{token}"
        letter = self._writer.ask_to_confirm(f"confirm:{_digest(token)}", channel, site, url, now + CONFIRM_S)
        await self._outbox.put([letter])

    def _count(self) -> SubscriberFigures:
        counts, asked = self.people.count(self._control.world.clock())
        return SubscriberFigures(counts, asked, self.people.count_suspended())

    async def _forget_refusals(self, id_: str) -> None:
        try:
            await self._outbox.forget_refusals(id_)
        except OutboxUnavailable:
            LOG.warning("what %s refused before may count still", id_)

    def _challenge(self, site: SubscribedSite, channel: Channel, token: str) -> None:
        asking = asyncio.create_task(self._ask_url(site, channel, token))
        self._challenges.add(asking)
        asking.add_done_callback(self._challenges.discard)

    async def _ask_url(self, site: SubscribedSite, channel: Channel, token: str) -> None:
        """Whoever can have a URL answer with what it was just sent may have it told; what came of it, nobody learns."""
        challenge = secrets.token_urlsafe(24)
        body = write_challenge(site, challenge)
        posting = Posting(channel.address.get_secret_value(), f"challenge:{_digest(token)}", body)
        try:
            answer = await post(posting, self._notify.subscriber_networks, None, ANSWER_BYTES_MAX)
            if challenge.encode() in answer:
                await self.confirm(token)
        except (DeliveryFailed, SubscribersUnavailable):
            LOG.info("a webhook that was to subscribe didn't answer its challenge")


def read_channel(address: str) -> Channel | None:
    """The channel that an address is: an e-mail address, or the URL of a webhook."""
    if is_address(address):
        local, _, domain = address.rpartition("@")
        return Channel(ChannelKind.EMAIL, SecretStr(f"{local}@{domain.lower()}"))
    try:
        parts = urlsplit(address)
        is_url = (
            parts.scheme in _URL_PORTS and bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
        )
    except ValueError:
        return None
    if not is_url or not address.isascii() or not address.isprintable() or " " in address:
        return None
    return Channel(ChannelKind.WEBHOOK, SecretStr(parts._replace(fragment="", netloc=parts.netloc.lower()).geturl()))


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()[:32]
