"""Several mails in one conversation with a mail server, which may break off between any two."""

import smtplib
import ssl
from email.message import EmailMessage

import pytest
from pydantic import SecretStr

from adapters.notify.receivers import PASSWORD, receive_mail
from adapters.notify.test_notify import contexts
from holdfast.adapters.notify import DeliveryFailed
from holdfast.adapters.notify.letters import conversations as conversations_module
from holdfast.adapters.notify.letters.conversations import Conversations
from holdfast.adapters.notify.mail import begin_message
from holdfast.adapters.notify.settings import SmtpSettings


def write(subject: str) -> EmailMessage:
    message = begin_message("holdfast@host.example", "ops@acme.example", subject, 1e9)
    message.set_content("text")
    return message


def converse(port: int) -> Conversations:
    settings = SmtpSettings("127.0.0.1", port, "holdfast@host.example", plain=True)
    return Conversations(settings, ssl.create_default_context())


def test_a_conversation_is_gone_on_with_until_it_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations_module, "MAILS_MAX", 3)
    with receive_mail() as mailbox:
        conversations = converse(mailbox.port)
        for number in range(7):
            conversations.hand_over(write(f"mail {number}"))
        conversations.close()
    assert len(mailbox.envelopes) == 7
    assert len(mailbox.peers) == 3


def test_one_that_broke_off_is_begun_again() -> None:
    with receive_mail() as mailbox:
        conversations = converse(mailbox.port)
        conversations.hand_over(write("first"))
    with pytest.raises(DeliveryFailed) as failed:
        conversations.hand_over(write("second"))
    assert failed.value.passing
    with receive_mail(port=mailbox.port) as again:
        conversations.hand_over(write("second"))
        conversations.close()
    assert (len(mailbox.envelopes), len(again.envelopes)) == (1, 1)


def test_a_mail_that_is_refused_spoils_none_that_follows() -> None:
    with receive_mail() as mailbox:
        conversations = converse(mailbox.port)
        mailbox.answers = ["550 no such user"]
        with pytest.raises(DeliveryFailed, match="550"):
            conversations.hand_over(write("first"))
        conversations.hand_over(write("second"))
        conversations.close()
    assert len(mailbox.envelopes) == 1


def test_each_conversation_is_logged_in_over_tls() -> None:
    server, client = contexts("localhost")
    with receive_mail(server) as mailbox:
        settings = SmtpSettings("localhost", mailbox.port, "holdfast@host.example", "me", SecretStr(PASSWORD))
        conversations = Conversations(settings, client)
        for number in range(2):
            conversations.hand_over(write(f"mail {number}"))
        conversations.close()
        with pytest.raises(smtplib.SMTPException), smtplib.SMTP("localhost", mailbox.port) as stranger:
            stranger.send_message(write("without a password"))
    assert (len(mailbox.envelopes), len(mailbox.peers)) == (2, 1)
