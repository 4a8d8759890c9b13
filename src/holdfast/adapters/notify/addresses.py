"""Where a webhook may be sent: tenants choose the URL, and must not reach what only Holdfast can reach."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from holdfast.adapters.notify.notice import DeliveryFailed
from holdfast.adapters.notify.settings import Network

_CARRIERS: Final = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 addresses that carry an IPv4 address, of any network (RFC 6052, 8215, 3056, 4380)."""
Address = IPv4Address | IPv6Address


async def find_address(host: str, port: int, allowed: Iterable[Network]) -> Address:
    """The first address of a host that a webhook may be sent to; DeliveryFailed if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryFailed("the webhook's host has no address", passing=True) from None
    networks = tuple(allowed)
    for *_, place in found:
        address = ip_address(str(place[0]).partition("%")[0])
        if may_reach(address, networks):
            return address
    raise DeliveryFailed("the webhook's host is in a network that notices aren't sent to", passing=False)


def may_reach(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether an address is of the Internet, or of a network that is allowed."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return may_reach(address.ipv4_mapped, allowed)
    if any(address in network for network in allowed):
        return True
    carries = any(address in network for network in _CARRIERS)
    return address.is_global and not address.is_multicast and not carries
