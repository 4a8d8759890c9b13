"""Requests: normal traffic, made up or from a log, attacks that are mixed into it, and crowds that mean well."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from holdfast.model.sample import SampledRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Draw = Callable[[np.random.Generator, "Site", int], list[SampledRequest]]

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v} Safari/605.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
)
TOOLS = ("curl/8.5.0", "python-requests/2.31.0", "okhttp/4.12.0", "Go-http-client/2.0")
SECTIONS = ("api/v1", "api/v2", "blog", "static/js", "static/img", "shop")
CLIENTS, NETWORKS, PATHS, REFERERS = 3_000, 400, 300, 60
BOTS = 5_000
LINE = re.compile(
    r'(?P<client>\S+) \S+ \S+ \[[^\]]*\] "(?P<method>[A-Z]+) (?P<path>[^ ?"]*)[^"]*" (?P<status>\d{3}) \S+ '
    r'"(?P<referer>[^"?]*)[^"]*" "(?P<agent>[^"]*)"'
)
"""Of an access log in combined format."""


@dataclass(frozen=True)
class Site:
    """A site's normal requests, to be drawn from, and what attacks choose among: the most frequent first."""

    requests: Sequence[SampledRequest]
    agents: Sequence[str]
    paths: Sequence[str]

    def draw(self, rng: np.random.Generator, count: int) -> list[SampledRequest]:
        """Requests of normal traffic."""
        return [self.requests[i] for i in rng.integers(0, len(self.requests), count).tolist()]


def make_site(rng: np.random.Generator, requests: int = 20_000) -> Site:
    """Clients in a few hundred networks, a tenth of them by IPv6; all frequencies by Zipf's law."""
    networks = rng.integers(1 << 24, 223 << 24, NETWORKS) & 0xFFFFFF00
    hosts = networks[rng.integers(0, NETWORKS, CLIENTS)] + rng.integers(1, 255, CLIENTS)
    clients = [_dotted(int(host)) for host in hosts]
    clients[::9] = [f"2001:db8:{i % 97:x}:{i:x}::{i + 1:x}" for i in range(len(clients[::9]))]
    versions = rng.permutation(np.arange(100, 130)).tolist()
    agents = [*[browser.format(v=v) for v in versions for browser in BROWSERS][:40], *TOOLS]
    paths = ["/", "/login", "/search", *(f"/{SECTIONS[i % len(SECTIONS)]}/item-{i}" for i in range(PATHS))]
    referers = ["", "https://example.com/", *(f"https://example.com/p/{i}" for i in range(REFERERS))]
    columns = zip(
        _pick(rng, clients, requests, 0.7),
        rng.choice(["GET", "POST", "HEAD"], requests, p=[0.88, 0.11, 0.01]).tolist(),
        _pick(rng, paths, requests, 1.1),
        _pick(rng, agents, requests, 0.8),
        _pick(rng, referers, requests, 0.9),
        strict=True,
    )
    return Site([_request(i, *column) for i, column in enumerate(columns)], agents, paths)


def read_site(log: Path) -> Site:
    """A site from an access log in combined format, gzipped."""
    with gzip.open(log, "rt", errors="replace") as lines:
        found = [match for match in map(LINE.match, lines) if match]
    requests = [
        _request(i, m["client"], m["method"], m["path"][:256], m["agent"], m["referer"].strip("-"))
        for i, m in enumerate(found)
    ]
    return Site(requests, _rank([one.user_agent for one in requests]), _rank([one.path for one in requests]))


def draw_few_sources(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """A handful of machines that ask for what everybody asks for, as browsers do."""
    sources = [_dotted(int(host)) for host in rng.integers(1 << 24, 223 << 24, rng.integers(1, 9))]
    return [replace(one, client=sources[i % len(sources)]) for i, one in enumerate(site.draw(rng, count))]


def draw_networks(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Hundreds of machines in three networks of a host."""
    networks = rng.integers(1 << 16, 223 << 16, 3) << 8
    hosts = networks[rng.integers(0, 3, count)] + rng.integers(1, 255, count)
    return _come_from(hosts, site.draw(rng, count))


def draw_tool(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Thousands of machines everywhere, all with one program that nobody else uses."""
    agent = f"bot{rng.integers(100)}/1.{rng.integers(9)}"
    return [replace(one, user_agent=agent) for one in _scatter(rng, site.draw(rng, count))]


def draw_path(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Thousands of machines everywhere, as browsers, at one thing that is seldom asked for."""
    path = site.paths[int(rng.integers(len(site.paths) // 3, len(site.paths)))]
    return [replace(one, method="POST", path=path) for one in _scatter(rng, site.draw(rng, count))]


def draw_pair(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Thousands of machines that send what is seldom sent to a page that many read, with a browser that many have."""
    agent, path = site.agents[0], site.paths[1]
    return [replace(one, method="POST", path=path, user_agent=agent) for one in _scatter(rng, site.draw(rng, count))]


def draw_referred(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Browsers everywhere that a page elsewhere sends: an attack, or a crowd that a link brings."""
    referer = f"https://elsewhere-{rng.integers(1_000)}.example/page"
    return [replace(one, referer=referer) for one in _scatter(rng, site.draw(rng, count))]


def draw_look_alike(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Nothing tells these from normal traffic, but that they come from everywhere."""
    return _scatter(rng, site.draw(rng, count))


def draw_more_of_the_same(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Nothing tells these from normal traffic at all."""
    return site.draw(rng, count)


TOLD: dict[str, Draw] = {
    "few sources": draw_few_sources,
    "three networks": draw_networks,
    "botnet with a tool": draw_tool,
    "botnet at a path": draw_path,
    "botnet at a path with a browser": draw_pair,
    "sent by a page": draw_referred,
}
"""Excess that a rule can tell from normal traffic."""
UNTOLD: dict[str, Draw] = {"look-alike": draw_look_alike, "more of the same": draw_more_of_the_same}
"""Excess that no rule can tell."""


def _request(number: int, client: str, method: str, path: str, agent: str, referer: str) -> SampledRequest:
    id_ = f"{number * 2_654_435_761:x}"
    return SampledRequest(0.0, "edge", "site", id_, client, method, path, agent, referer, 200, "", 0.05)


def _pick(rng: np.random.Generator, values: Sequence[str], count: int, skew: float) -> list[str]:
    weights = 1 / np.arange(1, len(values) + 1) ** skew
    return [values[i] for i in rng.choice(len(values), count, p=weights / weights.sum()).tolist()]


def _rank(values: Sequence[str]) -> list[str]:
    names, counts = np.unique(values, return_counts=True)
    return [str(name) for name in names[np.argsort(-counts, kind="stable")]]


def _scatter(rng: np.random.Generator, requests: list[SampledRequest]) -> list[SampledRequest]:
    pool = rng.integers(1 << 24, 223 << 24, BOTS)
    return _come_from(pool[rng.integers(0, BOTS, len(requests))], requests)


def _come_from(hosts: np.ndarray, requests: list[SampledRequest]) -> list[SampledRequest]:
    return [replace(one, client=_dotted(int(host))) for one, host in zip(requests, hosts, strict=True)]


def _dotted(host: int) -> str:
    return ".".join(str(host >> shift & 255) for shift in (24, 16, 8, 0))
