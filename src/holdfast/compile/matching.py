"""Small spellings of Envoy's matching API: what of a request is looked at, and what it is held against."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network

from envoy.config.core.v3 import address_pb2
from envoy.extensions.matching.common_inputs.network.v3 import network_inputs_pb2
from envoy.extensions.matching.input_matchers.ip.v3 import ip_pb2
from envoy.type.matcher.v3 import http_inputs_pb2
from google.protobuf.message import Message
from xds.core.v3 import extension_pb2
from xds.type.matcher.v3 import matcher_pb2, regex_pb2, string_pb2

from holdfast.compile.message import pack, uint32

Matcher = matcher_pb2.Matcher
OnMatch = matcher_pb2.Matcher.OnMatch
Predicate = matcher_pb2.Matcher.MatcherList.Predicate
_Single = matcher_pb2.Matcher.MatcherList.Predicate.SinglePredicate
_List = matcher_pb2.Matcher.MatcherList.Predicate.PredicateList


def typed(name: str, message: Message) -> extension_pb2.TypedExtensionConfig:
    """An extension's configuration under a name."""
    return extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(message))


def header_input(name: str) -> extension_pb2.TypedExtensionConfig:
    """A header's value; several of the same name are one, joined by commas."""
    return typed("header", http_inputs_pb2.HttpRequestHeaderMatchInput(header_name=name))


def header_matches(name: str, regex: str) -> Predicate:
    """The whole value of a header that is there matches."""
    expression = regex_pb2.RegexMatcher(regex=regex, google_re2=regex_pb2.RegexMatcher.GoogleRE2())
    return _header_is(name, string_pb2.StringMatcher(safe_regex=expression))


def header_equals(name: str, value: str) -> Predicate:
    """A header is there with this value, which may be empty."""
    return _header_is(name, string_pb2.StringMatcher(exact=value))


def header_starts_with(name: str, value: str) -> Predicate:
    """A header is there and begins so."""
    return _header_is(name, string_pb2.StringMatcher(prefix=value))


def header_contains(name: str, value: str) -> Predicate:
    """A header is there and has this somewhere in it."""
    return _header_is(name, string_pb2.StringMatcher(contains=value))


def header_is_empty(name: str) -> Predicate:
    r"""A header isn't there, or has an empty value. `\C` is any byte, those included that are no text."""
    return unless(header_matches(name, r"\C+"))


def client_is_in(networks: Iterable[IPv4Network | IPv6Network]) -> Predicate:
    """The client's address is in one of these networks, which are looked up in a trie."""
    trie = ip_pb2.Ip(stat_prefix="block", cidr_ranges=[_cidr(network) for network in networks])
    single = _Single(input=typed("source_ip", network_inputs_pb2.SourceIPInput()), custom_match=typed("ip", trie))
    return Predicate(single_predicate=single)


def all_of(predicates: Sequence[Predicate]) -> Predicate:
    """Every one of them, at least one."""
    return predicates[0] if len(predicates) == 1 else Predicate(and_matcher=_List(predicate=predicates))


def any_of(predicates: Sequence[Predicate]) -> Predicate:
    """One of them at least."""
    return predicates[0] if len(predicates) == 1 else Predicate(or_matcher=_List(predicate=predicates))


def unless(predicate: Predicate) -> Predicate:
    """Whatever it doesn't hold for."""
    return Predicate(not_matcher=predicate)


def _header_is(name: str, value: string_pb2.StringMatcher) -> Predicate:
    return Predicate(single_predicate=_Single(input=header_input(name), value_match=value))


def _cidr(network: IPv4Network | IPv6Network) -> address_pb2.CidrRange:
    return address_pb2.CidrRange(address_prefix=str(network.network_address), prefix_len=uint32(network.prefixlen))
