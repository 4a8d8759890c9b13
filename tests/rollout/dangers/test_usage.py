"""Less than what is used: time of routes, connections, addresses that clients know, kinds of operation."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.recorded import PlatformUsage, Usage
from rollout.dangers.platforms import ask, codes, find, make_tree, of, sent

ROUTES = [
    {"name": "pay", "match": {"path": {"prefix": "/pay"}}, "upstream": "bank", "timeout": "10s"},
    {"name": "bank", "match": {"path": {"prefix": "/bank"}}, "upstream": "bank"},
    {"name": "rest"},
]


def routed() -> Any:
    tree = make_tree()
    of(tree, "shop").update(routes=ROUTES, upstreams={"bank": {"endpoints": ["10.0.0.9:80"]}})
    return tree


def tried(route: str, took_s: float) -> Any:
    outcome = sent(route=route, path=f"/{route}", endpoints=["10.0.0.9:80"])
    return ((ask(path=f"/{route}", latency_s=took_s, method="POST"), outcome, outcome),)


@pytest.mark.parametrize(
    ("timeout", "route", "found"),
    [("2s", "pay", ["timeout-below-usual"]), ("3s", "pay", []), ("2s", "bank", []), ("20s", "pay", [])],
)
def test_a_route_with_less_time_than_it_takes_is_named(timeout: str, route: str, found: list[str]) -> None:
    known = tried(route, 2.4)
    dangers = find(lambda tree: of(tree, "shop")["routes"][0].update(timeout=timeout), routed(), tried=known)
    assert codes(dangers) == found
    assert all(danger.evidence == ("POST /pay took 2.4 s",) for danger in dangers)


@pytest.mark.parametrize(("request_s", "found"), [(2, ["timeout-below-usual"]), (5, [])])
def test_so_is_an_upstream_beside_the_first(request_s: int, found: list[str]) -> None:
    def cut(tree: Any) -> None:
        of(tree, "shop")["upstreams"]["bank"]["timeouts"] = {"request": f"{request_s}s"}

    assert codes(find(cut, routed(), tried=tried("bank", 2.4))) == found
    assert find(cut, routed(), tried=tried("pay", 2.4)) == []


@pytest.mark.parametrize(
    ("most", "open_", "found"),
    [(2000, 3500.0, ["limit-below-usual"]), (4000, 3500.0, []), (2000, 100.0, []), (9500, 9700.0, [])],
)
def test_fewer_connections_than_are_open_are_named(most: int, open_: float, found: list[str]) -> None:
    usage = PlatformUsage(locations={"here": Usage(rps=1.0)})
    dangers = find(
        lambda tree: tree["locations"]["here"]["capacity"].update(connections=most),
        usage=usage,
        connections={"here": open_},
    )
    assert codes(dangers) == found


def listen(*addresses: str) -> Any:
    def change(tree: Any) -> None:
        edges = [{"name": f"edge-{n}", "listen": each} for n, each in enumerate(addresses, 1)]
        tree["locations"]["here"]["edges"] = edges

    return change


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        (("127.0.0.1:9090", "127.0.0.2:9090"), ["listeners-move"]),
        (("127.0.0.3:8080",), ["listeners-move"]),
        (("127.0.0.1:8080", "127.0.0.2:9090"), []),
        (("127.0.0.2:8080", "127.0.0.1:8080", "127.0.0.3:8080"), []),
        (("127.0.0.1:8080",), []),
    ],
)
def test_a_location_that_goes_elsewhere_as_a_whole_is_named(addresses: Any, found: list[str]) -> None:
    assert codes(find(listen(*addresses), connections={"here": 70.0})) == found


OPERATIONS = {"shop": {"query": 1500.0, "mutation": 310.0}}


@pytest.mark.parametrize(
    ("graphql", "found"),
    [
        ({"mutations": False, "introspection": True}, ["operations-refused"]),
        ({"mutations": True, "introspection": False}, []),
        ({"mutations": True, "batching": False}, []),
    ],
)
def test_operations_that_would_be_refused_are_named(graphql: Any, found: list[str]) -> None:
    old = make_tree()
    of(old, "shop")["accept"] = {"graphql": {"batching": True, "introspection": True}}
    dangers = find(lambda tree: of(tree, "shop")["accept"].update(graphql=graphql), old, operations=OPERATIONS)
    assert codes(dangers) == found
    assert all("310 of 1810" in danger.message for danger in dangers)


def test_operations_that_are_only_counted_are_not_refused() -> None:
    def forbid(tree: Any) -> None:
        of(tree, "shop").update(mode="observe", accept={"graphql": {"mutations": False}})

    assert find(forbid, operations=OPERATIONS) == []
