"""A request to a webhook, such as a signed notice."""

import asyncio
import hmac
import json
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import httpx
from pydantic import SecretStr

from holdfast.adapters.notify.addresses import find_address
from holdfast.adapters.notify.notice import DeliveryFailed, Notice
from holdfast.adapters.notify.settings import Network, NotifySettings

SIGNATURE_HEADER: Final = "X-Holdfast-Signature"
TIMEOUT_S: Final = 10.0
"""For each step of the request."""
WHOLE_S: Final = 20.0
_PORTS: Final = {"http": 80, "https": 443}
_PASSING: Final = {408, 425, 429}


async def send_webhook(settings: NotifySettings, notice: Notice, tls: ssl.SSLContext | None = None) -> None:
    """POST a notice; DeliveryFailed unless the answer is 2xx."""
    body = _write_body(notice)
    headers = {}
    if settings.webhook_key is not None:
        headers[SIGNATURE_HEADER] = sign(tenant_key(settings.webhook_key, notice.tenant), body, notice.at)
    posting = Posting(notice.contact, notice.key, body, headers)
    await post(posting, settings.webhook_networks, tls)


@dataclass(frozen=True, slots=True)
class Posting:
    """A JSON body for a URL; the key is the same for every try."""

    url: str
    key: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


async def post(
    posting: Posting, allowed: Iterable[Network], tls: ssl.SSLContext | None = None, read_bytes: int = 0
) -> bytes:
    """POST to an address of the Internet or of a network that is allowed; DeliveryFailed unless the answer is 2xx.

    Redirects aren't followed, and of the answer no more is read than `read_bytes`, about. The address that was checked
    is the one that is connected to, so that a name can't change its mind in between; certificates are checked against
    the name.
    """
    url = _read_url(posting.url)
    address = await find_address(url.host, url.port or _PORTS[url.scheme], allowed)
    headers = {
        "Host": url.netloc.decode(),
        "Content-Type": "application/json",
        "User-Agent": "holdfast",
        "Idempotency-Key": posting.key,
        **posting.headers,
    }
    try:
        async with (
            asyncio.timeout(WHOLE_S),
            httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, verify=tls or True) as client,
            client.stream(
                "POST",
                url.copy_with(host=str(address)),
                content=posting.body,
                headers=headers,
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            _check(answer.status_code)
            return await _read(answer, read_bytes)
    except (httpx.HTTPError, TimeoutError) as error:
        raise DeliveryFailed(f"the webhook can't be reached: {type(error).__name__}", passing=True) from None


def tenant_key(key: SecretStr, tenant: str) -> bytes:
    """The key that a tenant's webhooks are signed with: its own, so that none can speak to another as Holdfast."""
    return hmac.digest(key.get_secret_value().encode(), tenant.encode(), sha256).hex().encode()


def sign(key: bytes, body: bytes, at: float) -> str:
    """`t=TIME,v1=SIGNATURE`: HMAC-SHA256, in hexadecimal, of the Unix time, a full stop and the body."""
    stamp = str(round(at))
    return f"t={stamp},v1={hmac.digest(key, stamp.encode() + b'.' + body, sha256).hex()}"


async def _read(answer: httpx.Response, read_bytes: int) -> bytes:
    read = bytearray()
    if read_bytes:
        async for chunk in answer.aiter_raw(4_096):
            read += chunk
            if len(read) >= read_bytes:
                break
    return bytes(read)


def _read_url(contact: str) -> httpx.URL:
    try:
        url = httpx.URL(contact)
    except httpx.InvalidURL:
        raise DeliveryFailed("the contact is no URL", passing=False) from None
    if url.scheme not in _PORTS or not url.host or url.userinfo:
        raise DeliveryFailed("a webhook is an http or https URL without user and password", passing=False)
    return url


def _write_body(notice: Notice) -> bytes:
    told = {
        "version": 1,
        "tenant": notice.tenant,
        "mitigation": notice.mitigation,
        "occasion": notice.occasion,
        "subject": notice.subject,
        "text": notice.text,
        "at": notice.at,
    }
    return json.dumps(told).encode()


def _check(status: int) -> None:
    if not 200 <= status < 300:
        passing = status >= 500 or status in _PASSING
        raise DeliveryFailed(f"the webhook answered {status}", passing=passing, refused=not passing)
