"""Contacts are told by real servers' word, nobody else is reached, and no secret is shown."""

import asyncio
import email
import json
import ssl
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.notify.receivers import PASSWORD, receive_mail, receive_posts
from edge.upstream import free_port
from holdfast.adapters.notify import DeliveryFailed, Notice, Notifier, NotifySettings, read_settings
from holdfast.adapters.notify import notifier as notifier_module
from holdfast.adapters.notify.addresses import may_reach
from holdfast.adapters.notify.mail import send_mail
from holdfast.adapters.notify.settings import SmtpSettings
from holdfast.adapters.notify.webhook import SIGNATURE_HEADER, sign, tenant_key
from holdfast.mitigate.steps import Notice as StepNotice
from holdfast.mitigate.steps import Occasion, TellTenant
from holdfast.runtime.telling import Teller

LOCAL = (ip_network("127.0.0.0/8"),)
KEY = SecretStr("k" * 32)
AUTHORITY = trustme.CA()


def notice(contact: str, number: int = 1) -> Notice:
    return Notice(
        tenant="acme",
        contact=contact,
        mitigation=f"m-{number}",
        occasion="began",
        subject="shop is protected\nBcc: x@y.example",
        text="What was done.\n",
        at=1e9,
    )


def deliver(settings: NotifySettings, contact: str, tls: ssl.SSLContext | None = None) -> str | None:
    """What came of a notice."""

    async def run() -> str | None:
        notifier = Notifier(settings, pauses_s=(0.01, 0.01), tls=tls)
        try:
            async with asyncio.timeout(30):
                return await notifier.tell(notice(contact))
        finally:
            notifier.close()

    return asyncio.run(run())


def smtp(port: int, host: str = "127.0.0.1", *, plain: bool = True, password: str = "") -> NotifySettings:
    secret = SecretStr(password) if password else None
    return NotifySettings(
        smtp=SmtpSettings(host, port, "holdfast@host.example", user="me", password=secret, plain=plain)
    )


def contexts(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS under this name, and a client's that trusts it."""
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    AUTHORITY.issue_cert(name).configure_cert(server)
    AUTHORITY.configure_trust(client)
    return server, client


def test_an_e_mail_arrives_as_it_was_written() -> None:
    with receive_mail() as mailbox:
        assert deliver(smtp(mailbox.port), "ops@acme.example") is None
    (envelope,) = mailbox.envelopes
    assert envelope.rcpt_tos == ["ops@acme.example"]
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content)
    assert (message["From"], message["To"]) == ("holdfast@host.example", "ops@acme.example")
    assert message["Subject"] == "shop is protected Bcc: x@y.example"
    assert message["Bcc"] is None
    assert message.get_payload() == "What was done.\r\n"


def test_e_mail_is_tried_again_while_the_server_says_so_and_no_longer() -> None:
    with receive_mail() as mailbox:
        mailbox.answers = ["451 later", "451 later"]
        assert deliver(smtp(mailbox.port), "ops@acme.example") is None
        mailbox.answers = ["451 later"] * 3
        assert deliver(smtp(mailbox.port), "ops@acme.example") == "the mail server refuses the address: 451"
        mailbox.answers = ["550 no such user"]
        assert deliver(smtp(mailbox.port), "ops@acme.example") == "the mail server refuses the address: 550"
        assert len(mailbox.envelopes) == 1


def test_a_password_is_sent_over_tls_only() -> None:
    server, client = contexts("localhost")
    with receive_mail(server) as mailbox:
        good = smtp(mailbox.port, "localhost", plain=False, password=PASSWORD)
        assert deliver(good, "ops@acme.example", tls=client) is None
        stranger = deliver(good, "ops@acme.example")
        assert stranger == "the mail server's certificate isn't valid for its name"
        bad = smtp(mailbox.port, "localhost", plain=False, password="wrong")
        assert deliver(bad, "ops@acme.example", tls=client) == "the mail server answered 535"
    with receive_mail() as mailbox:
        told = deliver(smtp(mailbox.port, plain=False, password=PASSWORD), "ops@acme.example")
        assert told == "the mail server knows neither STARTTLS nor a way to log in"


