"""Who the client is: a mistake here puts everybody into one bucket, or lets anybody be somebody else."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.spec.codes import Finding, error, warning
from holdfast.spec.rules.addresses import each_listen, parse_ip, split_address
from holdfast.spec.rules.walk import each_service

TRUST_TOO_WIDE = error(
    "HF601",
    "trusting the world",
    "X-Forwarded-For is believed from these addresses. In a range this wide are clients, and any of them may then "
    "claim another's address, and get around every limit and block for clients.",
    wrong="clients: {trusted_proxies: [0.0.0.0/0]}",
    right="clients: {trusted_proxies: [10.0.0.0/8]}",
)
TRUST_UNSTATED = warning(
    "HF602",
    "whom to believe isn't said",
    "There are limits for each client, the edges listen on an address that isn't public, and nothing says whether a "
    "proxy, load balancer or CDN stands before them. If one does, all its clients look like one and share one "
    "bucket: such a mistake has taken a CDN's customers out.",
    wrong="clients: null",
    right="clients: {trusted_proxies: []}",
)
PREFIX_TOO_LONG = warning(
    "HF603",
    "many buckets for one IPv6 client",
    "A single line usually has a whole /64. With a longer prefix one attacker has as many buckets as it likes: "
    "2^64 of them at 128.",
    wrong="clients: {ipv6_prefix: 128}",
    right="clients: {ipv6_prefix: 64}",
)

PREFIX_MIN: Final = 8
"""The shortest prefix that one owner of proxies has; private ranges may be shorter (fc00::/7)."""


def check_trust(platform: Platform) -> Iterator[Finding]:
    """Trusted proxies are a few machines, not the world."""
    for index, network in enumerate(platform.clients.trusted_proxies or ()):
        if network.prefixlen < PREFIX_MIN and not (network.prefixlen and network.is_private):
            message = f"every address in {network} could claim to be any client"
            fix = "list the proxies' own addresses, or write trusted_proxies: [] if there are none"
            yield TRUST_TOO_WIDE.at(("clients", "trusted_proxies", index), message, fix)


def check_trust_stated(platform: Platform) -> Iterator[Finding]:
    """It is said whether proxies stand before the edges, wherever clients have limits of their own."""
    hidden = next((listen for _, _, listen in each_listen(platform) if _is_hidden(listen)), None)
    if platform.clients.trusted_proxies is None and hidden and _limits_clients(platform):
        message = f"edges listen on {hidden}, clients have limits, and it isn't said which proxies to believe"
        fix = "write clients.trusted_proxies: [] if clients connect directly, or list the proxies before the edges"
        yield TRUST_UNSTATED.at(("clients", "trusted_proxies"), message, fix)


def check_prefix(platform: Platform) -> Iterator[Finding]:
    """One IPv6 line is one client, wherever clients have limits of their own."""
    prefix = platform.clients.ipv6_prefix
    if prefix > 64 and _limits_clients(platform):
        message = f"one IPv6 line has 2^{prefix - 64} buckets of its own"
        yield PREFIX_TOO_LONG.at(("clients", "ipv6_prefix"), message, "write ipv6_prefix: 64")


def _limits_clients(platform: Platform) -> bool:
    return platform.defaults.limits.per_client is not None or any(
        owned.service.limits.per_client for owned in each_service(platform)
    )


def _is_hidden(listen: str) -> bool:
    address = parse_ip(split_address(listen)[0])
    return address is not None and not address.is_global
