"""What the load generator is to do: hosts, the rates at which each is asked, and the bounds of it all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

LOOPBACK = IPv4Network("127.0.0.0/8")
CONNECTIONS_MAX = 32_768
DURATION_S_MAX = 3_600.0
REQUESTS_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class RateWindow:
    """Poisson arrivals at `rps` from `start_s` to `end_s`, counted from the start of the run."""

    start_s: float
    end_s: float
    rps: float


@dataclass(frozen=True, slots=True)
class SourcePool:
    """Which of a plan's source addresses take turns: `count` of them from `first` on, counted from 0."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class HostLoad:
    """The requests for one host. Windows that overlap add up. The same host may appear in a plan more than once.

    `stream` is what the scorer knows these requests by; it isn't sent. Without a pool all sources take turns.
    """

    host: str
    rates: tuple[RateWindow, ...]
    method: str = "GET"
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    pool: SourcePool | None = None
    stream: str = ""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A whole run against one address of 127.0.0.0/8.

    The seed draws arrivals and source addresses. `sources` distinct addresses of 127.0.0.0/8 take turns as the
    client's. No request is sent after `duration_s`, whatever the windows say. A request that isn't answered in full
    `timeout_ms` after its intended send time has failed. A plan whose rates need more than `requests_max` requests is
    refused by the generator.

    Raises ValueError, naming all that is wrong.
    """

    target_port: int
    duration_s: float
    hosts: tuple[HostLoad, ...]
    seed: int = 1
    target_address: str = "127.0.0.1"
    timeout_ms: int = 2_000
    connections_max: int = 256
    requests_max: int = 1_000_000
    sources: int = 1
    keep_alive: bool = True

    def __post_init__(self) -> None:
        """Checks the plan."""
        wrong = _find_wrong_settings(self)
        for load in self.hosts:
            wrong += _find_wrong_host(load) + _find_wrong_pool(load, self.sources)
        if wrong:
            raise ValueError("\n".join(wrong))


def _find_wrong_settings(plan: LoadPlan) -> list[str]:
    checks = {
        f"target_address {plan.target_address} is not in {LOOPBACK}": IPv4Address(plan.target_address) in LOOPBACK,
        f"target_port {plan.target_port} is not from 1 to 65535": 1 <= plan.target_port <= 65_535,
        f"duration_s {plan.duration_s} is not above 0 and at most {DURATION_S_MAX:g}": 0
        < plan.duration_s
        <= DURATION_S_MAX,
        f"timeout_ms {plan.timeout_ms} is not from 1 to 600000": 1 <= plan.timeout_ms <= 600_000,
        f"connections_max {plan.connections_max} is not from 1 to {CONNECTIONS_MAX}": 1
        <= plan.connections_max
        <= CONNECTIONS_MAX,
        f"requests_max {plan.requests_max} is not from 1 to {REQUESTS_MAX}": 1 <= plan.requests_max <= REQUESTS_MAX,
        f"sources {plan.sources} is not from 1 to connections_max": 1 <= plan.sources <= plan.connections_max,
        f"seed {plan.seed} is not from 0 to 2^64-1": 0 <= plan.seed < 2**64,
    }
    return [wrong for wrong, good in checks.items() if not good]


def _find_wrong_host(load: HostLoad) -> list[str]:
    words = {"host": load.host, "method": load.method, "path": load.path}
    lines = [load.body or "", *(part for header in load.headers for part in header)]
    wrong = [f"{name} {word!r} is not one word" for name, word in words.items() if word.split() != [word]]
    wrong += [f"{load.host}: a line break in {line!r}" for line in lines if "\n" in line or "\r" in line]
    wrong += [
        f"{load.host}: {window} is not 0 <= start_s <= end_s with a finite rate of 0 or more"
        for window in load.rates
        if not (0 <= window.start_s <= window.end_s < math.inf and 0 <= window.rps < math.inf)
    ]
    return wrong


def _find_wrong_pool(load: HostLoad, sources: int) -> list[str]:
    pool = load.pool
    if pool is None or (pool.first >= 0 and pool.count >= 1 and pool.first + pool.count <= sources):
        return []
    return [f"{load.host}: {pool} is not within {sources} sources"]


def render_plan(plan: LoadPlan) -> str:
    """The plan in the generator's format, which `load_plan.h` describes."""
    lines = [
        f"target {plan.target_address} {plan.target_port}",
        f"seed {plan.seed}",
        f"duration_s {plan.duration_s!r}",
        f"timeout_ms {plan.timeout_ms}",
        f"connections_max {plan.connections_max}",
        f"requests_max {plan.requests_max}",
        f"sources {plan.sources}",
        f"connection {'keep-alive' if plan.keep_alive else 'close'}",
    ]
    for load in plan.hosts:
        lines += _render_host(load)
    return "\n".join(lines) + "\n"


def _render_host(load: HostLoad) -> list[str]:
    return [
        f"host {load.host}",
        f"  method {load.method}",
        f"  path {load.path}",
        *(f"  header {name}: {value}" for name, value in load.headers),
        *([] if load.body is None else [f"  body {load.body}"]),
        *([] if load.pool is None else [f"  pool {load.pool.first} {load.pool.count}"]),
        *(f"  rate {window.start_s!r} {window.end_s!r} {window.rps!r}" for window in load.rates),
    ]