@pytest.mark.parametrize("contact", ["", "ann", "ann@", "a b@c.example", "a@b.example\nBcc: x@y.example", "a@b,c@d"])
def test_what_is_no_address_is_not_mailed(contact: str) -> None:
    settings = SmtpSettings("127.0.0.1", 1, "holdfast@host.example", plain=True)
    with pytest.raises(DeliveryFailed, match="no e-mail address") as failed:
        send_mail(settings, notice(contact))
    assert not failed.value.passing


def test_without_a_mail_server_it_is_said() -> None:
    told = deliver(NotifySettings(), "ops@acme.example")
    assert told == "no mail server is set (HOLDFAST_SMTP_URL)"
    nobody = deliver(smtp(free_port()), "ops@acme.example")
    assert nobody == "the mail server can't be reached: ConnectionRefusedError"


def test_a_webhook_is_posted_and_signed_with_the_tenants_own_key() -> None:
    with receive_posts() as hook:
        settings = NotifySettings(webhook_key=KEY, webhook_networks=LOCAL)
        assert deliver(settings, f"http://127.0.0.1:{hook.port}/a?b=c") is None
    ((path, headers, body),) = hook.posted
    assert path == "/a?b=c"
    assert headers[SIGNATURE_HEADER.lower()] == sign(tenant_key(KEY, "acme"), body, 1e9)
    assert tenant_key(KEY, "acme") != tenant_key(KEY, "globex")
    as_openssl_says = b"d8ad00265ff0a302d72247bcd296954337283c37fd952e4402787e655458b2ae"
    assert tenant_key(SecretStr("0123456789abcdef" * 2), "acme") == as_openssl_says
    assert headers["host"] == f"127.0.0.1:{hook.port}"
    assert headers["idempotency-key"] == "m-1-began"
    told = json.loads(body)
    assert (told["tenant"], told["occasion"], told["mitigation"], told["text"]) == (
        "acme",
        "began",
        "m-1",
        "What was done.\n",
    )


def test_a_webhook_is_tried_again_only_where_that_may_help() -> None:
    with receive_posts() as hook:
        settings, contact = NotifySettings(webhook_networks=LOCAL), f"http://127.0.0.1:{hook.port}/"
        for statuses, error, tries in (
            ([503, 429], None, 3),
            ([500, 500, 500], "the webhook answered 500", 3),
            ([404], "the webhook answered 404", 1),
            ([302], "the webhook answered 302", 1),
        ):
            hook.posted.clear()
            hook.statuses = list(statuses)
            assert deliver(settings, contact) == error
            assert [path for path, *_ in hook.posted] == ["/"] * tries


def test_a_certificate_is_checked_against_the_name_and_not_the_address() -> None:
    server, client = contexts("localhost")
    with receive_posts(server) as hook:
        networks = (*LOCAL, ip_network("::1/128"))
        settings = NotifySettings(webhook_networks=networks)
        by_name = deliver(settings, f"https://localhost:{hook.port}/", tls=client)
        by_address = deliver(settings, f"https://127.0.0.1:{hook.port}/", tls=client)
        by_stranger = deliver(settings, f"https://localhost:{hook.port}/")
    assert by_name is None
    assert by_address == by_stranger == "the webhook can't be reached: ConnectError"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"]
)
def test_a_webhook_into_a_private_network_is_not_sent(host: str) -> None:
    with receive_posts() as hook:
        told = deliver(NotifySettings(), f"http://{host}:{hook.port}/")
        assert told == "the webhook's host is in a network that notices aren't sent to"
        assert hook.posted == []


@pytest.mark.parametrize("contact", ["ftp://a.example/", "http://", "https://u:p@a.example/", "http://a\x00b/", "://"])
def test_what_is_no_webhook_is_said(contact: str) -> None:
    assert deliver(NotifySettings(), contact) in {
        "the contact is no URL",
        "a webhook is an http or https URL without user and password",
    }


