"""The form of what operators write: names, hosts, addresses, and numbers within what an edge can hold."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from holdfast.model.units import Bytes, Count, PerSecond, Seconds

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
"""A name in the form of a DNS label: lower case letters, digits, inner hyphens, at most 63."""
Host = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:\*\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        max_length=255,
    ),
]
"""A host name; `*.example.com` stands for every name below example.com that has no service of its own."""


def _check_address(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not 1 <= int(port) <= 65535:
        raise ValueError(f"port {int(port)} is not between 1 and 65535")
    if host.startswith("["):
        IPv6Address(host[1:-1])
    elif host.replace(".", "").isdigit():
        ip_address(host)
    elif ".." in host:
        raise ValueError("a part of the name is empty")
    return address


Address = Annotated[
    str,
    StringConstraints(pattern=r"^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?):[0-9]{1,5}$"),
    AfterValidator(_check_address),
]
"""host:port, or [ipv6]:port, with a port from 1 to 65535."""


def _read_network(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError(f"{value} is not an address range")  # noqa: TRY004 - a TypeError is a bug to pydantic
    return ip_network(value) if isinstance(value, str) else value


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_read_network)]
"""A range of addresses, such as 10.0.0.0/8; one address is a range too. No bits may be set beyond its prefix."""

Flag = Annotated[bool, Field(strict=True)]
"""true or false, and no other word for them."""
Positive = Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]
"""A whole number, one or more; the upper end is what an edge can hold."""
Natural = Annotated[Count, Field(le=1_000_000_000)]
"""A whole number, zero or more; the upper end is what an edge can hold."""
Rate = Annotated[PerSecond, Field(gt=0, le=10_000_000)]
"""A rate above zero: to let nothing through is a kill, not a limit."""
Period = Annotated[Seconds, Field(ge=0.001, le=86_400)]
"""A duration from a millisecond to a day. Zero would mean "for ever" to an edge, so it isn't taken."""
Size = Annotated[Bytes, Field(ge=0, le=4_294_967_295)]
"""A size of at most 4 GiB less one byte, the most that an edge can count."""
