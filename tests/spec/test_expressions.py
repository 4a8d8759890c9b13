"""Operators' expressions are read and run by RE2, in time that grows with the path alone; costly ones are refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.spec.rules.expressions import ANYTHINGS_MAX, check_expression, count_anythings, matches_whole


def codes(expression: str) -> list[str]:
    return [found.code.name for found in check_expression(expression, ("regex",))]


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("/a", 0),
        ("/.*", 1),
        ("/.+?x.*", 2),
        (".{3,}", 1),
        (".{3,9}", 0),
        ("(/.*)?", 1),
        ("(.*a){20}b", 20),
        ("(?:(?:.*=){2,5}.*){1,10}", 60),
        ("(?P<rest>.*)|(?i:.*)", 2),
        (r"\.*[.*]{3}[^]*.]+\Q.*\E\p{L}{9}", 0),
        ("(?i)/docs/.*", 1),
    ],
)
def test_repetitions_of_anything_are_counted_as_written_out(expression: str, count: int) -> None:
    assert count_anythings(expression) == count


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (r"(?:[\"'`;)]|\s|-|~|!|\|\|)*.*(?:.*=.*)*.*(?:(?:.*=.*)+.*){1,50}", ["HF329"]),
        (r"/([^/]+/)*[^/]+\.php", []),
        ("/(.*)*", ["HF326"]),
        ("/" + "a.*" * ANYTHINGS_MAX, []),
        ("/" + "a.*" * (ANYTHINGS_MAX + 1), ["HF329"]),
        (r"/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(/.*)?", []),
        (r"/\p{Greek}+", []),
        ("/(a{1,32}){1,32}", ["HF325"]),
        ("/a(?!b)", ["HF325"]),
        (r"/(a)\1", ["HF325"]),
        ("/a++", ["HF325"]),
        ("/[a", ["HF325"]),
        ("(?s).*", ["HF326"]),
    ],
)
def test_expressions_are_those_of_re2_and_cost_little(expression: str, found: list[str]) -> None:
    assert codes(expression) == found


def test_an_expression_that_would_keep_another_engine_busy_for_years_is_answered() -> None:
    assert not matches_whole("/(a+)+b", "/" + "a" * 5000)
    assert not matches_whole("/(a|a)*b", "/" + "a" * 5000)


@given(st.text("a.*+?(){}[]|\\1,^-", max_size=40))
def test_anything_that_is_written_gets_an_answer(expression: str) -> None:
    assert len(codes(expression)) <= 1
    assert count_anythings(expression) >= 0


@given(st.from_regex(r"/[a-c]{0,5}", fullmatch=True), st.sampled_from(["/a*", "/[ab]+c?", "/(a|bc)*", "/.*c", "/..?"]))
def test_plain_expressions_match_as_everywhere(path: str, expression: str) -> None:
    assert matches_whole(expression, path) == (re.fullmatch(expression, path) is not None)
