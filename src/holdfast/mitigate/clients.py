"""Limits for each client of a service: as much as normal clients were seen to need, with room to spare."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from holdfast.mitigate.replay import mask_client
from holdfast.model.platform import ClientLimits
from holdfast.model.sample import SampledRequest

NEED_QUANTILE: Final = 0.99
MARGIN: Final = 3.0
"""A client may have so many times what 99 of 100 normal clients needed in their busiest seconds."""
PIECE_S: Final = 10.0
RATE_MIN_RPS: Final = 1.0
BURST_S: Final = 5.0
CLIENTS_MIN: Final = 20
"""With fewer normal clients than this, nobody knows what normal clients need."""
DOUBT: Final = 1.0
"""Standard deviations of sampling by which a client's count is lowered."""


def find_need(normal: Sequence[SampledRequest], ipv6_prefix: int) -> float | None:
    """What a normal client needs in its busiest ten seconds, in requests per second; None if too few were seen."""
    if not normal:
        return None
    counts: dict[tuple[int, int], tuple[float, float]] = {}
    for sample in normal:
        key = mask_client(sample.client, 32, ipv6_prefix), int(sample.at // PIECE_S)
        total, variance = counts.get(key, (0.0, 0.0))
        counts[key] = total + sample.weight, variance + sample.weight * (sample.weight - 1)
    busiest: dict[int, float] = {}
    for (client, _), (total, variance) in counts.items():
        rate = max(total - DOUBT * math.sqrt(variance), 0.0) / PIECE_S
        busiest[client] = max(busiest.get(client, 0.0), rate)
    if len(busiest) < CLIENTS_MIN:
        return None
    return float(np.quantile(list(busiest.values()), NEED_QUANTILE))


def limit_clients(need_rps: float, edges: int, own_rps: float | None) -> ClientLimits | None:
    """A limit that leaves normal clients alone; None if the service's own is as tight already.

    An edge gives a client its part of the bucket alone, and a client may stay with one edge: so it is multiplied by
    the number of edges.
    """
    rate = max(need_rps * MARGIN, RATE_MIN_RPS) * edges
    if own_rps is not None and rate >= own_rps:
        return None
    return ClientLimits(requests=rate, burst=max(edges, math.ceil(rate * BURST_S)))
