"""What edges count of upstreams that may be lost, and of their standbys: how Envoy names it, and how it is read back.

Clusters of other upstreams aren't given such a name, so nothing of them is kept, and nothing reported.
"""

import re
from typing import Final, NamedTuple

from holdfast.model.telemetry import UpstreamMetric

SITE: Final = "site"
"""Begins the names under which the clusters of upstreams with standbys, of these, and of their chains are counted."""
_COUNTERS: Final = {
    "upstream_rq_total": UpstreamMetric.BEGUN,
    "upstream_rq_pending_failure_eject": UpstreamMetric.UNREACHED,
    "upstream_cx_destroy_remote_with_active_rq": UpstreamMetric.BROKEN,
    "upstream_rq_rx_reset": UpstreamMetric.BROKEN,
    "upstream_rq_per_try_timeout": UpstreamMetric.TIMED_OUT,
    "upstream_rq_timeout": UpstreamMetric.TIMED_OUT,
    "upstream_rq_retry": UpstreamMetric.RETRIED,
    "upstream_cx_rx_bytes_total": UpstreamMetric.RECEIVED,
}
"""Envoy's counters of a cluster ("Cluster manager stats" of its documentation)."""
HEALTHY: Final = "membership_healthy"
ALL: Final = "membership_total"
UPSTREAM_STATS: Final = rf"cluster\.{SITE}\.[^.]+\.(?:{'|'.join((*_COUNTERS, HEALTHY, ALL))})"
_STAT: Final = re.compile(rf"cluster\.{SITE}\.(?P<cluster>[^.]+)\.(?P<what>[a-z_]+)")
_CHAIN: Final = "~~~"
"""Stands before a chain's own name, see `names.chain_of`."""


STATS_PREFIX: Final = f"cluster.{SITE}."
"""How the names of all these begin in Envoy."""


class UpstreamCount(NamedTuple):
    """What a counter is of."""

    cluster: str
    metric: UpstreamMetric


def name_site_stats(cluster: str) -> str:
    """What a cluster is counted as, if it may be lost or takes the place of one that may."""
    return f"{SITE}.{cluster}"


def read_upstream_count(name: str) -> UpstreamCount | None:
    """What a counter says of an upstream or a standby; None for any other.

    What the router itself notices it counts for the chain that it was sent to: it is the first of the chain that is
    tried first, and that is spoken of.
    """
    found = _STAT.fullmatch(name)
    metric = _COUNTERS.get(found["what"]) if found else None
    if found is None or metric is None:
        return None
    return UpstreamCount(found["cluster"].partition(_CHAIN)[0], metric)


def read_endpoints(name: str) -> tuple[str, bool] | None:
    """The cluster whose endpoints a gauge counts, and whether only the healthy ones; None for any other gauge."""
    found = _STAT.fullmatch(name)
    if found is None or found["what"] not in {HEALTHY, ALL} or _CHAIN in found["cluster"]:
        return None
    return found["cluster"], found["what"] == HEALTHY
