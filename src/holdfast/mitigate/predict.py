"""What a measure would do to traffic, computed from sampled requests before it is put in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.mitigate.replay import compute_refused
from holdfast.model.mitigation import Kill, Measure, ReadOnly, Recovery, Shed
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.sample import SampledRequest

NORMAL_REFUSED_MAX: Final = 0.02
"""The share of normal traffic that a measure may refuse and still be called harmless."""
SAMPLES_MIN: Final = 150
"""Normal samples below which "harmless" isn't said: none in n bounds a share at 3/n, and 3/150 is the limit above."""
HARMED_SAMPLES_MIN: Final = 5
"""Normal samples that must be refused before "harmful" is said."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What the services that a measure concerns are offered, in requests per second; None where it isn't known."""

    now_rps: float
    usual_rps: float | None = None


def predict(
    measure: Measure,
    normal: Sequence[SampledRequest],
    recent: Sequence[SampledRequest],
    rates: Rates,
    *,
    ipv6_prefix: int = 64,
) -> Prediction:
    """The effect of a measure that isn't in force yet.

    `normal` are samples from before anything unusual began, `recent` those of the last seconds; both of the measure's
    service, or of the whole platform for a measure without one. Weights are heeded. `ipv6_prefix` is how much of an
    IPv6 address is one client, as the platform says.
    """
    if isinstance(measure, Shed | Recovery):
        return _unpredicted()
    refused_normal = compute_refused(measure, normal, rates.usual_rps, ipv6_prefix)
    refused_recent = compute_refused(measure, recent, rates.now_rps, ipv6_prefix)
    normal_share, recent_share = _share(refused_normal, normal), _share(refused_recent, recent)
    if not recent:
        recent_share = normal_share
    clients = {s.client for s in (*normal, *recent)}
    hit = {
        s.client
        for s, refused in zip((*normal, *recent), (*refused_normal, *refused_recent), strict=True)
        if refused > _TRACE
    }
    verdict, why = _judge(measure, normal_share, int(np.count_nonzero(refused_normal > _TRACE)), len(normal))
    return Prediction(
        verdict=verdict,
        why=why,
        samples=len(normal) + len(recent),
        refused_share=recent_share,
        normal_refused_share=normal_share,
        clients_refused=len(hit),
        clients=len(clients),
        refused_per_s=recent_share * max(rates.now_rps, 0.0),
    )


_TRACE: Final = 0.005
"""A request that is less likely to be refused than this isn't counted among the refused."""


def _judge(measure: Measure, share: float, refused: int, samples: int) -> tuple[Verdict, str]:
    percent = f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"
    if isinstance(measure, Kill):
        return Verdict.HARMLESS, "a kill refuses everything, as it is meant to"
    if isinstance(measure, ReadOnly):
        return Verdict.HARMLESS, f"it refuses whatever may write: {percent} of normal traffic"
    if share > NORMAL_REFUSED_MAX and refused >= HARMED_SAMPLES_MIN:
        return Verdict.HARMFUL, f"it would refuse {percent} of normal traffic; {NORMAL_REFUSED_MAX:.0%} is the most"
    if samples < SAMPLES_MIN:
        why = f"only {samples} requests of normal traffic were seen, and it takes {SAMPLES_MIN} to tell"
        return Verdict.UNKNOWN, why
    if share > NORMAL_REFUSED_MAX:
        return Verdict.UNKNOWN, f"it may refuse {percent} of normal traffic, but too few such requests were seen"
    return Verdict.HARMLESS, f"it would refuse {percent} of normal traffic"


def _share(refused: NDArray[np.float64], samples: Sequence[SampledRequest]) -> float:
    """The weighted share of samples that are refused; 0 where there are none."""
    if not samples:
        return 0.0
    weights = np.fromiter((s.weight for s in samples), np.float64, len(samples))
    return float(np.clip(refused @ weights / weights.sum(), 0.0, 1.0))


def _unpredicted() -> Prediction:
    return Prediction(
        verdict=Verdict.UNKNOWN,
        why="shedding follows what a location can carry, second by second",
        samples=0,
        refused_share=0.0,
        normal_refused_share=0.0,
        clients_refused=0,
        clients=0,
        refused_per_s=0.0,
    )
