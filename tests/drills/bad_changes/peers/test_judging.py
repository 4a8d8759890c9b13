"""Who counts as broken, and how stubs answer."""

from __future__ import annotations

from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.bad_changes.peers.asking import Answer
from holdfast.drills.bad_changes.peers.judging import tell_harm
from holdfast.drills.bad_changes.peers.rendering import merge_in_conflict
from holdfast.drills.bad_changes.peers.world import choose_answer

OWNERS = {"a:1": frozenset({"shop"}), "a:2": frozenset({"shop"}), "b:1": frozenset({"blog"})}
FINE = Answer(200, "a:1", "/p/1", "", "no-store")


@pytest.mark.parametrize(
    ("after", "harm"),
    [
        (FINE, None),
        (Answer(200, "a:2", "/p/1"), None),
        (Answer(404), "200 -> 404"),
        (Answer(None), "200 -> no answer"),
        (Answer(200, "b:1", "/p/1"), "answered by blog"),
        (Answer(200, "a:1", "//p/1"), "asked for //p/1 instead of /p/1"),
        (Answer(200, "a:1", "/p/1", "/elsewhere"), "to /elsewhere"),
        (Answer(200, "a:1", "/p/1", "", "public, max-age=600"), "private, but may be kept by others"),
    ],
)
def test_harm_is_told(after: Answer, harm: str | None) -> None:
    assert tell_harm(FINE, after, OWNERS) == harm


ENDPOINT = {
    "paths": {
        "/p/": 200,
        "=/": 204,
        "/pay": {"status": 201, "methods": ["POST"], "requires_headers": {"x-env": "prod"}},
    },
    "otherwise": 410,
}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/p/7?page=2", {}, 200),
        ("GET", "/", {}, 204),
        ("GET", "/elsewhere", {}, 410),
        ("GET", "/pay", {"x-env": "prod"}, 405),
        ("POST", "/pay", {"x-env": "prod"}, 201),
        ("POST", "/pay", {"x-env": "test"}, 403),
    ],
)
def test_stubs_answer_as_the_world_says(method: str, path: str, headers: dict[str, str], status: int) -> None:
    request = h11.Request(method=method, target=path, headers=[("host", "x.example"), *headers.items()])
    assert choose_answer(ENDPOINT, request)["status"] == status


@pytest.mark.parametrize(("host", "status"), [("app.example", 200), ("other.example", 404)])
def test_stubs_know_their_hosts(host: str, status: int) -> None:
    endpoint: dict[str, Any] = {"requires_host": ["app.example"], "else": 404, "paths": {"/": 200}}
    request = h11.Request(method="GET", target="/", headers=[("host", host)])
    assert choose_answer(endpoint, request)["status"] == status


LINES = st.lists(st.text("ab", min_size=1, max_size=2), max_size=8)


@given(LINES, LINES)
def test_a_merge_in_conflict_holds_both_sides(ours: list[str], theirs: list[str]) -> None:
    mine, yours = ("".join(f"{line}\n" for line in each) for each in (ours, theirs))
    merged = merge_in_conflict(mine, yours).splitlines()
    sides: dict[str, list[str]] = {"ours": [], "theirs": []}
    into: tuple[str, ...] = ("ours", "theirs")
    for line in merged:
        into = {"<": ("ours",), "=": ("theirs",), ">": ("ours", "theirs")}.get(line[0], into)
        if line[0] in "ab":
            for side in into:
                sides[side].append(line)
    assert sides == {"ours": ours, "theirs": theirs}
