"""Where traffic comes from and what it asks for, as a rule that edges can match and samples can be counted by."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from holdfast.model.noun import Noun
from holdfast.model.sample import SampledRequest


class Dimension(StrEnum):
    """What of a request a rule looks at."""

    NETWORK = "network"
    """The client's address: values are networks such as `203.0.113.7/32`, `203.0.113.0/24` or `2001:db8::/48`."""
    METHOD = "method"
    PATH = "path"
    """The whole path, without query."""
    PATH_PREFIX = "path-prefix"
    """What the path begins with; ends in a slash."""
    REFERER = "referer"
    """The referer's scheme, host and path without query; the empty value is no referer at all."""
    USER_AGENT = "user-agent"
    """The whole header; the empty value is none at all."""
    USER_AGENT_FAMILY = "user-agent-family"
    """One of `USER_AGENT_FAMILIES`, or else the product before the first slash, as `curl` of `curl/8.5.0`."""


Value = Annotated[str, StringConstraints(max_length=512)]
VALUES_TOLD_MAX: Final = 3
"""Of a rule's values, in a line that isn't about the rule itself."""


class SourceMatch(Noun):
    """Requests whose dimension has one of the values."""

    dimension: Dimension
    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=1_000)]

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        if self.dimension is Dimension.NETWORK:
            for value in self.values:
                ip_network(value)
        if self.dimension is Dimension.PATH_PREFIX and not all(v[:1] == v[-1:] == "/" for v in self.values):
            raise ValueError("a path prefix begins and ends with a slash")
        return self


class SourceRule(Noun):
    """Requests that fulfil every one of the matches, each of another dimension."""

    matches: Annotated[tuple[SourceMatch, ...], Field(min_length=1, max_length=2)]

    @model_validator(mode="after")
    def _check_dimensions(self) -> Self:
        if len({match.dimension for match in self.matches}) < len(self.matches):
            raise ValueError("each match of a rule is of another dimension")
        return self

    def __str__(self) -> str:
        """As people read it: `user-agent-family curl and network 203.0.113.0/24, 198.51.100.0/24`."""
        return self.describe(max(len(match.values) for match in self.matches))

    def describe(self, values_max: int = VALUES_TOLD_MAX) -> str:
        """The same in a few words: of each match so many values, and how many more there are."""
        return " and ".join(_describe_match(match, values_max) for match in self.matches)


def _describe_match(match: SourceMatch, values_max: int) -> str:
    told = ", ".join(value or "(none)" for value in match.values[:values_max])
    left = len(match.values) - values_max
    return f"{match.dimension} {told}{f' and {left:,} more' if left > 0 else ''}"


USER_AGENT_FAMILIES: Final = (
    ("Edge", "Edg/"),
    ("Opera", "OPR/"),
    ("Firefox", "Firefox/"),
    ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
)
"""Browsers by a word that only they, and those listed before them, send; the first that is found counts."""
BROWSERS_BEGIN: Final = "Mozilla/"
"""How every browser's user agent begins."""
OTHER_FAMILY: Final = "other"
PRODUCT_CHARACTERS: Final = "[A-Za-z0-9._-]"
"""What the product that a user agent begins with is written in, as a regular expression."""
PRODUCT_CHARACTERS_MAX: Final = 64
_PRODUCT = re.compile(f"{PRODUCT_CHARACTERS}{{1,{PRODUCT_CHARACTERS_MAX}}}")


def find_user_agent_family(user_agent: str) -> str:
    """The family of a user agent; empty for none, `other` where nothing can be told."""
    if not user_agent:
        return ""
    if user_agent.startswith(BROWSERS_BEGIN):
        return next((family for family, word in USER_AGENT_FAMILIES if word in user_agent), OTHER_FAMILY)
    product = _PRODUCT.match(user_agent)
    return product[0] if product else OTHER_FAMILY


def compile_rule(rule: SourceRule) -> Callable[[SampledRequest], bool]:
    """A test for samples; the same that edges apply to requests."""
    tests = [_compile_match(match) for match in rule.matches]
    return lambda sample: all(test(sample) for test in tests)


def _compile_match(match: SourceMatch) -> Callable[[SampledRequest], bool]:
    values = frozenset(match.values)
    if match.dimension is Dimension.NETWORK:
        networks = frozenset(map(_read_network, match.values))
        lengths = {(version, length) for version, length, _ in networks}
        return lambda s: any(_mask(s.client, version, length) in networks for version, length in lengths)
    if match.dimension is Dimension.PATH_PREFIX:
        return lambda s: s.path.startswith(match.values)
    read = _READ[match.dimension]
    return lambda s: read(s) in values


_READ: Final[Mapping[Dimension, Callable[[SampledRequest], str]]] = {
    Dimension.METHOD: lambda s: s.method,
    Dimension.PATH: lambda s: s.path,
    Dimension.REFERER: lambda s: s.referer,
    Dimension.USER_AGENT: lambda s: s.user_agent,
    Dimension.USER_AGENT_FAMILY: lambda s: find_user_agent_family(s.user_agent),
}


_Masked = tuple[int, int, int]
"""A network: its IP version, the length of its prefix, and its first address."""


def _read_network(value: str) -> _Masked:
    network = ip_network(value)
    return network.version, network.prefixlen, int(network.network_address)


def _mask(client: str, version: int, length: int) -> _Masked | None:
    """The network of that length which a client is in; None if it has no address of that version."""
    address = _read_address(client)
    if address is None or address.version != version:
        return None
    rest = address.max_prefixlen - length
    return version, length, int(address) >> rest << rest


@lru_cache(maxsize=65_536)
def _read_address(client: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(client)
    except ValueError:
        return None
