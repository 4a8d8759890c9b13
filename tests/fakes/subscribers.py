"""A platform with subscribers under a real `Control`, their letters on the way to a real mail server."""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path

import httpx

from adapters.notify.receivers import Mailbox
from fakes.control import Bench, count_nothing, put_in_force, until
from fakes.fleet import FakeFleet
from fakes.incidents import FLEET, PLATFORM
from holdfast.adapters.notify.outbox import OutboxSettings, SqlOutbox
from holdfast.adapters.notify.settings import NotifySettings, SmtpSettings
from holdfast.adapters.subscribers.database import Database
from holdfast.adapters.subscribers.pages import make_public_pages
from holdfast.adapters.subscribers.store import SubscriberStore
from holdfast.engine.incident_command import Incidents, OpenIncident, PublishPost
from holdfast.model.incident import Impact, Phase
from holdfast.model.subscriber import Interest
from holdfast.runtime.incidents.subscribing.notices import SubscriberNotices
from holdfast.runtime.incidents.subscribing.subscriptions import Subscriptions, read_channel
from holdfast.runtime.incidents.subscribing.suspending import DeadAddresses
from holdfast.runtime.operations import Operations
from holdfast.spec import check_text

SITE_URL = "https://status.example"
SUBSCRIBE_URL = "https://updates.example/public/subscribers"
_WITH_URLS = f"  title: Acme\n  url: {SITE_URL}\n  subscribe_url: {SUBSCRIBE_URL}/\n"
SITE_PLATFORM = PLATFORM.replace("  title: Acme\n", _WITH_URLS).replace("PUBLISH", "auto")
QUICK = OutboxSettings(pause_s=0.05, pause_s_max=0.2, waiting_max=2_000)


@dataclass
class Readership:
    """A control with subscribers, and time in the test's hands. Files are kept in a folder."""

    folder: Path
    smtp_port: int
    bench: Bench = field(default_factory=lambda: Bench(fleet=FakeFleet(FLEET), check=check_text))

    @asynccontextmanager
    async def at_work(self, platform: str = SITE_PLATFORM) -> AsyncIterator[None]:
        """Everything but the driver, which looks when the test says so."""
        smtp = SmtpSettings("127.0.0.1", self.smtp_port, "holdfast@host.example", plain=True)
        notify = NotifySettings(smtp=smtp, subscriber_networks=(ip_network("127.0.0.0/8"),))
        async with self.bench.run(), asyncio.timeout(90):
            control = self.bench.control
            if control.state.in_force is None:
                await put_in_force(Operations(control, count_nothing), platform.replace("PUBLISH", "auto"))
            self.outbox = SqlOutbox(
                self.folder / "mailings.db", notify, self.bench.tell_time, anywhere=False, settings=QUICK
            )
            self.desk = Subscriptions(control, self.folder / "subscribers.db", notify, self.outbox)
            self.notices = SubscriberNotices(control, self.desk, self.outbox)
            self.dead = DeadAddresses(control, self.desk, self.outbox)
            app = make_public_pages(self.desk, self.bench.tell_time)
            sending = asyncio.create_task(self.outbox.run())
            await self.look()
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://control") as self.browser:
                try:
                    yield
                finally:
                    sending.cancel()
                    await asyncio.wait([sending])
                    self.desk.close()
                    self.outbox.close()

    async def look(self) -> None:
        """Hand out what is due, until nothing is."""
        for _ in range(10):
            if await self.notices.look() > 0:
                return

    async def tell(self, command: Incidents) -> None:
        """Do something that people do, and look."""
        ticket = await self.bench.control.submit(command)
        assert ticket.refusal is None, ticket.refusal
        await self.look()

    async def open(self, title: str = "Errors", components: tuple[str, ...] = (), *, drill: bool = False) -> None:
        await self.tell(OpenIncident("ann", title, title, Impact.MAJOR, components=components, drill=drill))

    async def publish(self, text: str, id_: str = "i-1", phase: Phase | None = None) -> None:
        await self.tell(PublishPost("ann", id_, phase=phase, text=text))

    async def subscribe(self, mailbox: Mailbox, address: str, *components: str) -> None:
        """By the pages and the mail that they send."""
        before = len(mailbox.envelopes)
        data = {"address": address, "component": list(components)}
        answer = await self.browser.post("/subscribers", data=data)
        assert answer.status_code == 202, answer.text
        await until(lambda: len(mailbox.envelopes) > before)
        answer = await self.browser.post(path_of(find_link(read_mail(mailbox)[-1], "confirm")))
        assert answer.status_code == 200, answer.text
        mailbox.envelopes.clear()


def read_mail(mailbox: Mailbox) -> list[EmailMessage]:
    """What was mailed, as a mail program reads it."""
    messages = []
    for envelope in mailbox.envelopes:
        assert isinstance(envelope.content, bytes)
        messages.append(email.message_from_bytes(envelope.content, _class=EmailMessage, policy=email.policy.default))
    return messages


def read_text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def find_link(message: EmailMessage, act: str) -> str:
    found = re.search(rf"{re.escape(SUBSCRIBE_URL)}/{act}/[A-Za-z0-9._-]+", read_text(message))
    assert found, read_text(message)
    return found[0]


def path_of(url: str) -> str:
    """A link's path below where the pages are mounted."""
    return url.removeprefix(SUBSCRIBE_URL.removesuffix("/subscribers"))


def seed_subscribers(path: Path, *addresses: str) -> None:
    """Subscribers in a file that nobody has yet."""
    database = Database(path)
    store = SubscriberStore(database)
    for address in addresses:
        channel = read_channel(address)
        assert channel is not None
        token = store.ask(channel, Interest(), 1_000.0)
        assert token is not None
        assert store.confirm(token, 1_000.0) is not None
    database.close()
