"""A notice as an e-mail."""

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

from holdfast.adapters.notify.notice import DeliveryFailed, Notice
from holdfast.adapters.notify.settings import SmtpSettings

TIMEOUT_S: Final = 10.0
"""For each step of the conversation."""
SUBJECT_CHARACTERS_MAX: Final = 200
_ADDRESS: Final = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,255}")


def send_mail(settings: SmtpSettings, notice: Notice, tls: ssl.SSLContext | None = None) -> None:
    """Hand a notice to the mail server; DeliveryFailed if it doesn't take it. Blocks: not for the event loop."""
    message = _write_message(settings.sender, notice)
    try:
        with _connect(settings, tls or ssl.create_default_context()) as server:
            if settings.password is not None:
                server.login(settings.user, settings.password.get_secret_value())
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise DeliveryFailed(f"the mail server refuses the address: {code}", passing=_is_passing(code)) from None
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        raise DeliveryFailed(f"the mail server answered {code}", passing=_is_passing(code)) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryFailed("the mail server knows neither STARTTLS nor a way to log in", passing=False) from None
    except ssl.SSLCertVerificationError:
        raise DeliveryFailed("the mail server's certificate isn't valid for its name", passing=False) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(f"the mail server can't be reached: {type(error).__name__}", passing=True) from None


def _connect(settings: SmtpSettings, tls: ssl.SSLContext) -> smtplib.SMTP:
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
    if not _ADDRESS.fullmatch(notice.contact):
        raise DeliveryFailed("the contact is no e-mail address", passing=False)
    message = EmailMessage()
    message["From"], message["To"] = sender, notice.contact
    message["Subject"] = " ".join(notice.subject.split())[:SUBJECT_CHARACTERS_MAX]
    message["Date"] = formatdate(notice.at)
    message["Message-ID"] = f"<{notice.key}.{round(notice.at * 1000)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    return message


def _is_passing(code: int) -> bool:
    """4yz replies are for now, 5yz for good (RFC 5321, section 4.2.1)."""
    return 400 <= code < 500
