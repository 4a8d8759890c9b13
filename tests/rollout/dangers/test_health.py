"""Health checks that would take everything out, and endpoints that aren't fit."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.dangers.platforms import ask, codes, find, make_tree, of, sent


def checked(**check: Any) -> Any:
    tree = make_tree()
    of(tree, "shop")["upstream"]["health_check"] = check
    return tree


def recheck(**check: Any) -> Any:
    return lambda tree: of(tree, "shop")["upstream"].update(health_check=check)


SLOW = ask(path="/search", latency_s=0.22, weight=9)
QUICK = ask(path="/search", latency_s=0.02, weight=10)
ELSEWHERE = ask(path="/search", latency_s=9.0, weight=50)


def tried(*requests: Any) -> Any:
    return tuple((each, sent(path="/search"), sent(path="/search")) for each in requests)


OTHERS = ((ELSEWHERE, sent(path="/search"), sent(path="/search", endpoints=["10.0.0.7:80"])),)


@pytest.mark.parametrize(
    ("check", "known", "found"),
    [
        ({"path": "/search?q=kettle", "timeout": "200ms"}, tried(SLOW), ["check-too-short"]),
        ({"path": "/search", "timeout": "300ms"}, tried(SLOW), []),
        ({"path": "/search", "timeout": "200ms"}, tried(SLOW, QUICK), []),
        ({"path": "/ready", "timeout": "200ms"}, tried(SLOW), []),
        ({"path": "/search", "timeout": "200ms"}, OTHERS, []),
        ({"path": "/healthz", "timeout": "900ms"}, tried(SLOW), []),
    ],
)
def test_checks_that_wait_less_than_it_takes_are_named(check: Any, known: Any, found: list[str]) -> None:
    dangers = find(recheck(**check), checked(path="/healthz"), tried=known)
    assert codes(dangers) == found
    assert all(danger.evidence == ("10.0.0.1:80",) for danger in dangers)


UNFIT = {"10.0.0.1:80": "404 to /health"}


def test_a_new_path_that_an_endpoint_does_not_know_is_named() -> None:
    (danger,) = find(recheck(path="/health"), checked(path="/healthz"), unfit=UNFIT)
    assert (danger.code, danger.services) == ("endpoint-unfit", ("shop",))
    assert danger.evidence == ("10.0.0.1:80: 404 to /health",)


def test_an_endpoint_that_is_ill_already_is_no_fault_of_the_change() -> None:
    assert find(recheck(path="/healthz", interval="5s"), checked(path="/healthz"), unfit=UNFIT) == []


def test_another_protocol_and_a_new_endpoint_are_looked_at() -> None:
    unfit = {"10.0.0.1:80": "it speaks no HTTP/2", "10.0.0.9:80": "404 to /healthz"}
    assert codes(find(lambda t: of(t, "shop")["upstream"].update(protocol="http2"), unfit=unfit)) == ["endpoint-unfit"]
    (danger,) = find(lambda t: of(t, "shop")["upstream"]["endpoints"].append("10.0.0.9:80"), unfit=unfit)
    assert danger.evidence == ("10.0.0.9:80: 404 to /healthz",)
