"""A source rule as edges match it: of the same request, an edge thinks what `model.source_rule.compile_rule` thinks.

Text is compared byte by byte, so that what isn't text in a header neither hides a request nor exposes it. The
longest list of values is looked up, the others are gone through; so a request's cost hardly follows their number.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Final, Literal

from xds.type.matcher.v3 import matcher_pb2

from holdfast.compile.matching import (
    Matcher,
    OnMatch,
    Predicate,
    all_of,
    any_of,
    client_is_in,
    header_contains,
    header_equals,
    header_input,
    header_is_empty,
    header_matches,
    header_starts_with,
    unless,
)
from holdfast.model.sample import PATH_CHARACTERS_MAX
from holdfast.model.source_rule import (
    BROWSERS_BEGIN,
    OTHER_FAMILY,
    PRODUCT_CHARACTERS,
    PRODUCT_CHARACTERS_MAX,
    USER_AGENT_FAMILIES,
    Dimension,
    SourceMatch,
    SourceRule,
)

_HEADER: Final[Mapping[Dimension, str]] = {
    Dimension.METHOD: ":method",
    Dimension.PATH: ":path",
    Dimension.PATH_PREFIX: ":path",
    Dimension.REFERER: "referer",
    Dimension.USER_AGENT: "user-agent",
}
"""Where dimensions are found whose values are compared as they are."""
_USER_AGENT: Final = "user-agent"
_WITHOUT_QUERY: Final = {Dimension.PATH, Dimension.PATH_PREFIX, Dimension.REFERER}
_PRODUCT: Final = re.compile(f"{PRODUCT_CHARACTERS}{{1,{PRODUCT_CHARACTERS_MAX}}}")
_EVERYBODY: Final = client_is_in(ip_network(network) for network in ("0.0.0.0/0", "::/0"))
_NOBODY: Final = unless(_EVERYBODY)

_How = Literal["exact", "prefix"]


def match_source(rule: SourceRule, then: OnMatch) -> matcher_pb2.Matcher.MatcherList.FieldMatcher:
    """An entry of a list of matchers: `then` for what fulfils the rule; for all else the next entry is asked."""
    looked_up = max(filter(_can_be_looked_up, rule.matches), key=lambda m: len(m.values), default=None)
    tests = [_test(match) for match in rule.matches if match is not looked_up]
    on_match = _look_up(looked_up, then) if looked_up else then
    return Matcher.MatcherList.FieldMatcher(predicate=all_of(tests or [_EVERYBODY]), on_match=on_match)


def _can_be_looked_up(match: SourceMatch) -> bool:
    """A header that isn't there is found in no map, so what asks for that is tested for."""
    return match.dimension in _HEADER and "" not in match.values


def _look_up(match: SourceMatch, then: OnMatch) -> OnMatch:
    """`then` for a value that is one of the match's; nothing for any other."""
    spellings = {spelling for value in match.values for spelling in _spell(match.dimension, value)}
    exact = sorted(text for how, text in spellings if how == "exact")
    prefixes = sorted(text for how, text in spellings if how == "prefix")
    header, found = header_input(_HEADER[match.dimension]), OnMatch()
    matcher = found.matcher
    if exact:
        matcher.matcher_tree.input.CopyFrom(header)
        for text in exact:
            matcher.matcher_tree.exact_match_map.map[text].CopyFrom(then)
        matcher = matcher.on_no_match.matcher if prefixes else matcher
    if prefixes:
        matcher.matcher_tree.input.CopyFrom(header)
        for text in prefixes:
            matcher.matcher_tree.prefix_match_map.map[text].CopyFrom(then)
    if not spellings:
        matcher.matcher_list.matchers.add(predicate=_NOBODY, on_match=then)
    return found


def _test(match: SourceMatch) -> Predicate:
    if match.dimension is Dimension.NETWORK:
        return client_is_in(ip_network(value) for value in match.values)
    values = dict.fromkeys(match.values)
    if match.dimension is Dimension.USER_AGENT_FAMILY:
        tests = [test for value in values for test in _test_family(value)]
    else:
        tests = [test for value in values for test in _test_value(match.dimension, value)]
    return any_of(tests or [_NOBODY])


def _test_value(dimension: Dimension, value: str) -> Iterator[Predicate]:
    header = _HEADER[dimension]
    for how, text in _spell(dimension, value):
        if not text:
            yield header_is_empty(header)
        else:
            yield header_equals(header, text) if how == "exact" else header_starts_with(header, text)


def _spell(dimension: Dimension, value: str) -> Iterator[tuple[_How, str]]:
    """What a header is, or begins with, whose value is this once its query is taken away."""
    if dimension in _WITHOUT_QUERY and re.search(r"[?#]", value):
        return
    match dimension:
        case Dimension.PATH_PREFIX:
            if len(value) <= PATH_CHARACTERS_MAX:
                yield "prefix", value
        case Dimension.PATH:
            yield from _spell_path(value)
        case Dimension.REFERER:
            yield from (("exact", value), ("prefix", f"{value}?"))
        case _:
            yield "exact", value


def _spell_path(path: str) -> Iterator[tuple[_How, str]]:
    """Samples know a long path by its beginning only."""
    if len(path) < PATH_CHARACTERS_MAX:
        yield "exact", path
        yield "prefix", f"{path}?"
    elif len(path) == PATH_CHARACTERS_MAX:
        yield "prefix", path


def _test_family(family: str) -> Iterator[Predicate]:
    if not family:
        yield header_is_empty(_USER_AGENT)
        return
    words = dict(USER_AGENT_FAMILIES)
    if family in words:
        before = [word for _, word in USER_AGENT_FAMILIES[: list(words).index(family)]]
        yield _is_browser_with(*before, word=words[family])
    if family == OTHER_FAMILY:
        yield _is_browser_with(*words.values())
        begins_with_product = header_matches(_USER_AGENT, rf"{PRODUCT_CHARACTERS}\C*")
        yield all_of([unless(header_is_empty(_USER_AGENT)), unless(begins_with_product)])
    if _PRODUCT.fullmatch(family):
        yield _is_product(family)


def _is_browser_with(*none_of: str, word: str = "") -> Predicate:
    """A browser's user agent with a word, if one is given, and without others."""
    tests = [header_starts_with(_USER_AGENT, BROWSERS_BEGIN)]
    tests += [header_contains(_USER_AGENT, word)] if word else []
    tests += [unless(header_contains(_USER_AGENT, other)) for other in none_of]
    return all_of(tests)


def _is_product(product: str) -> Predicate:
    """A user agent, no browser's, that begins with this product and not with a longer one."""
    tests = [header_starts_with(_USER_AGENT, product)]
    if len(product) < PRODUCT_CHARACTERS_MAX:
        longer = header_matches(_USER_AGENT, rf"{re.escape(product)}{PRODUCT_CHARACTERS}\C*")
        tests.append(unless(longer))
    if f"{product}/" == BROWSERS_BEGIN:
        tests.append(unless(header_starts_with(_USER_AGENT, BROWSERS_BEGIN)))
    return all_of(tests)
