"""An e-mail, handed to the mail server."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

from holdfast.adapters.notify.notice import DeliveryFailed, Notice
from holdfast.adapters.notify.settings import SmtpSettings

TIMEOUT_S: Final = 10.0
"""For each step of the conversation."""
SUBJECT_CHARACTERS_MAX: Final = 200
_DETAILED_CODE: Final = re.compile(r"5\.(\d{1,3})\.\d{1,3}\b")
_ABOUT_ADDRESS: Final = ("1", "2")
"""Subjects of detailed codes: the address, and the mailbox."""
_ADDRESS: Final = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,255}")


def send_mail(settings: SmtpSettings, notice: Notice, tls: ssl.SSLContext | None = None) -> None:
    """Hand a notice to the mail server; DeliveryFailed if it doesn't take it. Blocks: not for the event loop."""
    hand_over(settings, _write_message(settings.sender, notice), tls)


def hand_over(settings: SmtpSettings, message: EmailMessage, tls: ssl.SSLContext | None = None) -> None:
    """Hand a message to the mail server; DeliveryFailed if it doesn't take it. Blocks: not for the event loop."""
    with translate_errors(), connect(settings, tls or ssl.create_default_context()) as server:
        server.send_message(message)


def connect(settings: SmtpSettings, tls: ssl.SSLContext) -> smtplib.SMTP:
    """A conversation with the mail server, logged in if that is wanted. Raises what `translate_errors` translates."""
    server = _greet(settings, tls)
    try:
        if settings.password is not None:
            server.login(settings.user, settings.password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


@contextmanager
def translate_errors() -> Iterator[None]:
    """DeliveryFailed instead of what goes wrong with a mail server."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        passing = _is_passing(code)
        refused = not passing and _is_about_address(words)
        raise DeliveryFailed(f"the mail server refuses the address: {code}", passing=passing, refused=refused) from None
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        raise DeliveryFailed(f"the mail server answered {code}", passing=_is_passing(code)) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryFailed("the mail server knows neither STARTTLS nor a way to log in", passing=False) from None
    except ssl.SSLCertVerificationError:
        raise DeliveryFailed("the mail server's certificate isn't valid for its name", passing=False) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(f"the mail server can't be reached: {type(error).__name__}", passing=True) from None


def begin_message(sender: str, receiver: str, subject: str, at: float) -> EmailMessage:
    """A message with what every one has but a text; DeliveryFailed if the receiver is no e-mail address.

    The subject is made one line, so that nothing in it becomes a header of its own.
    """
    if not is_address(receiver):
        raise DeliveryFailed("the contact is no e-mail address", passing=False)
    message = EmailMessage()
    message["From"], message["To"] = sender, receiver
    message["Subject"] = " ".join(subject.split())[:SUBJECT_CHARACTERS_MAX]
    message["Date"] = formatdate(at)
    message["Auto-Submitted"] = "auto-generated"
    return message


def is_address(text: str) -> bool:
    """Whether a text is one e-mail address, and nothing beside it."""
    return _ADDRESS.fullmatch(text) is not None


def _greet(settings: SmtpSettings, tls: ssl.SSLContext) -> smtplib.SMTP:
    if settings.implicit_tls:
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=tls)
    server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    try:
        if not settings.plain:
            server.starttls(context=tls)
    except BaseException:
        server.close()
        raise
    return server


def _write_message(sender: str, notice: Notice) -> EmailMessage:
    message = begin_message(sender, notice.contact, notice.subject, notice.at)
    message["Message-ID"] = f"<{notice.key}.{round(notice.at * 1000)}@{sender.rpartition('@')[2]}>"
    message.set_content(notice.text)
    return message


def _is_passing(code: int) -> bool:
    """4yz replies are for now, 5yz for good (RFC 5321, section 4.2.1)."""
    return 400 <= code < 500


def _is_about_address(words: bytes | str) -> bool:
    """Not where the server says that it is about who sends, or about itself (RFC 3463, section 3.2 and 3.3)."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    detailed = _DETAILED_CODE.match(said)
    return detailed is None or detailed[1] in _ABOUT_ADDRESS
