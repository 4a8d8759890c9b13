"""How a location's capacity is shared among classes of criticality, as long as nobody steers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.model.platform import Capacity, Criticality

CRITICAL: Final = (Criticality.CRITICAL_PLUS, Criticality.CRITICAL)
SHEDDABLE: Final = (Criticality.SHEDDABLE_PLUS, Criticality.SHEDDABLE)
RESERVED_MIN: Final = 0.2
"""Of a location's capacity, what is kept free for a class as soon as one service belongs to it."""
RESERVED_MAX: Final = 0.75


@dataclass(frozen=True, slots=True)
class Shares:
    """What a location takes, in requests per second, while nobody steers it.

    `classes` are the most of each class. `sheddable` is the most of all sheddable classes together. Critical ones
    may use all of the capacity and never wait behind others; what is kept free for them is not lent.
    """

    classes: Mapping[Criticality, float]
    sheddable: float

    def is_pooled(self, criticality: Criticality) -> bool:
        """Whether a class shares what all sheddable ones have."""
        return criticality in SHEDDABLE


def share_capacity(capacity: Capacity, guaranteed: Mapping[Criticality, int]) -> Shares:
    """The shares of a location.

    `guaranteed` says how many requests in flight the services of each class are guaranteed together; classes without
    services aren't in it, and nothing is kept free for them.
    """
    reserved = _reserve(capacity, guaranteed, CRITICAL)
    sheddable = capacity.requests * (1 - reserved)
    reserved_plus = _reserve(capacity, guaranteed, (Criticality.SHEDDABLE_PLUS,))
    classes = dict.fromkeys(CRITICAL, capacity.requests) | {
        Criticality.SHEDDABLE_PLUS: sheddable,
        Criticality.SHEDDABLE: sheddable * (1 - reserved_plus),
    }
    return Shares(classes, sheddable)


def _reserve(capacity: Capacity, guaranteed: Mapping[Criticality, int], classes: tuple[Criticality, ...]) -> float:
    """The share kept free for classes: what their services are guaranteed in flight, within bounds."""
    places = [guaranteed[c] for c in classes if c in guaranteed]
    return min(max(sum(places) / capacity.in_flight, RESERVED_MIN), RESERVED_MAX) if places else 0.0
