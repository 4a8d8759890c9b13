"""How notices are sent, from the environment. Secrets are never printed, nor part of an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

SMTP_URL: Final = "HOLDFAST_SMTP_URL"
WEBHOOK_KEY: Final = "HOLDFAST_WEBHOOK_KEY"
WEBHOOK_NETWORKS: Final = "HOLDFAST_WEBHOOK_NETWORKS"
SUBSCRIBER_NETWORKS: Final = "HOLDFAST_SUBSCRIBER_NETWORKS"
KEY_CHARACTERS_MIN: Final = 32
_PORTS: Final = {"smtp": 587, "smtps": 465}
_SHAPE: Final = (
    "smtps://USER:PASSWORD@HOST:465/?from=ADDRESS, or smtp://… with STARTTLS; &tls=off only within a machine"
)
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server. `implicit_tls` from the first byte; otherwise STARTTLS is insisted on, unless `plain`."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: SecretStr | None = None
    implicit_tls: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Without `smtp` no e-mail is sent. With a `webhook_key` webhooks are signed.

    Webhooks are sent to addresses of the Internet only, and tenants' to `webhook_networks`, subscribers' to
    `subscriber_networks`: tenants are declared, subscribers may be anybody.
    """

    smtp: SmtpSettings | None = None
    webhook_key: SecretStr | None = None
    webhook_networks: tuple[Network, ...] = ()
    subscriber_networks: tuple[Network, ...] = ()


def read_settings(environment: Mapping[str, str]) -> NotifySettings:
    """What the environment says; ValueError says which variable is wrong, without its value."""
    key = environment.get(WEBHOOK_KEY, "")
    if key and len(key) < KEY_CHARACTERS_MIN:
        raise ValueError(
            f"{WEBHOOK_KEY} has fewer than {KEY_CHARACTERS_MIN} characters; openssl rand -hex 32 makes one"
        )
    url = environment.get(SMTP_URL, "")
    return NotifySettings(
        smtp=_read_smtp(url) if url else None,
        webhook_key=SecretStr(key) if key else None,
        webhook_networks=_read_networks(WEBHOOK_NETWORKS, environment),
        subscriber_networks=_read_networks(SUBSCRIBER_NETWORKS, environment),
    )


def _read_smtp(url: str) -> SmtpSettings:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        query = parse_qs(parts.query, strict_parsing=True)
        sender = query["from"][0]
    except (ValueError, KeyError):
        raise ValueError(f"{SMTP_URL} isn't of the form {_SHAPE}") from None
    if not parts.hostname or "@" not in sender or any(c.isspace() for c in sender):
        raise ValueError(f"{SMTP_URL} names no host, or no sender: {_SHAPE}")
    return SmtpSettings(
        host=parts.hostname,
        port=port,
        sender=sender,
        user=unquote(parts.username or ""),
        password=SecretStr(unquote(parts.password)) if parts.password else None,
        implicit_tls=parts.scheme == "smtps",
        plain=query.get("tls") == ["off"],
    )


def _read_networks(variable: str, environment: Mapping[str, str]) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in environment.get(variable, "").split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{variable}: {error}; write ranges such as 10.0.0.0/8, separated by commas") from None
