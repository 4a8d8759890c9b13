"""A letter on its way, by e-mail, webhook or Apprise."""

import asyncio
import hashlib
import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from ipaddress import ip_network
from typing import Final

from holdfast.adapters.notify.letters.apprise_service import AppriseService
from holdfast.adapters.notify.letters.conversations import Conversations
from holdfast.adapters.notify.mail import begin_message
from holdfast.adapters.notify.notice import DeliveryFailed
from holdfast.adapters.notify.settings import SMTP_URL, Network, NotifySettings
from holdfast.adapters.notify.webhook import Posting, post
from holdfast.model.letter import ChannelKind, Letter

WORKERS: Final = {ChannelKind.EMAIL: 4, ChannelKind.WEBHOOK: 16, ChannelKind.APPRISE: 8}
"""Letters of a kind that are sent at a time, each to another address."""
_ANYWHERE: Final[tuple[Network, ...]] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


class Sender:
    """Sends a letter once. With `anywhere` also into private networks and through Apprise: not for strangers' URLs."""

    def __init__(self, settings: NotifySettings, *, anywhere: bool, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._networks = _ANYWHERE if anywhere else settings.subscriber_networks
        self._tls = tls
        self._mailing = ThreadPoolExecutor(WORKERS[ChannelKind.EMAIL], "letters")
        self._apprise = AppriseService() if anywhere else None
        self._conversations: Conversations | None = None

    def close(self) -> None:
        """Send nothing more."""
        self._mailing.shutdown(wait=False, cancel_futures=True)
        if self._conversations is not None:
            self._conversations.close()

    async def send(self, letter: Letter, put_at: float) -> None:
        """Send a letter that was put at a Unix time, in seconds; DeliveryFailed unless it was taken."""
        match letter.channel.kind:
            case ChannelKind.EMAIL:
                await self._mail(letter, put_at)
            case ChannelKind.WEBHOOK:
                posting = Posting(letter.channel.address.get_secret_value(), letter.key, write_body(letter).encode())
                await post(posting, self._networks, self._make_tls())
            case ChannelKind.APPRISE:
                if self._apprise is None:
                    raise DeliveryFailed("nothing is sent through Apprise from here", passing=False)
                await self._apprise.send(letter)

    async def _mail(self, letter: Letter, put_at: float) -> None:
        smtp = self._settings.smtp
        if smtp is None:
            raise DeliveryFailed(f"no mail server is set ({SMTP_URL})", passing=False)
        if self._conversations is None:
            self._conversations = Conversations(smtp, self._make_tls())
        conversations = self._conversations
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(
            self._mailing, lambda: conversations.hand_over(write_message(smtp.sender, letter, put_at))
        )

    def _make_tls(self) -> ssl.SSLContext:
        """One for all: reading the authorities' certificates takes longer than a request."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def write_message(sender: str, letter: Letter, put_at: float) -> EmailMessage:
    """A letter as an e-mail, every time the same; DeliveryFailed if there is no such e-mail.

    Its Message-ID is made of the key, so that a second copy is known for one.
    """
    message = begin_message(sender, letter.channel.address.get_secret_value(), letter.subject, put_at)
    digest = hashlib.sha256(letter.key.encode()).hexdigest()[:40]
    message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    try:
        for name, value in letter.headers:
            message[name] = value
        message.set_content(letter.text)
        if letter.html is not None:
            message.add_alternative(letter.html, subtype="html")
    except ValueError:
        raise DeliveryFailed("the letter can't be written as an e-mail", passing=False) from None
    return message


def write_body(letter: Letter) -> str:
    """The JSON text that a webhook is sent."""
    if letter.body is not None:
        return letter.body
    return json.dumps({"key": letter.key, "subject": letter.subject, "text": letter.text})
