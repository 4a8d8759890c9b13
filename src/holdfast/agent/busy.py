"""Which services to ask Envoy about: how many of their requests are in flight is only known by asking."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from holdfast.adapters.envoy.admin import CLUSTERS_ASKED_MAX

BUSY_S: Final = 15.0
"""How long after its last request a service is asked about: as long as requests take at most, unless said otherwise."""


class BusyServices:
    """Services with requests lately, and how many they had in flight when that was last asked."""

    def __init__(self) -> None:
        self._last_at: dict[str, float] = {}
        self._in_flight: dict[str, int] = {}
        self._changed: dict[str, int] = {}

    def note(self, services: Iterable[str], now: float) -> None:
        """These have had requests."""
        for service in services:
            self._last_at.pop(service, None)
            self._last_at[service] = now

    def pick(self, now: float) -> Sequence[str]:
        """Whom to ask about: those with requests in flight before, then the latest others."""
        while self._last_at and now - (oldest := next(iter(self._last_at.items())))[1] > BUSY_S:
            del self._last_at[oldest[0]]
        return [*dict.fromkeys((*self._in_flight, *reversed(self._last_at)))][:CLUSTERS_ASKED_MAX]

    def learn(self, answer: Mapping[str, int]) -> None:
        """What was answered for all that was asked about; who isn't in it has nothing in flight."""
        gone = dict.fromkeys(self._in_flight.keys() - answer.keys(), 0)
        self._in_flight = {service: count for service, count in answer.items() if count}
        self._changed |= gone | self._in_flight

    def take(self) -> Mapping[str, int]:
        """Requests in flight, of services that have any or have none any more since this was last called."""
        changed, self._changed = self._changed, dict(self._in_flight)
        return changed
