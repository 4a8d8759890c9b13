"""Conversations with a mail server that go on for several mails: greeting it takes longer than handing one over."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from threading import Lock, local
from typing import Final

from holdfast.adapters.notify.mail import connect, translate_errors
from holdfast.adapters.notify.settings import SmtpSettings

MAILS_MAX: Final = 100
"""After so many a conversation is ended, since servers bound them."""


class Conversations:
    """One for each thread that hands mails over."""

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext) -> None:
        self._settings = settings
        self._tls = tls
        self._own = local()
        self._lock = Lock()
        self._open: set[smtplib.SMTP] = set()

    def hand_over(self, message: EmailMessage) -> None:
        """Hand a message to the mail server; DeliveryFailed if it doesn't take it. Blocks: not for the event loop."""
        with translate_errors():
            server = self._find_server()
            try:
                server.send_message(message)
            except BaseException:
                self._end(server)
                raise
            self._own.mails += 1
            if self._own.mails >= MAILS_MAX:
                self._end(server)

    def close(self) -> None:
        """End all conversations at once."""
        with self._lock:
            servers, self._open = self._open, set()
        for server in servers:
            server.close()

    def _find_server(self) -> smtplib.SMTP:
        server: smtplib.SMTP | None = getattr(self._own, "server", None)
        if server is not None and not _goes_on(server):
            self._end(server)
            server = None
        if server is None:
            server = connect(self._settings, self._tls)
            self._own.server, self._own.mails = server, 0
            with self._lock:
                self._open.add(server)
        return server

    def _end(self, server: smtplib.SMTP) -> None:
        self._own.server = None
        with self._lock:
            self._open.discard(server)
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _goes_on(server: smtplib.SMTP) -> bool:
    """Asked before each mail, since what breaks off in the middle of one may have been taken."""
    try:
        return server.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False
