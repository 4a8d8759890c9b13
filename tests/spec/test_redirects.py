"""Redirects that lead round and round are refused; those that arrive aren't."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from holdfast.spec import check_text

HOME = {"name": "home", "match": {"path": {"exact": "/"}}, "redirect": {"path": "/about"}}
ABOUT = {"name": "about", "match": {"path": {"exact": "/about"}}, "redirect": {"path": "/"}}
PAGE = {"name": "page", "match": {"path": {"prefix": "/about"}}}
REST = {"name": "rest"}


def find(*routes: dict[str, Any], other: list[dict[str, Any]] | None = None) -> list[str]:
    stated = [("shop", ["shop.example", "www.shop.example"], list(routes)), ("blog", ["blog.example"], other or [REST])]
    services: dict[str, Any] = {
        name: {"hosts": hosts, "upstream": {"endpoints": [f"10.0.0.{n}:80"]}, "routes": theirs}
        for n, (name, hosts, theirs) in enumerate(stated, 1)
    }
    tree = {
        "holdfast": 1,
        "name": "small",
        "clients": {"trusted_proxies": []},
        "locations": {
            "here": {
                "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                "capacity": {"in_flight": 10, "requests": "5000/s"},
            }
        },
        "tenants": {"acme": {"services": services}},
    }
    found = check_text(yaml.safe_dump(tree, sort_keys=False), "f").diagnostics
    return [each.message for each in found if each.code == "HF330"]


def test_two_that_point_at_each_other_are_named_once() -> None:
    assert find(HOME, ABOUT, REST) == ["redirects of shop lead round and round: / → /about → /"]


@pytest.mark.parametrize(
    "route",
    [
        {"name": "all", "redirect": {"path": "/maintenance"}},
        {"name": "slash", "match": {"path": {"prefix": "/shop"}}, "redirect": {"path": "/shop/"}},
        {"name": "www", "redirect": {"host": "WWW.shop.example", "status": 301}},
        {"name": "query", "match": {"path": {"exact": "/a"}}, "redirect": {"path": "/a?b=1"}},
    ],
)
def test_one_that_takes_what_it_leads_to_is_named(route: dict[str, Any]) -> None:
    assert len(find(route)) == 1


@pytest.mark.parametrize(
    "routes",
    [
        [ABOUT, REST],
        [HOME, {**ABOUT, "redirect": {"path": "/team"}}, REST],
        [HOME, {**ABOUT, "match": {"path": {"exact": "/about"}, "methods": ["POST"]}}, REST],
        [HOME, {**ABOUT, "match": {"path": {"exact": "/about"}, "headers": {"x-old": "1"}}}, REST],
        [
            HOME,
            {"name": "page", "match": {"path": {"prefix": "/about"}}},
            {**ABOUT, "match": {"path": {"prefix": "/ab"}}},
        ],
        [{"name": "slash", "match": {"path": {"exact": "/shop"}}, "redirect": {"path": "/shop/"}}, REST],
        [{"name": "out", "redirect": {"host": "elsewhere.example"}}],
        [{"name": "blog", "redirect": {"host": "blog.example"}}],
        [{"name": "old", "match": {"path": {"regex": "/p/[0-9]+"}}, "redirect": {"path": "/p/"}}, REST],
    ],
)
def test_those_that_arrive_are_none(routes: list[dict[str, Any]]) -> None:
    assert find(*routes) == []


def test_a_round_over_another_service_is_seen() -> None:
    back = {"name": "back", "redirect": {"host": "shop.example", "path": "/"}}
    (message,) = find({"name": "blog", "redirect": {"host": "blog.example", "path": "/x"}}, other=[back])
    assert message == "redirects of shop lead round and round: / → /x → /"
