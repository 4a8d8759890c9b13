"""What clients send: days and nights, lumps, flash crowds, and floods. Vectorised over services.

A service's rate is its mean, times the time of day, times a slow wandering, times its flash crowd. Counts are drawn
around it with more spread than chance alone would give.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from holdfast.drills.simulation.population import Floats, Population

DAY_S: Final = 86_400.0
WANDERING_S: Final = 120.0
"""How long the slow wandering remembers."""
CROWDS_PER_DAY: Final = 3.7
"""Flash crowds of a service: 332 were counted in 89 tenant-days of real traces."""
CROWD_RATIOS: Final = (2.0, 6.0)
CROWD_RISE_S: Final = (5.0, 180.0)
CROWD_FADE_S: Final = (120.0, 1_200.0)
CROWD_ROOM: Final = 0.5
"""A flash crowd within capacity stays below this part of what the service's own upstream carries."""
LUMPS_S: Final = 0.25
"""Requests come in lumps: this many seconds' worth of a service's traffic varies like one draw of a gamma law."""


@dataclass(frozen=True, slots=True)
class Flood:
    """Bad requests to one service: so many per second from a moment on, from so many clients.

    `rise_s` is how long it takes to get there. `shape` is how it can be told apart: `agent` all have one user agent,
    `look-alike` nothing, `network` all come from a few networks.
    """

    service: int
    began_at: float
    length_s: float
    rps: float
    rise_s: float = 0.0
    clients: int = 1_000
    shape: str = "agent"

    def rate(self, now: float) -> float:
        """Bad requests per second at a moment."""
        since_s = now - self.began_at
        if not 0 <= since_s < self.length_s:
            return 0.0
        return self.rps * min(1.0, since_s / self.rise_s) if self.rise_s > 0 else self.rps


@dataclass(slots=True, eq=False)
class Crowds:
    """Flash crowds that go on: arrays of the same length."""

    service: np.ndarray[tuple[int], np.dtype[np.int64]]
    began_at: Floats
    ratio: Floats
    rise_s: Floats
    fade_s: Floats

    @staticmethod
    def none() -> "Crowds":
        """No crowd at all."""
        nothing = np.zeros(0)
        return Crowds(np.zeros(0, np.int64), nothing, nothing, nothing, nothing)

    def factors(self, now: float, services: int) -> Floats:
        """What each service's rate is multiplied by."""
        since_s = now - self.began_at
        height = np.where(since_s < self.rise_s, since_s / self.rise_s, np.exp(-(since_s - self.rise_s) / self.fade_s))
        factors = np.ones(services)
        np.maximum.at(factors, self.service, 1 + (self.ratio - 1) * np.clip(height, 0, 1))
        return factors

    def keep(self, now: float) -> "Crowds":
        """Those that aren't over."""
        there = now - self.began_at < self.rise_s + 5 * self.fade_s
        return Crowds(*(getattr(self, name)[there] for name in self.__slots__))

    def add(self, other: "Crowds") -> "Crowds":
        """Both."""
        return Crowds(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__slots__))


@dataclass(eq=False)
class Traffic:
    """Draws tick after tick of `step_s` seconds. `begins_at` is Unix time; day begins at midnight, UTC."""

    population: Population
    random: np.random.Generator
    step_s: float
    crowds_per_day: float = CROWDS_PER_DAY
    floods: list[Flood] = field(default_factory=list)
    crowds: Crowds = field(default_factory=Crowds.none)
    crowds_begun: int = 0
    tide: float = 1.0
    """What everybody's rate is multiplied by, all at once."""

    def __post_init__(self) -> None:
        services, random = len(self.population.names), self.random
        self._swing = random.uniform(0.1, 0.6, services)
        self._noon = random.uniform(0, 2 * np.pi, services)
        self._sigma = random.uniform(0.03, 0.2, services)
        self._wandering = random.normal(0, self._sigma)
        self._lumpiness = random.uniform(0.2, 2.0, services)

    def draw(self, now: float) -> tuple[Floats, Floats]:
        """Good and bad requests that come in the tick that ends now; shape (services,) each."""
        rates = self.rates(now)
        shape = np.maximum(rates * LUMPS_S / self._lumpiness, 0.05) * max(self.step_s / LUMPS_S, 1.0)
        good = self.random.poisson(self.random.gamma(shape) / shape * rates * self.step_s).astype(np.float64)
        bad = np.zeros(len(rates))
        for flood in self.floods:
            rate = flood.rate(now)
            bad[flood.service] += self.random.poisson(rate * self.step_s) if rate > 0 else 0
        return good, bad

    def rates(self, now: float) -> Floats:
        """What good clients send, in requests per second: the truth behind the counts."""
        self._wander()
        self._begin_crowds(now)
        return self.find_usual(now) * self.crowds.factors(now, len(self._noon)) * self.tide

    def find_usual(self, now: float) -> Floats:
        """What good clients send at this time of the day, but for flash crowds."""
        day = 1 + self._swing * np.sin(2 * np.pi * now / DAY_S + self._noon)
        usual: Floats = self.population.mean_rps * day * np.exp(self._wandering)
        return usual

    def begin_crowd(self, service: int, now: float, ratio: float, rise_s: float, fade_s: float) -> None:
        """One flash crowd more."""
        values = (np.array([value]) for value in (service, now, ratio, rise_s, fade_s))
        self.crowds = self.crowds.add(Crowds(*values))
        self.crowds_begun += 1

    def _wander(self) -> None:
        keep = np.exp(-self.step_s / WANDERING_S)
        fresh = self.random.normal(0, 1, len(self._wandering)) * self._sigma * np.sqrt(1 - keep**2)
        self._wandering = self._wandering * keep + fresh

    def _begin_crowds(self, now: float) -> None:
        """New ones begin by chance; none is greater than the service's own upstream has room for."""
        population, random = self.population, self.random
        if len(self.crowds.service):
            self.crowds = self.crowds.keep(now)
        count = random.poisson(len(population.names) * self.crowds_per_day * self.step_s / DAY_S)
        if not count:
            return
        service = random.integers(0, len(population.names), count)
        ratio = np.exp(random.uniform(np.log(CROWD_RATIOS[0]), np.log(CROWD_RATIOS[1]), count))
        busy = population.mean_rps[service] * (1 + self._swing[service]) * np.exp(2 * self._sigma[service])
        ratio = np.clip(ratio, 1.0, np.maximum(CROWD_ROOM * population.own_capacity_rps[service] / busy, 1.0))
        rise, fade = random.uniform(*CROWD_RISE_S, count), random.uniform(*CROWD_FADE_S, count)
        self.crowds = self.crowds.add(Crowds(service, np.full(count, now), ratio, rise, fade))
        self.crowds_begun += int(count)
