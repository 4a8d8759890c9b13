"""Processor time for each refused request, by what refuses it, beside the nearest refusals of nginx and HAProxy."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bench.edge import run_edge
from bench.proxies import find_free_port, is_installed, run_proxy
from bench.report import Row, Table
from bench.samples import divide, interleave
from bench.stage import CORES, INSTANT, LOCATION, PLENTY, UNHURRIED, Requests, intend, measure_cpu_us
from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.model.mitigation import Block, Kill, Mitigation, ReadOnly

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from bench.proxies import ProxyName
    from bench.samples import Samples
    from holdfast.model.intent import Intent
    from holdfast.model.mitigation import Measure

RPS: Final = 10_000
SLOW: Final = UpstreamOptions(cap=1024, answer_ms=300)
"""So slow that the one request which a full bulkhead holds is there almost all the time."""
SCARCE: Final = {"requests": 0.01, "burst": 1}
UNKNOWN_HOST: Final = "nobody.invalid"
JSON: Final = (("content-type", "application/json"),)
PEERS: Final[Mapping[ProxyName, str]] = {"haproxy": "HAProxy", "nginx": "nginx"}
Measures: TypeAlias = "dict[str, Callable[[], Awaitable[float]]]"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of refusal: what is sent, and which refusal of a peer is nearest, if one is."""

    title: str
    requests: Requests
    nearest: str | None


def list_kinds(seconds: float) -> dict[str, Kind]:
    """What Holdfast refuses, by the service that refuses it so."""

    def ask(service: str, status: int, **more: Any) -> Requests:
        return Requests(RPS, seconds, status, f"{service}.example", **more)

    return {
        "limit": Kind("limit of the service, 429", ask("limit", 429), "limit"),
        "clients": Kind("limit of a client, 429", ask("clients", 429), "limit"),
        "location": Kind("limit of the location, 503", ask("location", 503), "limit"),
        "bulkhead": Kind("bulkhead full, 503", ask("bulkhead", 503), "full"),
        "kill": Kind("kill, 503", ask("kill", 503), "kill"),
        "read-only": Kind("read-only, 503", ask("read-only", 503, method="DELETE"), "kill"),
        "block": Kind("block, 403", ask("block", 403), "block"),
        "methods": Kind("method not accepted, 405", ask("methods", 405, method="DELETE"), "methods"),
        "types": Kind("content type of a body not accepted, 415", ask("types", 415, method="POST", body="a=b"), None),
        "graphql": Kind(
            "body that is no GraphQL, 400", ask("graphql", 400, method="POST", headers=JSON, body='{"a": 1}'), None
        ),
        "unknown": Kind("unknown host, 421", replace(ask("unknown", 421), host=UNKNOWN_HOST), "unknown"),
    }


def list_peer_kinds(seconds: float) -> dict[str, Kind]:
    """What `peers/rejections.*` refuse, by host."""

    def ask(host: str, status: int, **more: Any) -> Requests:
        return Requests(RPS, seconds, status, f"{host}.example", **more)

    return {
        "limit": Kind("rate, 429", ask("limit", 429), None),
        "full": Kind("full, 503", ask("full", 503), None),
        "kill": Kind("always, 503", ask("kill", 503), None),
        "block": Kind("by address, 403", ask("block", 403), None),
        "methods": Kind("by method, 405", ask("methods", 405, method="DELETE"), None),
        "unknown": Kind("unknown host, 421", replace(ask("unknown", 421), host=UNKNOWN_HOST), None),
    }


async def run(*, quick: bool) -> Table:
    """Compare them in one interleaved run. Raises WrongAnswers, EdgeRefused, ProxyFailed, InstrumentError."""
    seconds = 0.3 if quick else 0.6
    async with AsyncExitStack() as running:
        upstream = running.enter_context(start_upstream(INSTANT, UNHURRIED))
        slow = running.enter_context(start_upstream(SLOW, UNHURRIED))
        measures = await _start_edges(running, list_kinds(seconds), upstream.port, slow.port)
        for name in PEERS:
            if is_installed(name):
                peer = await running.enter_async_context(run_proxy(name, "rejections", CORES.edge, slow_port=slow.port))
                for key, kind in list_peer_kinds(seconds).items():
                    measures[f"{name} {key}"] = partial(measure_cpu_us, peer.port, peer.pids, kind.requests)
        found = await interleave(7, measures)
    return Table(
        "rejected",
        "CPU for each refused request: keep-alive, one worker",
        (*_holdfast_rows(found), *_peer_rows(found)),
        ratio_to="HAProxy's nearest" if is_installed("haproxy") else "",
        notes=(
            f"at {RPS:,} requests a second from 8 clients; the ratio is the median of those of each round",
            "a body that is refused unread, as with 415, costs the connection: the next request pays for a new one",
            "Holdfast says why in a body of JSON, with headers for the machine; the others send their stock pages",
        ),
    )


