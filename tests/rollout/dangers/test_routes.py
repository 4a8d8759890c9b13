"""Routes that their own requests would miss are named, and those that are changed on purpose aren't."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.dangers.platforms import ask, differ, find, make_tree, of, sent


def route(name: str, prefix: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "match": {"path": {"prefix": prefix}}, **more}


def routed(*routes: dict[str, Any]) -> dict[str, Any]:
    tree = make_tree()
    of(tree, "shop")["routes"] = list(routes)
    return tree


OLD = routed(route("docs", "/docs/", rewrite={"prefix": "/v4/"}), route("rest", "/"))
MISSED = differ(ask(path="/docs/a", weight=70), sent(route="docs", path="/v4/a"), sent(route="rest", path="/docs/a"))


@pytest.mark.parametrize("prefix", ["/Docs/", "/docs%2F", "/docs/a/", "/doc/"])
def test_a_path_that_was_mistyped_is_named(prefix: str) -> None:
    (danger,) = find(
        lambda tree: of(tree, "shop")["routes"][0]["match"]["path"].update(prefix=prefix), OLD, differences=MISSED
    )
    assert (danger.code, danger.services) == ("route-missed", ("shop",))
    assert f"70 recorded requests of shop would miss route docs (prefix /docs/ → prefix {prefix})" in danger.message
    assert danger.evidence == ("GET shop.example/docs/a: upstreams get /docs/a instead of /v4/a",)


def test_requests_that_a_new_route_takes_are_meant_to_go_there() -> None:
    def split(tree: Any) -> None:
        of(tree, "shop")["routes"][0]["match"]["path"]["prefix"] = "/docs/v4/"
        of(tree, "shop")["routes"].insert(1, route("docs-old", "/docs/"))

    moved = differ(ask(path="/docs/a"), sent(route="docs", path="/v4/a"), sent(route="docs-old", path="/docs/a"))
    assert find(split, OLD, differences=moved) == []


def test_a_route_that_is_taken_out_is_no_slip_of_the_hand() -> None:
    assert find(lambda tree: of(tree, "shop")["routes"].pop(0), OLD, differences=MISSED) == []


def test_a_route_that_takes_its_requests_to_somewhere_else_is_no_slip_either() -> None:
    def rewrite(tree: Any) -> None:
        of(tree, "shop")["routes"][0].update(rewrite={"prefix": "/v5/"})

    moved = differ(ask(path="/docs/a"), sent(route="docs", path="/v4/a"), sent(route="docs", path="/v5/a"))
    assert find(rewrite, OLD, differences=moved) == []
