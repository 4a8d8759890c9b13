"""What a service may ask for of requests' heads is what edges' listeners take."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from google.protobuf.json_format import MessageToJson

from holdfast.compile.listener import compile_listener
from holdfast.model.platform import AccessLog, Clients
from holdfast.spec import check_text
from holdfast.spec.rules.accept import HEAD_BYTES_MAX

KIB = HEAD_BYTES_MAX // 1024


def test_it_is_what_listeners_are_given() -> None:
    listener = MessageToJson(compile_listener("edge-1", "127.0.0.1", 8080, Clients(), AccessLog()), indent=None)
    assert f'"maxRequestHeadersKb": {KIB},' in listener


@pytest.mark.parametrize("key", ["header_max", "url_max"])
@pytest.mark.parametrize(("most", "found"), [(f"{KIB}KiB", []), (f"{KIB + 1}KiB", ["HF514"]), ("16MiB", ["HF514"])])
def test_more_than_that_is_refused(key: str, most: str, found: list[str]) -> None:
    shop = {"hosts": ["shop.example"], "upstream": {"endpoints": ["10.0.0.1:80"]}, "accept": {key: most}}
    tree: dict[str, Any] = {
        "holdfast": 1,
        "name": "small",
        "clients": {"trusted_proxies": []},
        "locations": {
            "here": {
                "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                "capacity": {"in_flight": 10, "requests": "5000/s"},
            }
        },
        "tenants": {"acme": {"services": {"shop": shop}}},
    }
    assert [each.code for each in check_text(yaml.safe_dump(tree), "f").diagnostics] == found