@given(st.ip_addresses())
def test_only_the_internet_is_reached_unless_allowed(address: object) -> None:
    read = ip_address(str(address))
    assert not (
        may_reach(read, ()) and (read.is_private or read.is_multicast or read.is_loopback or read.is_link_local)
    )
    assert may_reach(read, (ip_network(f"{read}/{read.max_prefixlen}"),)) or read.version == 6


@pytest.mark.parametrize(
    "address", ["64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:10.0.0.1", "ff02::1", "100.64.0.1", "fd00::1"]
)
def test_an_address_within_an_address_reaches_nothing(address: str) -> None:
    assert not may_reach(ip_address(address), ())


def test_more_notices_than_may_wait_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "WAITING_MAX", 2)

    async def run() -> list[str | None]:
        notifier = Notifier(NotifySettings())
        told = await asyncio.gather(*(notifier.tell(notice("http://127.0.0.1:1/", number)) for number in range(1, 4)))
        notifier.close()
        return told

    nowhere = "the webhook's host is in a network that notices aren't sent to"
    assert asyncio.run(run()) == [nowhere, nowhere, "2 notices wait already"]


def test_what_the_policy_wants_told_is_told() -> None:
    step = TellTenant("acme", "", "m-3", Occasion.ENDED, StepNotice("over", "It is over.\n"))

    async def run(port: int) -> str | None:
        notifier = Notifier(NotifySettings(webhook_networks=LOCAL))
        told = await Teller(notifier, lambda: 5.0).tell(replace(step, contact=f"http://127.0.0.1:{port}/"))
        notifier.close()
        return told

    with receive_posts() as hook:
        assert asyncio.run(run(hook.port)) is None
    told = json.loads(hook.posted[0][2])
    assert (told["occasion"], told["subject"], told["text"], told["at"]) == ("ended", "over", "It is over.\n", 5.0)


def test_settings_come_from_the_environment() -> None:
    settings = read_settings(
        {
            "HOLDFAST_SMTP_URL": "smtps://me:p%40ss@mail.example/?from=holdfast@host.example",
            "HOLDFAST_WEBHOOK_KEY": "k" * 32,
            "HOLDFAST_WEBHOOK_NETWORKS": "10.0.0.0/8, fd00::/8",
        }
    )
    assert settings.smtp is not None
    assert settings.smtp.password is not None
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.user) == ("mail.example", 465, "me")
    assert (settings.smtp.password.get_secret_value(), settings.smtp.implicit_tls) == ("p@ss", True)
    assert settings.webhook_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert read_settings({}) == NotifySettings()
    assert "p@ss" not in repr(settings)
    assert "kkkk" not in repr(settings)


@pytest.mark.parametrize(
    "environment",
    [
        {"HOLDFAST_SMTP_URL": "mail.example"},
        {"HOLDFAST_SMTP_URL": "smtp://me:secret@mail.example"},
        {"HOLDFAST_SMTP_URL": "http://me:secret@mail.example/?from=a@b"},
        {"HOLDFAST_SMTP_URL": "smtp://me:secret@mail.example:99999/?from=a@b"},
        {"HOLDFAST_SMTP_URL": "smtp://me:secret@mail.example/?from=a"},
        {"HOLDFAST_SMTP_URL": "smtp://me:secret@/?from=a@b"},
        {"HOLDFAST_WEBHOOK_KEY": "secret"},
        {"HOLDFAST_WEBHOOK_NETWORKS": "here"},
        {"HOLDFAST_SUBSCRIBER_NETWORKS": "there"},
    ],
)
def test_a_wrong_setting_is_named_and_not_shown(environment: dict[str, str]) -> None:
    (name,) = environment
    with pytest.raises(ValueError, match=name) as failed:
        read_settings(environment)
    assert "secret" not in str(failed.value)
