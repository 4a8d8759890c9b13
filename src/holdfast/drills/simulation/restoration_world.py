"""Services that start cold, on sites that they share, with clients that try again: a world to come back in.

Each service has a warmth from 0 to 1, which its requests raise, and which sets how many it can answer. Too many of them
keep it from getting warmer, and far too many make it colder: processes that are killed for want of memory, caches that
are thrown out. What a cold service asks of its site's store, all on that site share; when that has too much to do,
everybody on it fails in part. A service fails, too, where one that it depends on does.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

DT_S: Final = 0.5
"""One step of the world, in seconds."""
COLD_SHARE: Final = 0.2
WARM_SHARE: Final = 1.6
"""What a service can answer when it is cold, and when it is warm, as shares of its usual peak."""
WARMING_S: Final = (5.0, 60.0)
"""How long services take to get warm, at least."""
COLLAPSE: Final = 0.6
"""For each time its capacity that it is asked for too much, a service answers so much less than its capacity."""
MISSES_COLD: Final = 1.0
MISSES_WARM: Final = 0.1
"""Requests to the site's store for each request, cold and warm."""
STORE_SHARE: Final = 0.45
"""What a site's store can answer, as a share of all that its services are usually asked for."""
CALLS: Final = 0.2
"""Requests to each service that one depends on, for each request."""
DEMAND: Final = 0.75
"""What clients ask for now, as a share of the usual peak, without those that try again."""
AGAIN: Final = 0.75
"""The share of failed and refused requests that is tried again."""
FAILED_AGAIN_S: Final = (1.0, 3.0)
HELD_AGAIN_S: Final = (20.0, 30.0)
LIMITED_AGAIN_S: Final = (1.0, 4.0)
"""When they are: at once where nothing was said, else when they were told to."""


@dataclass(frozen=True, slots=True)
class Made:
    """A service as it is made: rank 0 is the most critical class; rates are per second."""

    name: str
    rank: int
    site: str
    depends_on: tuple[str, ...]
    own_rps: float
    warming_s: float


@dataclass
class Now:
    """A service at a moment. `let_in_rps` None: whatever comes; 0: nothing. Rates are of the last step."""

    warmth: float = 0.0
    let_in_rps: float | None = None
    offered: float = 0.0
    admitted: float = 0.0
    refused: float = 0.0
    failing: float = 0.0
    slow: float = 0.0
    later: list[float] = field(default_factory=list)
    """Requests that are tried again, by the step that they come in."""


