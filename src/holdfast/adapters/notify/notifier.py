"""Notices on their way: so many at a time, a few tries each, and a word on what came of every one."""

import asyncio
import logging
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from holdfast.adapters.notify.mail import send_mail
from holdfast.adapters.notify.notice import DeliveryFailed, Notice
from holdfast.adapters.notify.settings import SMTP_URL, NotifySettings
from holdfast.adapters.notify.webhook import send_webhook

LOG: Final = logging.getLogger(__name__)
WAITING_MAX: Final = 1_000
"""Notices that may be on their way; more are refused at once."""
SENDERS: Final = 4
"""Tries at a time: one contact that doesn't answer holds up no other for long."""
PAUSES_S: Final = (2.0, 10.0, 60.0)
"""Between one try and the next."""


class Notifier:
    """Delivers notices by e-mail or webhook, as their contacts say."""

    def __init__(
        self,
        settings: NotifySettings,
        *,
        pauses_s: tuple[float, ...] = PAUSES_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.settings = settings
        self._pauses_s = pauses_s
        self._tls = tls
        self._senders = asyncio.Semaphore(SENDERS)
        self._mailing = ThreadPoolExecutor(SENDERS, "mail")
        self._waiting = 0

    def close(self) -> None:
        """Send nothing more."""
        self._mailing.shutdown(wait=False, cancel_futures=True)

    async def tell(self, notice: Notice) -> str | None:
        """Deliver a notice: None once its contact has it, else why not. Takes minutes where it is to be tried again."""
        if self._waiting >= WAITING_MAX:
            return f"{WAITING_MAX} notices wait already"
        self._waiting += 1
        try:
            return await self._tell(notice)
        except Exception:
            LOG.exception("the contact of %s can't be told of %s", notice.tenant, notice.mitigation)
            return "Holdfast itself failed at it; its log says more"
        finally:
            self._waiting -= 1

    async def _tell(self, notice: Notice) -> str | None:
        for pause_s in (*self._pauses_s, None):
            try:
                async with self._senders:
                    await self._try(notice)
            except DeliveryFailed as failure:
                if pause_s is None or not failure.passing:
                    return str(failure)
                await asyncio.sleep(pause_s)
            else:
                return None
        return None

    async def _try(self, notice: Notice) -> None:
        if "://" in notice.contact:
            await send_webhook(self.settings, notice, self._tls)
        elif self.settings.smtp is None:
            raise DeliveryFailed(f"no mail server is set ({SMTP_URL})", passing=False)
        else:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._mailing, send_mail, self.settings.smtp, notice, self._tls)
