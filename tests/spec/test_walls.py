"""Walls stand around each upstream: what several of them let through together is told."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from holdfast.spec import check_text


def find(maximum: int, used: int, redirected: int = 0) -> list[str]:
    """What is said of a shop with so many upstreams that routes lead to, and some that none does."""
    names = [f"up{n}" for n in range(1, used)]
    routes: list[dict[str, Any]] = [{"name": name, "match": {"path": {"prefix": f"/{name}"}}} for name in names]
    for route in routes:
        route["upstream"] = route["name"]
    routes += [
        {"name": f"gone-{n}", "match": {"path": {"prefix": f"/gone-{n}"}}, "answer": {"status": 410}}
        for n in range(redirected)
    ]
    shop = {
        "hosts": ["shop.example"],
        "upstream": {"endpoints": ["10.0.0.1:80"]},
        "upstreams": {name: {"endpoints": [f"10.0.1.{n}:80"]} for n, name in enumerate(names, 1)},
        "routes": [*routes, {"name": "rest"}],
        "bulkhead": {"in_flight": {"guaranteed": 20, "maximum": maximum}},
    }
    blog = {
        "hosts": ["blog.example"],
        "upstream": {"endpoints": ["10.0.0.2:80"]},
        "bulkhead": {"in_flight": {"guaranteed": 40, "maximum": 80}},
    }
    tree = {
        "holdfast": 1,
        "name": "small",
        "clients": {"trusted_proxies": []},
        "locations": {
            "here": {
                "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                "capacity": {"in_flight": 100, "requests": "5000/s"},
            }
        },
        "tenants": {"acme": {"services": {"shop": shop, "blog": blog}}},
    }
    return [each.code for each in check_text(yaml.safe_dump(tree, sort_keys=False), "f").diagnostics]


@pytest.mark.parametrize(
    ("maximum", "used", "found"),
    [
        (60, 1, []),
        (60, 2, ["HF407"]),
        (30, 2, []),
        (31, 2, ["HF407"]),
        (20, 3, []),
        (21, 3, ["HF407"]),
        (61, 2, ["HF405"]),
    ],
)
def test_every_upstream_that_is_used_counts(maximum: int, used: int, found: list[str]) -> None:
    assert find(maximum, used) == found


def test_routes_that_an_edge_answers_itself_have_no_wall() -> None:
    assert find(60, 1, redirected=3) == []