def make_services(count: int, sites: int, seed: int) -> tuple[Made, ...]:
    """Services in layers: each depends on up to three of the layers below."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    made: list[Made] = []
    for number in range(count):
        below = made[: max(0, number - count // 5)]
        needed = chance.sample(below, min(len(below), chance.choice((0, 1, 1, 2, 3))))
        made.append(
            Made(
                name=f"s{number:02}",
                rank=chance.choice((0, 1, 1, 2, 2, 2, 3, 3)),
                site=f"site-{chance.randrange(sites)}",
                depends_on=tuple(sorted(each.name for each in needed)),
                own_rps=chance.uniform(40.0, 400.0),
                warming_s=chance.uniform(*WARMING_S),
            )
        )
    return tuple(made)


def find_usual(services: Sequence[Made]) -> dict[str, float]:
    """What each is asked for at its peak: by clients, and by those that depend on it."""
    usual = {each.name: each.own_rps for each in services}
    for each in reversed(services):
        for needed in each.depends_on:
            usual[needed] += usual[each.name] * CALLS
    return usual


class World:
    """All services, second by second. Those in `cold` begin cold, all others warm."""

    def __init__(self, services: Sequence[Made], cold: frozenset[str]) -> None:
        self.services = {each.name: each for each in services}
        self.usual = find_usual(services)
        self.now = {name: Now(warmth=0.0 if name in cold else 1.0) for name in self.services}
        self.stores = dict.fromkeys((each.site for each in services), 0.0)
        for each in services:
            self.stores[each.site] += self.usual[each.name] * STORE_SHARE
        self.dead: frozenset[str] = frozenset()
        """Services that answer nothing at all, for as long as they are in it."""
        self._order = [each.name for each in services]

    def step(self) -> None:
        """Half a second passes."""
        self._offer()
        busy = self._fill_stores()
        for name in self._order:
            self._answer(name, busy[self.services[name].site])
            self._warm(name, busy[self.services[name].site])
        for name in self._order:
            self._try_again(name)

    def _offer(self) -> None:
        """What is asked of everybody: by clients, by those that try again, and by those that depend on it."""
        for name, now in self.now.items():
            again = now.later.pop(0) / DT_S if now.later else 0.0
            now.offered = self.services[name].own_rps * DEMAND + again
        for name in reversed(self._order):
            now = self.now[name]
            now.admitted = now.offered if now.let_in_rps is None else min(now.offered, now.let_in_rps)
            now.refused = now.offered - now.admitted
            calls = 0.0 if name in self.dead else now.admitted * CALLS
            for needed in self.services[name].depends_on:
                self.now[needed].offered += calls

    def _fill_stores(self) -> Mapping[str, float]:
        """How busy each site's store is: 1 is full."""
        asked = dict.fromkeys(self.stores, 0.0)
        for name, now in self.now.items():
            misses = MISSES_COLD + (MISSES_WARM - MISSES_COLD) * now.warmth
            asked[self.services[name].site] += now.admitted * misses
        return {site: asked[site] / self.stores[site] for site in asked}

    def _answer(self, name: str, busy: float) -> None:
        now = self.now[name]
        if name in self.dead:
            now.failing, now.slow = 1.0, 0.0
            return
        load = now.admitted / self._capacity(name)
        answered = 1.0 if load <= 1 else max(0.1, 1 - COLLAPSE * (load - 1)) / load
        stored = 1.0 if busy <= 1 else 1 / busy
        for needed in self.services[name].depends_on:
            below = self.now[needed]
            let_in = below.admitted / below.offered if below.offered else 1.0
            answered *= 1 - CALLS * (1 - let_in * (1 - below.failing))
        now.failing = 1 - answered * stored
        now.slow = min(1.0, max(0.0, load - 0.9) * 5, 1.0)

    def _capacity(self, name: str) -> float:
        return self.usual[name] * (COLD_SHARE + (WARM_SHARE - COLD_SHARE) * self.now[name].warmth)

    def _warm(self, name: str, busy: float) -> None:
        """Requests warm it; too many of them, or a store that is too busy, don't."""
        now = self.now[name]
        load = now.admitted / self._capacity(name)
        heat = min(1.0, now.admitted / (self.usual[name] * 0.05))
        slowed = 1 / max(1.0, busy) / (1 + max(0.0, load - 0.9) * 6)
        pace = -0.5 if load > 2 else heat * slowed
        if name in self.dead:
            pace = 0.0
        now.warmth = min(1.0, max(0.0, now.warmth + pace * DT_S / self.services[name].warming_s))

    def _try_again(self, name: str) -> None:
        now = self.now[name]
        self._plan(now, now.admitted * now.failing, FAILED_AGAIN_S)
        held = now.let_in_rps is not None and now.let_in_rps <= 0
        self._plan(now, now.refused, HELD_AGAIN_S if held else LIMITED_AGAIN_S)

    @staticmethod
    def _plan(now: Now, lost_rps: float, after_s: tuple[float, float]) -> None:
        first, last = (int(span / DT_S) for span in after_s)
        while len(now.later) < last:
            now.later.append(0.0)
        each = lost_rps * DT_S * AGAIN / (last - first)
        for step in range(first, last):
            now.later[step] += each


def each_failing(world: World) -> Iterator[float]:
    """The share of each service's requests that gets no answer, refused or failed."""
    for now in world.now.values():
        if now.offered > 0:
            yield (now.refused + now.admitted * now.failing) / now.offered
