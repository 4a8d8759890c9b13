"""What a watch can't see in a moment, kept so that one that begins during an attack doesn't take it for usual."""

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.detect.series.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What was learned of each service: arrays by name, each of shape (services,)."""

    services: tuple[str, ...]
    learned: Mapping[str, Floats]
