"""Who asks a service for what: audiences that differ in browser, way in, taste and addresses, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import HostLoad, RateWindow, SourcePool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_WEBKIT: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
_WINDOWS: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
_MACINTOSH: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"
USER_AGENTS: Final = (
    f"{_WINDOWS}) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36",
    f"{_MACINTOSH} {_WEBKIT} Chrome/130.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36",
    f"{_IPHONE} {_APPLE} Mobile/15E148 Safari/604.1",
    f"{_MACINTOSH} {_APPLE} Safari/605.1.15",
    f"{_WINDOWS}; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    f"{_WINDOWS}) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "okhttp/4.12.0",
)
REFERERS: Final = ("", "https://www.google.com/", "https://duckduckgo.com/", "https://t.co/", "https://www.bing.com/")
USUAL_PATHS: Final = (
    ("/", 30.0),
    ("/products", 25.0),
    ("/products/1138", 14.0),
    ("/api/v1/items", 20.0),
    ("/account", 10.0),
    ("/search", 1.0),
)
"""What is asked for, and how often in a hundred, before each audience's taste."""
LEAST_TASTE, MOST_TASTE = 0.5, 1.5


@dataclass(frozen=True, slots=True)
class Audience:
    """Clients that have a browser and a way in in common. `share` is of the service's requests; paths' shares add
    up to 1. Without a pool they come from all addresses of the plan.
    """

    user_agent: str
    referer: str
    paths: tuple[tuple[str, float], ...]
    share: float
    pool: SourcePool | None = None


def draw_audiences(chance: Random, count: int, clients: int, first_source: int) -> tuple[Audience, ...]:
    """So many audiences of one service, each with addresses of its own from `first_source` on."""
    shares = _normalize([chance.uniform(LEAST_TASTE, MOST_TASTE) for _ in range(count)])
    return tuple(
        Audience(
            user_agent=chance.choice(USER_AGENTS),
            referer=chance.choice(REFERERS),
            paths=_draw_paths(chance),
            share=share,
            pool=SourcePool(first_source + number * clients, clients),
        )
        for number, share in enumerate(shares)
    )


def disguise_as(audiences: Sequence[Audience]) -> tuple[Audience, ...]:
    """Others that ask for the same with the same browsers, from all addresses of another plan."""
    return tuple(replace(audience, pool=None) for audience in audiences)


def plan_requests(
    host: str, stream: str, audiences: Sequence[Audience], rates: Sequence[RateWindow]
) -> tuple[HostLoad, ...]:
    """The requests of all audiences together, at these rates."""
    return tuple(
        HostLoad(
            host,
            tuple(RateWindow(each.start_s, each.end_s, each.rps * audience.share * share) for each in rates),
            path=path,
            headers=_headers(audience),
            pool=audience.pool,
            stream=stream,
        )
        for audience in audiences
        for path, share in audience.paths
    )


def _headers(audience: Audience) -> tuple[tuple[str, str], ...]:
    agent = ("User-Agent", audience.user_agent)
    return (agent, ("Referer", audience.referer)) if audience.referer else (agent,)


def _draw_paths(chance: Random) -> tuple[tuple[str, float], ...]:
    weights = _normalize([weight * chance.uniform(LEAST_TASTE, MOST_TASTE) for _, weight in USUAL_PATHS])
    return tuple((path, weight) for (path, _), weight in zip(USUAL_PATHS, weights, strict=True))


def _normalize(weights: Sequence[float]) -> list[float]:
    whole = sum(weights)
    return [weight / whole for weight in weights]
