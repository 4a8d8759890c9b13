"""What Holdfast does by itself, and whom it tells: a contact must be one that can be written to, safely."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from holdfast.model.platform import Platform, Response
from holdfast.spec.codes import Finding, error, warning

NO_CONTACT = error(
    "HF801",
    "not a contact",
    "A contact is one e-mail address, or the http or https URL of a webhook. A URL with a user or password in it isn't "
    "taken: contacts are shown, and written into the journal.",
    wrong="tenants: {acme: {contact: the shop team}}",
    right="tenants: {acme: {contact: shop-team@acme.example}}",
)
UNSAFE_WEBHOOK = error(
    "HF802",
    "a webhook to the machine's own surroundings",
    "Link-local addresses and the names and addresses under which clouds hand out machines' credentials belong to the "
    "machine that Holdfast runs on, not to a tenant. What listens there must never be sent anything for a tenant.",
    wrong="tenants: {acme: {contact: 'http://169.254.169.254/hook'}}",
    right="tenants: {acme: {contact: 'https://hooks.acme.example/holdfast'}}",
)
ACTS_IN_SILENCE = warning(
    "HF803",
    "nobody is told",
    "Holdfast mitigates by itself for services with `response: act`, and tells the tenant's contact what was done and "
    "how to object. This tenant has no contact.",
    wrong="tenants: {acme: {services: {shop: {response: act}}}}",
    right="tenants: {acme: {contact: ops@acme.example, services: {shop: {response: act}}}}",
)

_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?P<host>[A-Za-z0-9.-]{1,190})")
"""Addresses as HTML takes them (WHATWG HTML, "Valid e-mail address"): no quoted local parts, no comments."""
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)*(?!(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?$){_LABEL}\.?")
"""A name whose last part isn't a number, for that would be an address in disguise (RFC 3986, 7.4)."""
_URL_CHARACTERS_MAX: Final = 2_000
_METADATA_NAMES: Final = {"metadata", "metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"}
_METADATA_NETWORKS: Final = tuple(
    ip_network(network) for network in ("100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32", "fd00:ec2::/32")
)
"""Where clouds answer machines that ask who they are, beside link-local addresses."""


def check_contacts(platform: Platform) -> Iterator[Finding]:
    """Every contact can be written to, and none leads to the machine's own surroundings."""
    for name, tenant in platform.tenants.items():
        if tenant.contact is None:
            continue
        path, url = ("tenants", name, "contact"), _parse_webhook(tenant.contact)
        if url is None and not _is_email(tenant.contact):
            fix = f"write for example ops@{name}.example or https://hooks.{name}.example/holdfast"
            yield NO_CONTACT.at(path, f"{_describe(tenant.contact)} is neither an e-mail address nor a webhook", fix)
        elif url is not None and is_surroundings(url.hostname or ""):
            message = f"{url.hostname} belongs to the machine's own surroundings"
            yield UNSAFE_WEBHOOK.at(path, message, "write the URL of something that is the tenant's own")


def check_told(platform: Platform) -> Iterator[Finding]:
    """Tenants for whose services Holdfast acts by itself can be told so."""
    for name, tenant in platform.tenants.items():
        responses = {s: service.response or platform.defaults.response for s, service in tenant.services.items()}
        acting = next((service for service, response in responses.items() if response is Response.ACT), None)
        if acting and tenant.contact is None:
            message = f"Holdfast acts by itself for {acting}, and {name} has no contact to be told"
            fix = f"add `contact: ops@{name}.example` or a webhook's URL, or write response: suggest"
            yield ACTS_IN_SILENCE.at(("tenants", name), message, fix, on_key=True)


def is_surroundings(host: str) -> bool:
    """Whether a host, by name or address, belongs to the machine's surroundings and never to a tenant."""
    address = _parse_address(host)
    if address is None:
        return host.rstrip(".").lower() in _METADATA_NAMES
    inner = getattr(address, "ipv4_mapped", None) or address
    return (
        inner.is_link_local
        or inner.is_unspecified
        or inner.is_multicast
        or any(inner.version == network.version and inner in network for network in _METADATA_NETWORKS)
    )


def _is_email(contact: str) -> bool:
    found = _EMAIL.fullmatch(contact)
    return found is not None and _HOST.fullmatch(found["host"]) is not None


def _parse_webhook(contact: str) -> SplitResult | None:
    """The parts of a URL that a webhook can have; None for any other text."""
    if len(contact) > _URL_CHARACTERS_MAX or not contact.isascii() or not re.fullmatch(r"[!-~]+", contact):
        return None
    try:
        url = urlsplit(contact)
        port = url.port
    except ValueError:
        return None
    host = url.hostname or ""
    is_host = _parse_address(host) is not None or _HOST.fullmatch(host) is not None
    is_plain = url.scheme in {"http", "https"} and "@" not in url.netloc and port != 0
    return url if is_plain and is_host else None


def _parse_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _describe(contact: str) -> str:
    """What is written, if it isn't too long and can't hold a password."""
    if "://" in contact and "@" in contact:
        return "a URL with a user or password in it"
    return f"`{contact}`" if len(contact) <= 80 else f"`{contact[:80]}…`"
