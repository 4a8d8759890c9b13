"""Services as tests declare them, in the platform file's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.upstream import Upstream

SLOW = 0.001
"""Requests per second of a bucket that won't refill while a test runs."""


def service(*upstreams: Upstream, hosts: tuple[str, ...] = ("shop.example",), **more: Any) -> dict[str, Any]:
    """A service before these endpoints; `upstream` among the rest is laid over its upstream."""
    upstream = {"endpoints": [u.address for u in upstreams], **more.pop("upstream", {})}
    return {"hosts": list(hosts), "upstream": upstream, **more}


def limits(burst: int, *, per_client: int | None = None) -> dict[str, Any]:
    """Limits that let this many through, and then for a long time none."""
    found: dict[str, Any] = {"requests": SLOW, "burst": burst}
    if per_client is not None:
        found["per_client"] = {"requests": SLOW, "burst": per_client}
    return found
