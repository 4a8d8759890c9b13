"""What a change would do, tried on real Envoys."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from holdfast import compile as compiler
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.recorded import RecordedRequest
from holdfast.model.units import WRITTEN
from holdfast.rollout.plan import Plan, Verdict
from holdfast.runtime.canary import EnvoyCanary
from holdfast.runtime.effects import EffectTrials
from holdfast.runtime.planning import Planner

ELSEWHERE = "192.0.2.1:80"
"""An address that nobody has (RFC 5737): whoever sent a request there would wait for it in vain."""


def make_platform(shop: dict[str, Any], **more: dict[str, Any]) -> Platform:
    services = {"shop": {"hosts": ["shop.example"]} | shop, "blog": {"hosts": ["blog.example"]}} | more
    full = {name: {"upstream": {"endpoints": [ELSEWHERE]}} | said for name, said in services.items() if said}
    return Platform.model_validate(
        {
            "holdfast": 1,
            "name": "small",
            "clients": {"trusted_proxies": []},
            "locations": {
                "here": {
                    "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                    "capacity": {"in_flight": 100, "requests": "1000/s"},
                }
            },
            "tenants": {"acme": {"services": full}},
        },
        context=WRITTEN,
    )


def ask(path: str, host: str = "shop.example", **more: Any) -> RecordedRequest:
    return RecordedRequest(**{"method": "GET", "host": host, "path": path, **more})


def plan(old: Platform, new: Platform, *requests: RecordedRequest) -> Plan:
    async def find_out() -> Plan:
        with tempfile.TemporaryDirectory(prefix="hf-") as folder:
            canary = EnvoyCanary(Path(folder) / "canary", find_envoy)
            planner = Planner(compiler, canary, EffectTrials(Path(folder) / "effects", find_envoy))
            return await planner.plan(Intent(old), new, requests)

    return asyncio.run(find_out())


def route(name: str, prefix: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "match": {"path": {"prefix": prefix}}, **more}


def test_nothing_changes_where_nothing_was_changed() -> None:
    found = plan(make_platform({}), make_platform({}), ask("/"))
    assert (found.judge(), found.differences, found.asked) == (Verdict.SOUND, (), 0)


def test_requests_that_would_be_lost_are_found() -> None:
    routes = [route("api", "/api"), route("pages", "/pages")]
    requests = (ask("/api/users", weight=70, caller="blog"), ask("/pages/1"), ask("/", host="blog.example"))
    found = plan(make_platform({"routes": routes}), make_platform({"routes": routes[1:]}), *requests)
    assert found.judge() is Verdict.CONFIRM
    assert [danger.code for danger in found.dangers] == ["requests-lost"]
    assert found.dangers[0].evidence == ("GET shop.example/api/users: 200 → 404 (no-route)",)
    assert found.judge(("requests-lost",)) is Verdict.SOUND
    assert found.asked == 2


def test_what_is_sent_upstream_is_compared_in_every_respect() -> None:
    before = route("api", "/api", response_headers={"set": {"cache-control": "no-store"}})
    after = route(
        "renamed",
        "/api",
        upstream="other",
        rewrite={"prefix": "/v2", "host": "inner.example"},
        request_headers={"set": {"x-env": "prod"}},
        response_headers={"remove": ["server"]},
    )
    other = {"other": {"endpoints": ["192.0.2.2:80"]}}
    new = make_platform({"routes": [after], "upstreams": other})
    found = plan(make_platform({"routes": [before]}), new, ask("/api/users?a=1"))
    (difference,) = found.differences
    aspects = ("upstream", "path", "host", "headers to the upstream", "headers to the client")
    assert difference.aspects == aspects
    assert (difference.old.path, difference.new.path) == ("/api/users?a=1", "/v2/users?a=1")
    assert (difference.new.endpoints, difference.new.host) == (("192.0.2.2:80",), "inner.example")
    assert ("x-env", "prod") in difference.new.sent
    assert found.judge() is Verdict.SOUND


def test_names_make_no_difference_and_neither_does_the_order_of_what_is_apart() -> None:
    routes = [route("api", "/api"), route("pages", "/pages")]
    renamed = [{**each, "name": f"new-{each['name']}"} for each in reversed(routes)]
    found = plan(
        make_platform({"routes": routes}),
        make_platform({"routes": renamed}),
        ask("/api/users"),
        ask("/pages"),
        ask("/"),
    )
    assert (found.differences, found.asked) == ((), 3)
    assert found.changes.mentioned == {"shop"}


def test_probes_are_asked_too() -> None:
    probes = [{"path": "/healthz"}, {"path": "/old", "expect": 301}]
    old = make_platform({"routes": [route("all", "/")], "probes": probes})
    moved = route("old", "/old", redirect={"path": "/new", "status": 301})
    new = make_platform({"routes": [moved, route("api", "/api")], "probes": probes})
    codes = {danger.code: danger.evidence for danger in plan(old, new).dangers}
    assert codes == {"probe-fails": ("GET shop.example/healthz → 404",)}


def test_what_the_edge_would_refuse_for_its_size_or_kind_is_found() -> None:
    requests = (ask("/", method="PUT"), ask("/", method="POST", body_bytes=5000), ask("/", head_bytes=20_000), ask("/"))
    accept = {"methods": ["GET", "POST"], "body_max": "1KiB", "header_max": "16KiB"}
    found = plan(make_platform({}), make_platform({"accept": accept}), *requests)
    assert sorted((d.new.status, d.new.cause) for d in found.differences) == [
        (405, "accept.methods"),
        (413, "accept.body_max"),
        (431, "accept.header_max"),
    ]


def test_limits_and_walls_are_not_what_is_asked_about() -> None:
    tight = {"limits": {"requests": "1/s", "burst": 1}, "bulkhead": {"in_flight": {"guaranteed": 0, "maximum": 1}}}
    found = plan(make_platform({}), make_platform(tight), *(ask(f"/{n}") for n in range(50)))
    assert (found.differences, found.asked) == ((), 50)


def test_what_envoy_refuses_is_refused() -> None:
    bad = route("all", "/") | {"match": {"path": {"regex": "(?:a{1000}){1000}"}}}
    found = plan(make_platform({}), make_platform({"routes": [bad]}), ask("/"))
    assert found.judge() is Verdict.REFUSED
    assert found.nacks


def test_a_service_that_the_change_does_not_mention_is_not_asked_about() -> None:
    new = make_platform({"criticality": "critical"})
    found = plan(make_platform({}), new, ask("/"), ask("/", host="blog.example"))
    assert (found.dangers, found.asked) == ((), 1)


def test_a_scratch_edge_waits_for_nothing() -> None:
    """What isn't sent to it, an Envoy that boots would wait for, a quarter of a minute for each."""

    async def try_out(folder: Path) -> str:
        intent = Intent(make_platform({"limits": {"requests": "1/s"}}))
        snapshot = compiler.compile_snapshot(intent, "here")
        await EffectTrials(folder, find_envoy).try_requests("new", intent, snapshot, ["shop"], [ask("/")])
        return (folder / "new" / "envoy.log").read_text()

    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        assert "initial fetch timed out" not in asyncio.run(try_out(Path(folder)))
