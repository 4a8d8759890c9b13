"""Who has too few requests to say when it was down, and how often Holdfast therefore asks by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from holdfast.incidents.downtime.definition import SLOT_S
from holdfast.incidents.downtime.intake import USUAL_SLOTS

SPARSE_PER_S: Final = 1.0
"""With fewer requests a second than this, a loss of a fifth of them can't be placed within a minute."""
QUIET_EVERY_S: Final = 2.0
TROUBLED_EVERY_S: Final = 0.5
"""Between two questions, while all is well, and while something is or lately was lost."""
ASKED_PER_S_MAX: Final = 40.0
"""Questions of all together; when there are more to ask, all are asked less often."""
_USUAL_S: Final = USUAL_SLOTS * SLOT_S


class Place(NamedTuple):
    """A service in a region."""

    service: str
    region: str


class Traffic(NamedTuple):
    """What is known of a service in a region: requests a second usually, its own questions included; and trouble."""

    per_s: float
    is_troubled: bool


@dataclass(slots=True)
class _Asked:
    """When a place is asked next, on a steady clock, and how often it was of late."""

    due_at: float
    seen_at: float
    per_s: float = 0.0


@dataclass
class SparseRounds:
    """Whom to ask when. Stateful and pure; times are of any steady clock, in seconds."""

    _asked: dict[Place, _Asked] = field(default_factory=dict)

    def choose(self, traffic: Mapping[Place, Traffic], now: float) -> list[Place]:
        """Who is to be asked now, of those that may be asked at all."""
        self._asked = {place: each for place, each in self._asked.items() if place in traffic}
        sparse = [place for place, known in traffic.items() if self._is_sparse(place, known)]
        wanted_per_s = sum(1 / _every_s(traffic[place]) for place in sparse)
        stretch = max(1.0, wanted_per_s / ASKED_PER_S_MAX)
        due = [place for place in sparse if self._is_due(place, _every_s(traffic[place]) * stretch, now)]
        self._learn(traffic, frozenset(due), now)
        return due

    def _is_sparse(self, place: Place, known: Traffic) -> bool:
        own = self._asked[place].per_s if place in self._asked else 0.0
        return known.per_s - own < SPARSE_PER_S

    def _is_due(self, place: Place, every_s: float, now: float) -> bool:
        """The first time it is anywhere within its pace: not all are asked at once."""
        asked = self._asked.get(place)
        if asked is None:
            share = (len(self._asked) * _GOLDEN) % 1.0
            self._asked[place] = _Asked(now + share * every_s, now)
            return False
        if now < asked.due_at:
            asked.due_at = min(asked.due_at, now + every_s)
            return False
        asked.due_at = max(asked.due_at + every_s, now)
        return True

    def _learn(self, places: Iterable[Place], due: frozenset[Place], now: float) -> None:
        """How often each is asked, averaged as its usual traffic is."""
        for place in places:
            if (asked := self._asked.get(place)) is not None and now > asked.seen_at:
                passed_s, asked.seen_at = now - asked.seen_at, now
                part = min(1.0, passed_s / _USUAL_S)
                asked.per_s += part * ((place in due) / passed_s - asked.per_s)


def _every_s(known: Traffic) -> float:
    return TROUBLED_EVERY_S if known.is_troubled else QUIET_EVERY_S


_GOLDEN: Final = 0.618
