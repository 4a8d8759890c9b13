"""What sampled requests have in common: their values in each dimension, at each level of detail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.detect.sources.lot import Lot
from holdfast.model.sample import SampledRequest
from holdfast.model.source_rule import Dimension, find_user_agent_family

VALUE_LENGTH_MAX: Final = 512
PATH_LENGTH_MAX: Final = 255
"""Samples cut longer paths, so they can't be matched whole."""
PREFIX_DEPTH_MAX: Final = 3
NONE: Final = -1
"""The code of requests without a value, such as a path of too few parts."""


@dataclass(frozen=True, slots=True)
class Level:
    """A dimension at one level of detail. The less breadth, the fewer others are likely to share a value."""

    dimension: Dimension
    breadth: int
    read: Callable[[SampledRequest], str | None]


@dataclass(frozen=True, slots=True)
class Feature:
    """The values of two lots of requests at one level, as codes: indices of `values`, or `NONE`."""

    level: Level
    values: tuple[str, ...]
    current: NDArray[np.intp]
    normal: NDArray[np.intp]

    def share_values(self, current: Lot, normal: Lot) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Which share of the weights each value has, of the requests now and of the normal ones."""
        return self._share(self.current, current), self._share(self.normal, normal)

    def _share(self, codes: NDArray[np.intp], lot: Lot) -> NDArray[np.float64]:
        weights = np.bincount(codes + 1, weights=lot.weights, minlength=len(self.values) + 1)[1:]
        shares: NDArray[np.float64] = weights / max(lot.total, 1e-9)
        return shares


def read_feature(level: Level, current: Sequence[SampledRequest], normal: Sequence[SampledRequest]) -> Feature:
    """The values of these requests at a level."""
    codes: dict[str | None, int] = {None: NONE}
    read = level.read

    def encode(sample: SampledRequest) -> int:
        return codes.setdefault(read(sample), len(codes) - 1)

    coded = [np.fromiter(map(encode, samples), np.intp, len(samples)) for samples in (current, normal)]
    values = tuple(value for value in codes if value is not None)
    return Feature(level, values, coded[0], coded[1])


@lru_cache(maxsize=65_536)
def mask_client(client: str, bits: int) -> str | None:
    """The network of an address, of 32, 24 or 16 bits, or of an IPv6 address 64, 48 and 48; None if it isn't one."""
    try:
        address = ip_address(client)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return f"{IPv4Address(int(address) >> (32 - bits) << (32 - bits))}/{bits}"
    kept = 64 if bits == 32 else 48
    return f"{type(address)(int(address) >> (128 - kept) << (128 - kept))}/{kept}"


def _cut_path(path: str, depth: int) -> str | None:
    """`/a/b/` of `/a/b/c`, for a depth of two; None if it has too few parts."""
    parts = path.split("/", depth + 1)
    return "/".join((*parts[: depth + 1], "")) if len(parts) > depth + 1 else None


def _fit(value: str, length_max: int = VALUE_LENGTH_MAX) -> str | None:
    return value if len(value) <= length_max else None


_family = lru_cache(maxsize=8_192)(find_user_agent_family)

METHODS: Final = Level(Dimension.METHOD, 7, lambda s: _fit(s.method))
PATHS: Final = Level(Dimension.PATH, 3, lambda s: _fit(s.path, PATH_LENGTH_MAX))
PREFIXES: Final = (
    Level(Dimension.PATH_PREFIX, 6, lambda s: _cut_path(s.path, 1)),
    Level(Dimension.PATH_PREFIX, 5, lambda s: _cut_path(s.path, 2)),
    Level(Dimension.PATH_PREFIX, 4, lambda s: _cut_path(s.path, PREFIX_DEPTH_MAX)),
)
LEVELS: Final = (
    Level(Dimension.NETWORK, 0, lambda s: mask_client(s.client, 32)),
    Level(Dimension.NETWORK, 1, lambda s: mask_client(s.client, 24)),
    Level(Dimension.NETWORK, 4, lambda s: mask_client(s.client, 16)),
    Level(Dimension.USER_AGENT, 2, lambda s: _fit(s.user_agent)),
    Level(Dimension.REFERER, 3, lambda s: _fit(s.referer)),
    PATHS,
    *PREFIXES,
    Level(Dimension.USER_AGENT_FAMILY, 6, lambda s: _family(s.user_agent)),
    METHODS,
)
"""All levels that sources are looked for at."""
