"""Servers that a service's requests would be sent to by mistake, and servers that many lose at once."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.recorded import PlatformUsage, Usage
from rollout.dangers.platforms import SERVICES, ask, codes, differ, find, make_tree, of, sent


def point(tree: Any, service: str, *endpoints: str) -> None:
    of(tree, service)["upstream"] = {"endpoints": list(endpoints)}


def test_recorded_requests_that_another_services_server_would_get_are_named() -> None:
    moved = differ(ask(weight=300), sent(), sent(endpoints=["10.0.0.2:80"]))
    (danger,) = find(lambda tree: point(tree, "shop", "10.0.0.2:80"), differences=moved)
    assert (danger.code, danger.services) == ("endpoint-of-another", ("shop", "stock"))
    assert "300 recorded requests of shop would be sent to 10.0.0.2:80, which belongs to stock" in danger.message


def test_a_server_whose_service_goes_may_be_taken_over() -> None:
    def merge(tree: Any) -> None:
        point(tree, "shop", "10.0.0.2:80")
        del tree["tenants"]["acme"]["services"]["stock"]

    assert find(merge, differences=differ(ask(), sent(), sent(endpoints=["10.0.0.2:80"]))) == []


def test_a_new_service_may_share_a_server_of_its_tenant() -> None:
    def add(tree: Any) -> None:
        tree["tenants"]["acme"]["services"]["new"] = {**of(tree, "stock"), "hosts": ["new.example"]}

    assert find(add) == []


def shared() -> Any:
    tree = make_tree()
    point(tree, "mail", "10.0.0.1:80")
    return tree


def move_both(tree: Any) -> None:
    for name in ("shop", "mail"):
        point(tree, name, "10.0.0.9:80")


def test_a_service_that_moves_along_with_one_that_nobody_asks_is_named() -> None:
    (danger,) = find(move_both, shared(), requests=(ask(),))
    assert (danger.code, danger.services) == ("moved-along", ("shop", "mail"))
    assert danger.evidence == ("10.0.0.1:80 → 10.0.0.9:80",)


@pytest.mark.parametrize(
    "known",
    [
        {"requests": (ask("shop"), ask("mail"))},
        {"requests": (ask("shop"),), "usage": PlatformUsage(services={"mail": Usage(rps=1.0)})},
        {},
    ],
)
def test_a_server_of_two_services_may_move(known: Any) -> None:
    assert find(move_both, shared(), **known) == []


def doubled() -> Any:
    tree = make_tree()
    for n, name in enumerate(SERVICES, 1):
        point(tree, name, f"10.0.0.{n}:80", f"10.0.1.{n}:80")
    return tree


@pytest.mark.parametrize(("count", "found"), [(1, []), (2, []), (3, ["endpoints-gone"]), (4, ["endpoints-gone"])])
def test_many_services_that_lose_half_of_their_servers_are_named(count: int, found: list[str]) -> None:
    def drain(tree: Any) -> None:
        for n, name in enumerate(SERVICES[:count], 1):
            point(tree, name, f"10.0.0.{n}:80")

    dangers = find(drain, doubled())
    assert codes(dangers) == found
    assert all(danger.services == tuple(sorted(SERVICES[:count])) for danger in dangers)


def test_many_services_that_get_other_servers_lose_none() -> None:
    def exchange(tree: Any) -> None:
        for n, name in enumerate(SERVICES, 1):
            point(tree, name, f"10.0.2.{n}:80")

    assert find(exchange, doubled()) == []
