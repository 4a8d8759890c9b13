"""Sampled requests put through a measure once more: how likely each of them is to be refused."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final, assert_never

import numpy as np
from numpy.typing import NDArray

from holdfast.model.mitigation import Block, Deny, Drain, FailOver, Hold, Kill, Limit, Measure, ReadOnly, Shed, Spool
from holdfast.model.sample import SampledRequest
from holdfast.model.source_rule import compile_rule

READING_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LIMIT_BURST_S: Final = 0.1
"""The burst of a limit that states none, in seconds' worth of requests; as edges are given it."""
BIN_SAMPLES: Final = 25
"""About so many samples tell a rate within a piece of time; where there are fewer, the piece is made longer."""
BIN_S_MIN: Final = 1.0
DOUBT: Final = 2.0
"""Standard deviations of sampling by which a count is lowered before it is held against a limit."""

Refused = NDArray[np.float64]
"""Shape (samples,): how likely each request is to be refused, 0 to 1."""


def compute_refused(
    measure: Measure, samples: Sequence[SampledRequest], rate_rps: float | None, ipv6_prefix: int
) -> Refused:
    """What a measure does to each sample. `rate_rps` is what was offered in all while they were drawn, if known."""
    match measure:
        case Kill() | Hold():
            return np.ones(len(samples))
        case ReadOnly():
            return _flag(samples, lambda s: s.method not in READING_METHODS)
        case Block():
            networks = [ip_network(network) for network in measure.networks]
            return _flag(samples, lambda s: any(read_address(s.client) in network for network in networks))
        case Deny():
            return _flag(samples, compile_rule(measure.source))
        case Limit():
            return _limit(measure, samples, rate_rps, ipv6_prefix)
        case Shed() | FailOver() | Drain() | Spool():
            return np.zeros(len(samples))
    assert_never(measure)


def mask_client(client: str, ipv4_prefix: int, ipv6_prefix: int) -> int:
    """A number that all addresses of one client share, as edges tell clients apart."""
    address = read_address(client)
    if isinstance(address, IPv4Address):
        return int(address) >> (32 - ipv4_prefix)
    return (1 << 128) + (int(address) >> (128 - ipv6_prefix))


def block_share(load: float, places: int) -> float:
    """The share of requests that find all places taken (Erlang's loss formula, which holds for any service time).

    `load` is the mean number of requests that would be in flight without a limit (arrival rate times duration).
    """
    if places <= 0:
        return 1.0
    if load <= 0:
        return 0.0
    blocked = 1.0
    for n in range(1, min(places, _PLACES_MAX) + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


_PLACES_MAX: Final = 10_000


def _flag(samples: Sequence[SampledRequest], test: Callable[[SampledRequest], bool]) -> Refused:
    return np.fromiter((test(s) for s in samples), np.float64, len(samples))


def _limit(limit: Limit, samples: Sequence[SampledRequest], rate_rps: float | None, ipv6_prefix: int) -> Refused:
    """Three walls one behind the other: each refuses its share of what the ones before let through."""
    passed = np.ones(len(samples))
    if not samples:
        return passed - 1
    if limit.per_client is not None:
        keys = [mask_client(s.client, limit.client_prefix, ipv6_prefix) for s in samples]
        rate = limit.per_client.requests
        passed *= 1 - _overflow(samples, keys, rate, limit.per_client.burst or rate * LIMIT_BURST_S)
    if limit.requests_per_s is not None:
        rate = limit.requests_per_s
        passed *= 1 - _overflow(samples, [0] * len(samples), rate, rate * LIMIT_BURST_S)
    if limit.in_flight is not None:
        passed *= 1 - block_share(_estimate_in_flight(samples, rate_rps), limit.in_flight)
    return 1 - passed


def _estimate_in_flight(samples: Sequence[SampledRequest], rate_rps: float | None) -> float:
    """Little's law over those that reached the upstream."""
    weights = np.fromiter((s.weight for s in samples), np.float64, len(samples))
    durations = np.fromiter((0.0 if s.cause else s.duration_s for s in samples), np.float64, len(samples))
    if rate_rps is None:
        span = max(samples[-1].at - samples[0].at, BIN_S_MIN)
        rate_rps = float(weights.sum()) / span
    return rate_rps * float(weights @ durations / weights.sum())


def _overflow(samples: Sequence[SampledRequest], keys: Sequence[int], rate: float, burst: float) -> Refused:
    """How likely each request is to find its key's bucket empty.

    Each key's time is cut into pieces with enough samples to count by. A piece lets through what the bucket gives in
    it; its count is lowered by `DOUBT` standard deviations of the sampling first, so that a lone sample that stands
    for a hundred requests isn't taken for a burst of them.
    """
    at = np.fromiter((s.at for s in samples), np.float64, len(samples))
    weights = np.fromiter((s.weight for s in samples), np.float64, len(samples))
    first, span = float(at.min()), max(float(np.ptp(at)), BIN_S_MIN)
    _, key = np.unique(np.array(keys, dtype=object).astype(str), return_inverse=True)
    per_key = np.bincount(key)
    bin_s = np.clip(span * BIN_SAMPLES / per_key, BIN_S_MIN, span)[key]
    piece = np.minimum((at - first) / bin_s, np.ceil(span / bin_s) - 1).astype(np.int64)
    _, group = np.unique(np.stack([key, piece]), axis=1, return_inverse=True)
    group = group.reshape(-1)
    count = np.bincount(group, weights)
    doubt = DOUBT * np.sqrt(np.bincount(group, weights * (weights - 1)))
    length = np.zeros(len(count))
    length[group] = bin_s
    excess = count - doubt - (rate * length + burst)
    share: Refused = np.clip(excess / count, 0.0, 1.0)[group]
    return share


read_address = lru_cache(maxsize=65_536)(ip_address)
