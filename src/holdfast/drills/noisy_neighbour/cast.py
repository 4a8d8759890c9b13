"""What the seed draws: who is flooded, from where, when, and how load is spread. Holdfast is told none of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from holdfast.drills.stage.names import name_host, name_tenant, service_names

if TYPE_CHECKING:
    from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour

LEAST_SHARE, MOST_SHARE = 0.5, 1.5
SEED_BITS = 63


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays what. `usual_rps` has every tenant's usual rate by host, the victim's included."""

    seed: int
    victim: str
    usual_rps: dict[str, float]
    flood_sources: int
    _chance: Random = field(repr=False, compare=False)

    @property
    def victim_host(self) -> str:
        """The flooded tenant's host."""
        return name_host(self.victim)

    @property
    def bystander_hosts(self) -> tuple[str, ...]:
        """Everybody else's hosts."""
        return tuple(host for host in self.usual_rps if host != self.victim_host)

    def draw_seed(self) -> int:
        """A seed for one block's arrivals."""
        return self._chance.getrandbits(SEED_BITS)

    def draw_flood_first(self) -> bool:
        """Whether a pair begins with its flood."""
        return self._chance.random() < 0.5

    def draw_kills(self, count: int, services: int) -> list[str]:
        """Services to kill, idle ones but for the prober, so that no bystander is killed; none twice if possible."""
        idle = service_names(services)[len(self.usual_rps) :]
        rounds = [self._chance.sample(idle, len(idle)) for _ in range(-(-count // len(idle)))]
        return [service for each in rounds for service in each][:count]

    def draw_pauses_s(self, count: int, most_s: float) -> list[float]:
        """Pauses before kills, so that they come at no particular moment."""
        return [self._chance.uniform(0, most_s) for _ in range(count)]


def draw_cast(scenario: NoisyNeighbour, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    tenants = [name_tenant(number) for number in range(1, scenario.tenants + 1)]
    victim = chance.choice(tenants)
    shares = {tenant: chance.uniform(LEAST_SHARE, MOST_SHARE) for tenant in tenants if tenant != victim}
    scale = scenario.requests * len(shares) / sum(shares.values())
    usual = {name_host(t): shares[t] * scale if t in shares else scenario.requests for t in tenants}
    sources = chance.randint(scenario.flood.sources.least, scenario.flood.sources.most)
    return Cast(seed, victim, usual, sources, chance)
