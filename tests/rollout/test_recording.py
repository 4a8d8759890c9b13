"""Which requests are recorded, as what, and how many."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.recorded import RecordedRequest
from holdfast.model.sample import SampledRequest
from holdfast.model.units import WRITTEN
from holdfast.rollout.recording import AGE_S_MAX, KINDS_MAX, Recording

ROUTES: list[dict[str, Any]] = [
    {"name": "api", "match": {"path": {"prefix": "/api"}}, "rewrite": {"prefix": "/"}},
    {"name": "deep", "match": {"path": {"prefix": "/deep/"}}, "rewrite": {"prefix": "/v2", "host": "inner.example"}},
    {"name": "one", "match": {"path": {"exact": "/one"}}, "rewrite": {"prefix": "/uno"}},
    {"name": "dated", "match": {"path": {"prefix": "/v20240101"}}},
]


def make_intent(*services: str) -> Intent:
    stated = {
        name: {"hosts": [f"{name}.example"], "upstream": {"endpoints": ["192.0.2.1:80"]}, "routes": ROUTES}
        for name in services
    }
    location = {
        "edges": [{"name": "e", "listen": "127.0.0.1:8080"}],
        "capacity": {"in_flight": 100, "requests": "1000/s"},
    }
    platform = {
        "holdfast": 1,
        "name": "small",
        "clients": {"trusted_proxies": []},
        "locations": {"here": location},
        "tenants": {"acme": {"services": stated}},
    }
    return Intent(Platform.model_validate(platform, context=WRITTEN))


def sample(target: str = "/", **more: Any) -> SampledRequest:
    known: dict[str, Any] = {
        "at": 1_000.0,
        "edge": "e",
        "service": "shop",
        "request_id": "1",
        "client": "192.0.2.9",
        "method": "GET",
        "path": target,
        "user_agent": "",
        "referer": "",
        "status": 200,
        "cause": "",
        "duration_s": 0.1,
        "host": "shop.example",
        "target": target,
    }
    return SampledRequest(**known | more)


def record(*samples: SampledRequest, services: tuple[str, ...] = ("shop",)) -> Recording:
    recording = Recording()
    recording.set_platform(make_intent(*services))
    recording.add(samples)
    return recording


def list_of(recording: Recording) -> tuple[RecordedRequest, ...]:
    return recording.freeze().list_requests()


def test_requests_of_a_kind_are_one() -> None:
    slow = sample("/orders/1234567", duration_s=2.0, body_bytes=10, content_type="text/plain", weight=3.0)
    quick = sample("/orders/7654321", body_bytes=20, content_type="text/plain", head_bytes=300, accept="*/*")
    (request,) = list_of(record(slow, quick))
    assert (request.method, request.host, request.path) == ("GET", "shop.example", "/orders/1111111")
    assert (request.weight, request.latency_s, request.body_bytes, request.head_bytes) == (4.0, 2.0, 20, 300)
    assert request.headers == (("content-type", "text/plain"), ("accept", "*/*"))


@pytest.mark.parametrize(
    "more",
    [
        {"cause": "limit.service", "status": 429},
        {"status": 404},
        {"status": 0},
        {"service": "other"},
        {"host": ""},
        {"host": "a b"},
        {"target": ""},
        {"target": "/a b"},
        {"target": "/ä"},
        {"method": "GET /"},
        {"content_type": "\r\nx: y"},
    ],
)
def test_what_tells_nothing_is_not_recorded(more: dict[str, Any]) -> None:
    assert list_of(record(sample(**more))) == ()


@pytest.mark.parametrize(
    ("route", "sent", "asked"),
    [
        ("api", "/users?a=x", "/api/users?a=x"),
        ("api", "/", "/api/"),
        ("deep", "/v2/users", "/deep/users"),
        ("one", "/uno?a=x", "/one?a=x"),
        ("one", "/other", None),
        ("deep", "/v20/users", None),
        ("dated", "/v20240101/20240102", "/v20240101/11111111"),
        ("", "/users", "/users"),
        ("gone", "/users", "/users"),
    ],
)
def test_what_a_route_rewrote_is_recorded_as_it_was_asked(route: str, sent: str, asked: str | None) -> None:
    found = list_of(record(sample(sent, route=route, host="any.example")))
    assert [request.path for request in found] == ([asked] if asked else [])
    assert [request.host for request in found] == ["shop.example" if route == "deep" else "any.example"] * len(found)


def test_the_frequent_stay_and_the_new_find_room() -> None:
    often = [sample(f"/often-{n}", weight=100.0) for n in range(10)]
    once = [sample(f"/once-{n}") for n in range(500)]
    paths = {request.path: request.weight for request in list_of(record(*often, *once))}
    assert len(paths) == KINDS_MAX
    assert paths.keys() >= {each.target for each in often}
    assert "/once-499" in paths
    assert {paths[each.target] for each in often} == {100.0}
    assert paths["/once-499"] == 1.0


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(1, 1000)), max_size=300))
def test_no_weight_is_more_than_was_asked(asked: list[tuple[int, float]]) -> None:
    recording = record(*(sample(f"/p-{n}", weight=weight) for n, weight in asked))
    totals: dict[str, float] = {}
    for n, weight in asked:
        totals[f"/p-{n}"] = totals.get(f"/p-{n}", 0.0) + weight
    found = list_of(recording)
    assert len(found) <= KINDS_MAX
    assert all(request.weight <= totals[request.path] + 0.1 for request in found)


def test_what_was_recorded_outlives_a_restart_and_ages() -> None:
    before = record(sample("/a", weight=5.0), sample("/b", at=1_000.0 + AGE_S_MAX))
    kept = before.freeze().list_kinds()
    after = Recording()
    after.recall(kept)
    after.set_platform(make_intent("shop"))
    assert set(list_of(after)) == set(list_of(before))
    after.forget(1_001.0 + AGE_S_MAX)
    assert [request.path for request in list_of(after)] == ["/b"]


def test_services_that_are_gone_are_forgotten() -> None:
    recording = record(sample(), sample(service="blog", host="blog.example"), services=("shop", "blog"))
    assert len(list_of(recording)) == 2
    recording.set_platform(make_intent("blog"))
    assert [request.host for request in list_of(recording)] == ["blog.example"]
