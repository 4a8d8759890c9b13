"""Placeholders: nothing secret stays, and what remains matches as before."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.placeholders import (
    KEYS_MAX,
    QUERY_CHARACTERS_MAX,
    TARGET_CHARACTERS_MAX,
    disguise_ids,
    disguise_target,
)

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"
UUID = "550e8400-e29b-41d4-a716-446655440000"


def never(_: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/files/logo.png", "/files/logo.png"),
        ("/search?q=my+secret&page=2&flag", "/search?q=x&page=x&flag"),
        ("/search?q=", "/search?q="),
        ("/u/jo.doe@mail.org/x", "/u/someone@mail.example/x"),
        ("/u/jo%40mail.org", "/u/someone%40mail.example"),
        ("/reset/a1b2c3d4", "/reset/1a1a1a1a"),
        ("/k/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "/k/" + "1a" * 20),
        ("/", "/"),
    ],
)
def test_secrets_and_values_get_placeholders(target: str, shown: str) -> None:
    assert disguise_target(target) == shown


def test_tokens_keep_their_length_and_nothing_else() -> None:
    shown = disguise_target(f"/t/{JWT}/x?{JWT}=1")
    assert len(shown.partition("?")[0]) == len(f"/t/{JWT}/x")
    assert "eyJ" not in shown
    assert re.fullmatch(r"/t/[\w.-]+/x\?[\w.-]+=x", shown)


@pytest.mark.parametrize(
    ("target", "shown", "pattern"),
    [
        ("/orders/1234567", "/orders/1111111", r"/orders/[1-9][0-9]*"),
        ("/orders/12345", "/orders/12345", r"/orders/[0-9]{5}"),
        (f"/o/{UUID}", "/o/11111111-1111-4111-a111-111111111111", r"/o/[0-9a-f-]{36}"),
        ("/c/00ff00ff00ff00ff.css", "/c/1a1a1a1a1a1a1a1a.css", r"/c/[0-9a-f]{16}\.css"),
        ("/v20240101/x?k=x", "/v11111111/x?k=x", r"/v[0-9]{8}/x\?k=x"),
        ("/defaced-facade/deadbeef", "/defaced-facade/deadbeef", r".*"),
    ],
)
def test_numbers_get_placeholders_that_match_as_they_did(target: str, shown: str, pattern: str) -> None:
    assert disguise_ids(target, never) == shown
    assert re.fullmatch(pattern, target)
    assert re.fullmatch(pattern, shown)


def test_what_routes_state_stays() -> None:
    assert disguise_ids("/v20240101/20240102", "/v20240101".__contains__) == "/v20240101/11111111"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=3_000))
def test_all_is_bounded_and_done_once(text: str) -> None:
    shown = disguise_target("/" + text)
    path, _, query = shown.partition("?")
    assert len(path) <= TARGET_CHARACTERS_MAX + 64
    assert len(query) <= TARGET_CHARACTERS_MAX
    assert query.count("&") < KEYS_MAX
    assert disguise_ids(disguise_ids(shown, never), never) == disguise_ids(shown, never)


def test_what_is_too_long_is_cut_behind_a_whole_part() -> None:
    assert disguise_target("/a" * 300) == "/a" * (TARGET_CHARACTERS_MAX // 2)
    assert disguise_target("/" + "s3cr3t" * 200) == ""
    query = "a=1&" + "b" * QUERY_CHARACTERS_MAX
    assert disguise_target(f"/?{query}") == "/?a=x"
