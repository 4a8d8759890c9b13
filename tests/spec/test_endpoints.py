"""Endpoints as they are written: an address alone, or what more there is to say; and what is wrong with either."""

from typing import Any

import pytest
import yaml

from holdfast.model.platform import Platform
from holdfast.model.recovery import Endpoint
from holdfast.model.upstream import Upstream
from holdfast.spec import check_text, dump_platform

CHECK = {"path": "/healthz"}


def platform(**upstream: Any) -> str:
    service = {"hosts": ["shop.example"], "upstream": {"health_check": CHECK, **upstream}}
    return yaml.safe_dump(
        {
            "holdfast": 1,
            "name": "demo",
            "clients": {"trusted_proxies": []},
            "locations": {
                "here": {
                    "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                    "capacity": {"in_flight": 200, "requests": "2000/s"},
                }
            },
            "tenants": {"acme": {"services": {"shop": service}}},
        }
    )


def read(text: str) -> Platform:
    checked = check_text(text, "p.yaml")
    assert checked.platform is not None, checked.diagnostics
    return checked.platform


def upstream_of(text: str) -> Upstream:
    return read(text).tenants["acme"].services["shop"].upstream


def find(text: str) -> list[tuple[str, str, str]]:
    """Code, path and text of each diagnostic."""
    diagnostics = check_text(text, "p.yaml").diagnostics
    return [(each.code, each.path.partition("upstream.")[2], each.text) for each in diagnostics]


def test_both_forms_are_one_kind_of_thing() -> None:
    more = {"address": "192.0.2.2:80", "zone": "a", "ephemeral": True}
    said = upstream_of(platform(endpoints=["192.0.2.1:80", more]))
    assert said.endpoints == (
        Endpoint(address="192.0.2.1:80"),
        Endpoint(address="192.0.2.2:80", zone="a", ephemeral=True),
    )
    assert said.addresses == ("192.0.2.1:80", "192.0.2.2:80")


def test_what_says_no_more_than_an_address_is_written_as_one() -> None:
    text = platform(endpoints=[{"address": "192.0.2.1:80"}, {"address": "192.0.2.2:80", "ephemeral": True}])
    written = dump_platform(read(text))
    endpoints = yaml.safe_load(written)["tenants"]["acme"]["services"]["shop"]["upstream"]["endpoints"]
    assert endpoints == ["192.0.2.1:80", {"address": "192.0.2.2:80", "ephemeral": True}]
    assert read(written) == read(text)


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ("192.0.2.1", ("HF213", "endpoints[0]", "192.0.2.1")),
        (80, ("HF203", "endpoints[0]", "80")),
        ({"address": "192.0.2.1"}, ("HF213", "endpoints[0].address", "192.0.2.1")),
        ({"zone": "a"}, ("HF202", "endpoints[0].address", "")),
        ({"address": "192.0.2.1:80", "zone": "East 1"}, ("HF211", "endpoints[0].zone", "East 1")),
        ({"address": "192.0.2.1:80", "weight": 2}, ("HF201", "endpoints[0].weight", "weight")),
        ({"address": "192.0.2.1:80", "ephemeral": "yes"}, ("HF203", "endpoints[0].ephemeral", "yes")),
    ],
)
def test_a_mistake_is_told_where_it_is_written(endpoint: Any, found: tuple[str, str, str]) -> None:
    assert find(platform(endpoints=[endpoint])) == [found]


def test_endpoints_come_from_somewhere() -> None:
    assert [code for code, *_ in find(platform())] == ["HF202"]
    assert [code for code, *_ in find(platform(endpoints_from={"file": "/a"}))] == []
    assert [code for code, *_ in find(platform(endpoints_from={"file": "/a", "url": "http://a"}))] == ["HF316"]
    assert [code for code, *_ in find(platform(endpoints_from={"every": "5s"}))] == ["HF316"]


def test_names_and_feeds_do_not_go_together() -> None:
    both = platform(endpoints=["192.0.2.1:80", "shop.internal:80"], endpoints_from={"file": "/a"})
    assert find(both) == [("HF317", "endpoints[1]", "shop.internal:80")]


def test_machines_that_all_may_go_and_feeds_that_nothing_checks_are_dangers() -> None:
    one = {"address": "192.0.2.1:80", "ephemeral": True}
    assert find(platform(endpoints=[one])) == [("HF319", "endpoints", "endpoints")]
    unchecked = platform(endpoints_from={"file": "/a"}, health_check=None)
    assert find(unchecked) == [("HF318", "endpoints_from", "endpoints_from")]


@pytest.mark.parametrize("feed", [{"file": "relative"}, {"url": "ftp://a"}])
def test_a_feed_is_an_absolute_path_or_a_url(feed: dict[str, str]) -> None:
    assert len(find(platform(endpoints_from=feed))) == 1
