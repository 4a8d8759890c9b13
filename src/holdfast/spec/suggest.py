"""What a person probably meant: the nearest known word, the place where a key belongs, an example."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from holdfast.spec.codes import Path, show_path
from holdfast.spec.shape import EACH, every_key

EXAMPLES: Final = {
    "holdfast": "holdfast: 1",
    "name": "name: demo",
    "locations": "locations: {local: {edges: [...], capacity: {...}}}",
    "tenants": "tenants: {}",
    "edges": "edges: [{name: edge-1, listen: 127.0.0.1:8080}]",
    "listen": "listen: 127.0.0.1:8080",
    "capacity": "capacity: {in_flight: 200, requests: 5000/s}",
    "in_flight": "in_flight: 200",
    "requests": "requests: 100/s",
    "services": "services: {}",
    "hosts": "hosts: [shop.example.com]",
    "upstream": "upstream: {endpoints: [127.0.0.1:9000]}",
    "endpoints": "endpoints: [127.0.0.1:9000]",
    "guaranteed": "guaranteed: 10",
    "maximum": "maximum: 50",
}
"""How each key that can be missing may be written."""


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word that a mistyped one is nearest to, if any is as near as `likeness` (0 to 1)."""
    words = {each.lower(): each for each in known}
    close = get_close_matches(word.lower().replace("-", "_"), words, n=1, cutoff=likeness)
    return words[close[0]] if close else None


def homes_of(key: str, near: Path) -> tuple[str, ...]:
    """The places where a key is known, those nearest to a path first, with that path's own names."""
    homes = dict.fromkeys(_as_upstream(path[:-1]) for path in every_key() if path[-1] == key)
    ranked = sorted(homes, key=lambda home: -_count_shared(home, near))
    return tuple(show_path((*near[: (n := _count_shared(home, near))], *home[n:])) or "the top" for home in ranked)


def _as_upstream(home: Path) -> Path:
    """A service's `upstream`, instead of one of its further ones or of a standby, which have the same keys."""
    if home[4:5] == ("upstreams",) and len(home) > 5:
        home = (*home[:4], "upstream", *home[6:])
    return (*home[:5], *home[7:]) if home[5:6] == ("standbys",) and len(home) > 6 else home


def _count_shared(home: Path, near: Path) -> int:
    pairs = zip(home, near, strict=False)
    differing = (count for count, (known, actual) in enumerate(pairs) if known not in {actual, EACH})
    return next(differing, min(len(home), len(near)))
