"""What a lot of sampled requests weighs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from holdfast.detect.series.arrays import Flags
from holdfast.model.sample import SampledRequest


@dataclass(frozen=True, slots=True)
class Lot:
    """Weights of sampled requests, and how many equally weighted ones would tell as much (Kish's effective size)."""

    weights: NDArray[np.float64]
    total: float
    size: float

    def share(self, matched: Flags) -> float:
        """Which share of the weights some requests have."""
        return float(self.weights[matched].sum()) / self.total if self.total > 0 else 0.0


def weigh(samples: Sequence[SampledRequest]) -> Lot:
    """The weights of samples."""
    weights = np.array([one.weight for one in samples], np.float64)
    total = float(weights.sum())
    return Lot(weights, total, total**2 / float(weights @ weights) if total > 0 else 0.0)
