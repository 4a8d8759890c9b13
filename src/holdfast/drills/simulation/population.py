"""Tenants and their services, drawn from a seed, and the platform file that they add up to."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.intent import Intent
from holdfast.model.platform import Criticality, Platform

LOCATION: Final = "here"
EDGES: Final = ("e1", "e2")
ANSWER_S: Final = 0.02
"""How long an answer takes where nobody waits."""
RATE_MEDIAN_RPS: Final = 3.0
RATE_SIGMA: Final = 1.6
"""Of the logarithm: a few services have most of the traffic."""
RATE_MIN_RPS: Final = 0.02
RATE_MAX_RPS: Final = 2_000.0
LIMIT_FACTOR: Final = 10.0
LIMIT_MIN_RPS: Final = 120.0
"""What a service's own limit is, in times its mean, and at least."""
OWN_CAPACITY_FACTOR: Final = 8.0
OWN_CAPACITY_MIN_RPS: Final = 100.0
"""What a service's own upstream carries, likewise."""
LOCATION_FACTOR: Final = 4.0
"""What the location carries, in times the mean of everything."""
WALL_PART: Final = 4
"""One service may take one so-manieth of the location's places at most, as where nothing is stated."""
CLASSES: Final = (
    (Criticality.CRITICAL_PLUS, 0.05),
    (Criticality.CRITICAL, 0.15),
    (Criticality.SHEDDABLE_PLUS, 0.5),
    (Criticality.SHEDDABLE, 0.3),
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Population:
    """Services, one for each tenant. Arrays have the shape (services,); rates are in requests per second."""

    names: tuple[str, ...]
    mean_rps: Floats
    limit_rps: Floats
    own_capacity_rps: Floats
    guaranteed: NDArray[np.int64]
    wall: int
    capacity_rps: float
    places: int
    ranks: NDArray[np.int64]
    """Places of their classes among `Criticality`."""
    intent: Intent


def draw_population(services: int, random: np.random.Generator, median_rps: float = RATE_MEDIAN_RPS) -> Population:
    """So many services, each of a tenant of its own, on one location with two edges."""
    mean = np.clip(random.lognormal(np.log(median_rps), RATE_SIGMA, services), RATE_MIN_RPS, RATE_MAX_RPS)
    limit = np.maximum(mean * LIMIT_FACTOR, LIMIT_MIN_RPS).round(1)
    capacity = float(mean.sum() * LOCATION_FACTOR + 200.0)
    places = round(capacity * ANSWER_S * 2) + 64
    guaranteed = np.minimum(np.floor(places * 0.5 * mean / mean.sum()), places // WALL_PART).astype(np.int64)
    ranks = random.choice(len(CLASSES), services, p=[share for _, share in CLASSES])
    names = tuple(f"s{n:05}" for n in range(services))
    text = {
        "holdfast": 1,
        "name": "simulated",
        "locations": {
            LOCATION: {
                "edges": [{"name": name, "listen": f"127.0.0.1:{8000 + n}"} for n, name in enumerate(EDGES)],
                "capacity": {"in_flight": places, "requests": capacity},
            }
        },
        "defaults": {"response": "act", "limits": {"requests": 500.0, "per_client": {"requests": 100_000.0}}},
        "bounds": {"requests_max": 1_000_000.0, "per_client_max": 1_000_000.0},
        "tenants": {
            f"t-{name}": {
                "contact": f"{name}@example.com",
                "services": {
                    name: {
                        "hosts": [f"{name}.example"],
                        "criticality": CLASSES[ranks[n]][0].value,
                        "upstream": {"endpoints": ["127.0.0.1:9000"]},
                        "limits": {"requests": float(limit[n])},
                        "bulkhead": {"in_flight": {"guaranteed": int(guaranteed[n]), "maximum": places // WALL_PART}},
                    }
                },
            }
            for n, name in enumerate(names)
        },
    }
    return Population(
        names=names,
        mean_rps=mean,
        limit_rps=limit,
        own_capacity_rps=np.maximum(mean * OWN_CAPACITY_FACTOR, OWN_CAPACITY_MIN_RPS),
        guaranteed=guaranteed,
        wall=places // WALL_PART,
        capacity_rps=capacity,
        places=places,
        ranks=ranks,
        intent=Intent(Platform.model_validate(text)),
    )