async def _start_edges(
    running: AsyncExitStack, kinds: Mapping[str, Kind], upstream_port: int, slow_port: int
) -> Measures:
    """One edge for all kinds but the location's own limit, which leaves none of the others a turn."""
    port, tight_port = find_free_port(), find_free_port()
    edge = await running.enter_async_context(
        run_edge(_intend_refusals(port, upstream_port, slow_port), LOCATION, CORES.edge)
    )
    tight = await running.enter_async_context(
        run_edge(_intend_tight_location(tight_port, upstream_port), LOCATION, CORES.edge)
    )
    measures: Measures = {}
    for key, kind in kinds.items():
        where, envoy = (tight_port, tight.envoy) if key == "location" else (port, edge.envoy)
        measures[key] = partial(measure_cpu_us, where, (envoy.pid,), kind.requests)
    return measures


def _intend_refusals(port: int, upstream_port: int, slow_port: int) -> Intent:
    """A service for each kind of refusal, named as in `list_kinds`."""
    services: dict[str, dict[str, Any]] = {
        "limit": {"limits": {**SCARCE, "per_client": {"requests": PLENTY}}},
        "clients": {"limits": {"requests": PLENTY, "per_client": SCARCE}},
        "bulkhead": {"bulkhead": {"in_flight": {"guaranteed": 0, "maximum": 1}}},
        "kill": {},
        "read-only": {},
        "block": {},
        "methods": {"accept": {"methods": ["GET", "HEAD"]}},
        "types": {"accept": {"content_types": ["application/json"]}},
        "graphql": {"accept": {"graphql": {}}},
    }
    tenants = {
        name: _declare_tenant(name, slow_port if name == "bulkhead" else upstream_port, said)
        for name, said in services.items()
    }
    intent = intend(port, upstream_port, platform={"tenants": tenants})
    everybody = Block.model_validate({"service": "block", "networks": ["127.0.0.0/8"]})
    return intent.under(tuple(_mitigate(Kill(service="kill"), ReadOnly(service="read-only"), everybody)))


def _intend_tight_location(port: int, upstream_port: int) -> Intent:
    location = {
        "edges": [{"name": "edge-1", "listen": f"127.0.0.1:{port}"}],
        "capacity": {"in_flight": 1000, "requests": SCARCE["requests"]},
    }
    tenants = {"location": _declare_tenant("location", upstream_port, {})}
    return intend(port, upstream_port, platform={"locations": {LOCATION: location}, "tenants": tenants})


def _declare_tenant(name: str, upstream_port: int, said: Mapping[str, Any]) -> dict[str, Any]:
    upstream = {"endpoints": [f"127.0.0.1:{upstream_port}"]}
    limits = {"requests": PLENTY, "per_client": {"requests": PLENTY}}
    return {"services": {name: {"hosts": [f"{name}.example"], "upstream": upstream, "limits": limits, **said}}}


def _mitigate(*measures: Measure) -> Iterator[Mitigation]:
    for number, measure in enumerate(measures, start=1):
        yield Mitigation(
            id=f"m-{number}", measure=measure, reason="measuring", author="bench", started_at=0.0, expires_at=86_400.0
        )


def _holdfast_rows(found: Mapping[str, Samples]) -> Iterator[Row]:
    for key, kind in list_kinds(seconds=1).items():
        nearest = found.get(f"haproxy {kind.nearest}")
        ratio = divide(found[key], nearest).median if nearest else None
        yield Row(f"Holdfast: {kind.title}", "us", found[key], ratio)


def _peer_rows(found: Mapping[str, Samples]) -> Iterator[Row]:
    for name, title in PEERS.items():
        for key, kind in list_peer_kinds(seconds=1).items():
            if f"{name} {key}" in found:
                yield Row(f"{title}: {kind.title}", "us", found[f"{name} {key}"])
