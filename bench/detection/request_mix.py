"""Made-up requests: the normal traffic of a site, attacks on it, and a crowd that means well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from holdfast.model.sample import SampledRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Draw = Callable[[np.random.Generator, "Site", int], list[SampledRequest]]

BROWSERS = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v} Safari/605.1"
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0"),
)
TOOLS = ("curl/8.5.0", "python-requests/2.31.0", "okhttp/4.12.0", "Go-http-client/2.0")
CLIENTS = 3_000
PATHS = 300
NETWORKS = 400


@dataclass(frozen=True)
class Site:
    """Who comes to a site, and what for: clients, user agents, paths and referers, most frequent first."""

    clients: Sequence[str]
    agents: Sequence[str]
    paths: Sequence[str]
    referers: Sequence[str]


def build_site(rng: np.random.Generator) -> Site:
    networks = rng.integers(1 << 24, 223 << 24, NETWORKS) & 0xFFFFFF00
    hosts = networks[rng.integers(0, NETWORKS, CLIENTS)] + rng.integers(1, 255, CLIENTS)
    clients = [_dotted(int(host)) for host in hosts]
    clients[::9] = [
        f"2001:db8:{rng.integers(1, 200):x}:{rng.integers(1, 60_000):x}::{i + 1:x}" for i in range(len(clients[::9]))
    ]
    agents = [browser.format(v=int(v)) for v in rng.permutation(np.arange(100, 130)) for browser in BROWSERS]
    agents = [*agents[:40], *TOOLS]
    sections = ("api/v1", "api/v2", "blog", "static/js", "static/img", "shop")
    paths = ["/", "/login", "/search", *(f"/{sections[i % len(sections)]}/item-{i}" for i in range(PATHS))]
    referers = [
        "",
        "https://example.com/",
        "https://www.google.com/",
        *(f"https://example.com/p/{i}" for i in range(60)),
    ]
    return Site(clients, agents, paths, referers)


def _dotted(host: int) -> str:
    return ".".join(str(host >> shift & 255) for shift in (24, 16, 8, 0))


def _pick(rng: np.random.Generator, values: Sequence[str], count: int, skew: float = 1.1) -> list[str]:
    """Zipf's law."""
    weights = 1 / np.arange(1, len(values) + 1) ** skew
    return [values[i] for i in rng.choice(len(values), count, p=weights / weights.sum()).tolist()]


def draw_normal(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    methods = rng.choice(["GET", "POST", "HEAD"], count, p=[0.88, 0.11, 0.01]).tolist()
    columns = zip(
        _pick(rng, site.clients, count, 0.7),
        methods,
        _pick(rng, site.paths, count),
        _pick(rng, site.agents, count, 0.8),
        _pick(rng, site.referers, count, 0.9),
        rng.integers(0, 1 << 62, count).tolist(),
        strict=True,
    )
    return [
        SampledRequest(0.0, "edge", "victim", f"{id_:x}", client, method, path, agent, referer, 200, "", 0.05)
        for client, method, path, agent, referer, id_ in columns
    ]


def draw_few_sources(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """A handful of machines that ask for what everybody asks for, as browsers do."""
    sources = [_dotted(int(host)) for host in rng.integers(1 << 24, 223 << 24, rng.integers(1, 9))]
    return [replace(one, client=sources[i % len(sources)]) for i, one in enumerate(draw_normal(rng, site, count))]


def draw_networks(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Hundreds of machines in a few networks of a host."""
    networks = rng.integers(1 << 16, 223 << 16, 3) << 8
    hosts = networks[rng.integers(0, 3, count)] + rng.integers(1, 255, count)
    return [
        replace(one, client=_dotted(int(host))) for one, host in zip(draw_normal(rng, site, count), hosts, strict=True)
    ]


def draw_botnet_tool(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Thousands of machines everywhere, all with one program that nobody else uses."""
    agent = f"bot{rng.integers(100)}/1.{rng.integers(9)}"
    return [replace(one, user_agent=agent) for one in _scatter(rng, draw_normal(rng, site, count))]


def draw_botnet_path(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Thousands of machines everywhere, as browsers, at one thing that is seldom asked for."""
    path = site.paths[int(rng.integers(100, PATHS))]
    return [replace(one, method="POST", path=path) for one in _scatter(rng, draw_normal(rng, site, count))]


def draw_botnet_login(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Thousands of machines that log in with a browser that many have: only both together tell them."""
    return [
        replace(one, method="POST", path="/login", user_agent=site.agents[0])
        for one in _scatter(rng, draw_normal(rng, site, count))
    ]


def draw_referer_flood(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Browsers everywhere that a page elsewhere sends: an attack, or a crowd that a link brings."""
    referer = f"https://elsewhere-{rng.integers(1000)}.example/page"
    return [replace(one, referer=referer) for one in _scatter(rng, draw_normal(rng, site, count))]


def draw_look_alike(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Nothing tells these from normal traffic, but that they come from everywhere."""
    return _scatter(rng, draw_normal(rng, site, count))


def draw_more_of_the_same(rng: np.random.Generator, site: Site, count: int) -> list[SampledRequest]:
    """Nothing tells these from normal traffic at all."""
    return draw_normal(rng, site, count)


def _scatter(rng: np.random.Generator, requests: list[SampledRequest]) -> list[SampledRequest]:
    pool = rng.integers(1 << 24, 223 << 24, 5_000)
    hosts = pool[rng.integers(0, len(pool), len(requests))]
    return [replace(one, client=_dotted(int(host))) for one, host in zip(requests, hosts, strict=True)]


TOLD: dict[str, Draw] = {
    "few sources": draw_few_sources,
    "three networks": draw_networks,
    "botnet with a tool": draw_botnet_tool,
    "botnet at one path": draw_botnet_path,
    "botnet, path and browser": draw_botnet_login,
    "sent by a page": draw_referer_flood,
}
"""Attacks that a rule can tell from normal traffic."""
UNTOLD: dict[str, Draw] = {"look-alike": draw_look_alike, "more of the same": draw_more_of_the_same}
"""Excess that no rule can tell."""
