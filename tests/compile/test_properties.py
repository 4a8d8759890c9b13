"""What holds for every platform: same in, same out; nobody's part depends on another; nothing refers to nothing."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compile.snapshots import LOCATION, mitigate, of_type
from holdfast.compile import (
    compile_mitigations,
    compile_services,
    compile_snapshot,
    names,
    owner_of,
    settle_walls,
)
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.resource import ResourceType

if TYPE_CHECKING:
    from holdfast.model.resource import Resource

ENDPOINTS = st.sampled_from([["127.0.0.1:9000"], ["127.0.0.1:9000", "[::1]:9001"], ["localhost:9000"]])
SERVICES = st.fixed_dictionaries(
    {
        "upstream": st.fixed_dictionaries(
            {"endpoints": ENDPOINTS},
            optional={
                "protocol": st.sampled_from(["http1", "http2"]),
                "health_check": st.just({}),
                "retries": st.sampled_from([{"attempts_max": 0}, {"idempotency_key": "Idempotency-Key"}]),
                "timeouts": st.sampled_from([{"per_try": 1.0}, {"connect": 0.5}]),
            },
        )
    },
    optional={
        "mode": st.sampled_from(["enforce", "observe"]),
        "limits": st.sampled_from([{"requests": 5.0}, {"requests": 7.5, "burst": 3, "per_client": {"requests": 1.0}}]),
        "bulkhead": st.sampled_from([{"pending": 3}, {"in_flight": {"guaranteed": 1, "maximum": 9}}]),
        "accept": st.sampled_from([{"methods": ["GET"]}, {"graphql": {}}, {"body_max": 10, "url_max": 20}]),
    },
)
MEASURES = st.sampled_from(
    [
        {"kind": "kill"},
        {"kind": "read-only"},
        {"kind": "limit", "requests_per_s": 3.0},
        {"kind": "limit", "in_flight": 2},
        {"kind": "block", "networks": ["192.0.2.0/24"]},
        {"kind": "limit", "per_client": {"requests": 1.0}, "client_prefix": 24},
        {"kind": "deny", "source": {"matches": [{"dimension": "method", "values": ["PUT"]}]}},
        {"kind": "deny", "source": {"matches": [{"dimension": "path", "values": ["/"]}]}, "edges": ["edge-0"]},
        {"kind": "limit", "in_flight": 1, "edges": ["edge-1", "edge-9"]},
    ]
)


@st.composite
def platforms(draw: st.DrawFn) -> dict[str, Any]:
    """Two tenants and a third, each with some services, at a location of some edges."""
    tenants = {}
    for tenant in ("acme", "beta", "gaia"):
        services = draw(st.lists(SERVICES, min_size=1, max_size=3))
        tenants[tenant] = {
            "services": {
                f"{tenant}-{n}": {**service, "hosts": [f"h{n}.{tenant}.example", f"*.h{n}.{tenant}.example"]}
                for n, service in enumerate(services)
            }
        }
    edges = [{"name": f"edge-{n}", "listen": f"127.0.0.1:{8000 + n}"} for n in range(draw(st.integers(1, 3)))]
    return {
        "holdfast": 1,
        "name": "test",
        "mode": draw(st.sampled_from(["enforce", "observe"])),
        "clients": {"trusted_proxies": draw(st.sampled_from([[], ["10.0.0.0/8"]]))},
        "locations": {LOCATION: {"edges": edges, "capacity": {"in_flight": 100, "requests": 1000.0}}},
        "tenants": tenants,
    }


def intend(platform: dict[str, Any], measures: list[tuple[str, dict[str, Any]]] | None = None) -> Intent:
    intent = Intent(Platform.model_validate(platform))
    mitigations = (mitigate(n, {**m, "service": service}) for n, (service, m) in enumerate(measures or [], 1))
    return intent.under(tuple(mitigations))


@st.composite
def mitigated(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """A platform and what is mitigated on it."""
    platform = draw(platforms())
    names = sorted(name for tenant in platform["tenants"].values() for name in tenant["services"])
    return platform, draw(st.lists(st.tuples(st.sampled_from(names), MEASURES), max_size=5))


def shuffled(found: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    items = list(found.items())
    chance.shuffle(items)
    return {key: shuffled(value, chance) if isinstance(value, dict) else value for key, value in items}


def versions(resources: tuple[Resource, ...]) -> dict[Any, str]:
    return {r.key: r.version for r in resources}


BOUNDED = settings(max_examples=60, deadline=None, derandomize=True)


@BOUNDED
@given(drawn=mitigated(), chance=st.randoms(use_true_random=False))
def test_order_says_nothing(
    drawn: tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]], chance: random.Random
) -> None:
    platform, measures = drawn
    once = compile_snapshot(intend(platform, measures), LOCATION)
    again = compile_snapshot(intend(shuffled(platform, chance), measures), LOCATION)
    assert again == once


@BOUNDED
@given(drawn=mitigated())
def test_the_whole_is_its_parts(drawn: tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]) -> None:
    intent = intend(*drawn)
    snapshot = compile_snapshot(intent, LOCATION)
    parts = versions(compile_mitigations(intent, LOCATION))
    for name in intent.services:
        parts |= versions(compile_services(intent, LOCATION, [name]))
    assert parts.items() <= {key: r.version for key, r in snapshot.items()}.items()
    others = snapshot.keys() - parts.keys()
    assert {key.type for key in others} == {ResourceType.LISTENER, ResourceType.TOKEN_BUCKET, ResourceType.CLUSTER}
    assert {key.name for key in others if key.type is ResourceType.CLUSTER} == names.OWN_PARTS.keys()


@BOUNDED
@given(drawn=mitigated(), other=platforms())
def test_one_tenants_words_are_nothing_to_the_others(
    drawn: tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]], other: dict[str, Any]
) -> None:
    platform, _ = drawn
    changed = {**platform, "tenants": {**platform["tenants"], "acme": other["tenants"]["acme"]}}
    old, new = intend(platform), intend(changed)
    before, after = compile_snapshot(old, LOCATION), compile_snapshot(new, LOCATION)
    for key, resource in before.items():
        if "acme" not in key.name:
            assert after[key] == resource


@BOUNDED
@given(drawn=mitigated())
def test_a_mitigation_touches_no_service(drawn: tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]) -> None:
    platform, measures = drawn
    names = tuple(intend(platform).services)
    calm = compile_services(intend(platform), LOCATION, names)
    assert compile_services(intend(platform, measures), LOCATION, names) == calm


@BOUNDED
@given(drawn=mitigated())
def test_an_edge_has_what_holds_there_and_nothing_else(
    drawn: tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]],
) -> None:
    platform, measures = drawn
    resources = compile_mitigations(intend(platform, measures), LOCATION)
    for edge in platform["locations"][LOCATION]["edges"]:
        here = [(s, {**m, "edges": None}) for s, m in measures if edge["name"] in (m.get("edges") or [edge["name"]])]
        alone = compile_mitigations(intend(platform, here), LOCATION)
        assert filters_of(edge["name"], resources) == filters_of(edge["name"], alone)


def filters_of(edge: str, resources: tuple[Resource, ...]) -> list[dict[str, Any]]:
    """Without the ids of mitigations, which are counted from one."""
    found = of_type([r for r in resources if owner_of(r.key.name) == edge], ResourceType.EXTENSION)
    return [json.loads(re.sub(r"m-[0-9]+", "m-0", json.dumps(extension))) for extension in found.values()]


@BOUNDED
@given(drawn=mitigated(), chance=st.randoms(use_true_random=False))
def test_watching_touches_the_mitigations_rules_alone(
    drawn: tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]], chance: random.Random
) -> None:
    intent = intend(*drawn)
    watched = frozenset(chance.sample(sorted(intent.services), 1))
    before, after = compile_snapshot(intent, LOCATION), compile_snapshot(intent.watching(watched), LOCATION)
    touched = {key.name for key in before if after[key] != before[key]}
    edges = [edge.name for edge in intent.platform.locations[LOCATION].edges]
    assert touched == {names.own(names.MITIGATIONS_FILTER, edge) for edge in edges}


@BOUNDED
@given(drawn=mitigated())
def test_nothing_refers_to_nothing(drawn: tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]) -> None:
    resources = compile_snapshot(intend(*drawn), LOCATION).values()
    found = {kind: of_type(resources, kind) for kind in ResourceType}
    for scope in found[ResourceType.SCOPE].values():
        assert scope["route_configuration_name"] in found[ResourceType.ROUTES]
    for routes in found[ResourceType.ROUTES].values():
        for host in routes["virtual_hosts"]:
            assert {route["route"]["cluster"] for route in host["routes"]} <= found[ResourceType.CLUSTER].keys()
    for name, cluster in found[ResourceType.CLUSTER].items():
        assert (cluster["type"] == "EDS") == (name in found[ResourceType.ENDPOINTS])
    for listener in found[ResourceType.LISTENER].values():
        filters = listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
        assert {f["name"] for f in filters if "config_discovery" in f} <= found[ResourceType.EXTENSION].keys()
    for layer in found[ResourceType.RUNTIME].values():
        assert {key.split(".")[1] for key in layer.get("layer", {})} <= found[ResourceType.CLUSTER].keys()


@BOUNDED
@given(platform=platforms(), in_flight=st.integers(1, 50), pending=st.integers(0, 50))
def test_other_walls_leave_clusters_as_they_are(platform: dict[str, Any], in_flight: int, pending: int) -> None:
    old = intend(platform)
    changed = shuffled(platform, random.Random(0))
    for service in changed["tenants"]["acme"]["services"].values():
        service["bulkhead"] = {"in_flight": {"guaranteed": 0, "maximum": in_flight}, "pending": pending}
    new = intend(changed)
    new = replace(new, settled=settle_walls(old, new))
    names = tuple(old.services)
    before, after = (versions(compile_services(i, LOCATION, names)) for i in (old, new))
    assert after == before


def test_a_service_that_is_unknown_yields_nothing() -> None:
    platform = {
        "holdfast": 1,
        "name": "test",
        "locations": {
            LOCATION: {"edges": [{"name": "e", "listen": "127.0.0.1:1"}], "capacity": {"in_flight": 1, "requests": 1.0}}
        },
        "tenants": {},
    }
    assert compile_services(intend(platform), LOCATION, ["nobody"]) == ()
