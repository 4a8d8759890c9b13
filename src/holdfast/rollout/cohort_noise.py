"""How tenants vary by themselves, without any revision: counted in blocks of a few seconds while nothing is rolled out,
and of those that aren't treated while something is.
"""

from math import exp
from typing import Final

import numpy as np

from holdfast.rollout.cohort_roster import Rows
from holdfast.rollout.fares import Fares, Floats
from holdfast.rollout.judging import SIGNALS
from holdfast.rollout.judging_spread import CLASSES
from holdfast.rollout.judging_steps import SHARES_MIN, find_steps

BLOCKS_S: Final = (4.0, 32.0)
"""What lasts longer varies more."""
WORST_S: Final = 900.0
"""How long the worst is remembered."""
FORGET_S: Final = 3_600.0
"""Likewise how tenants vary at all."""
_PRIOR_SQUARE, _PRIOR_BLOCKS = 0.3, 20.0
_PRIOR_STEPS: Final = np.array([[0.5], [0.1]], np.float32)
_PRIOR_TENANT_S: Final = 0.5 * 86_400.0
"""A tenant is supposed to fall off a step once a day, in each signal, and off a high one every five days, until it is
known better."""
BUSY_REQUESTS: Final = 5.0
"""Only who has so many requests in a block can be seen to make a step within it."""


class _Scale:
    """What was seen of t tenants in blocks of one length."""

    def __init__(self, length_s: float, tenants: int) -> None:
        self.length_s = length_s
        self.squares: Floats = np.zeros((CLASSES, SIGNALS), np.float32)
        self.blocks: Floats = np.zeros(CLASSES, np.float32)
        self.steps: Floats = np.zeros((len(SHARES_MIN), SIGNALS), np.float32)
        self.tenant_s = 0.0
        self._stepped = np.zeros((len(SHARES_MIN), tenants, SIGNALS), np.bool_)

    def learn(self, fares: Fares, member_of: Floats) -> None:
        there = (fares.requests > 0).astype(np.float32)
        keep = exp(-self.length_s / FORGET_S)
        members = member_of.T * there
        self.squares = self.squares * np.float32(keep) + members @ np.square(fares.deviations)
        self.blocks = self.blocks * np.float32(keep) + members.sum(1)
        steps = find_steps(fares)
        self.steps = self.steps * np.float32(keep) + (steps & ~self._stepped).sum(1).astype(np.float32)
        self._stepped = steps
        self.tenant_s = self.tenant_s * keep + self.length_s * int((fares.requests >= BUSY_REQUESTS).sum())

    def carry(self, before: "_Scale") -> None:
        self.squares, self.blocks = before.squares, before.blocks
        self.steps, self.tenant_s = before.steps, before.tenant_s


class Noise:
    """What was seen of t tenants."""

    def __init__(self, tenants: int) -> None:
        self.worst: Floats = np.zeros((tenants, SIGNALS), np.float32)
        """The greatest excess of one short block, fading."""
        self._scales = [_Scale(length_s, tenants) for length_s in BLOCKS_S]

    def learn(self, scale: int, fares: Fares, member_of: Floats) -> None:
        """Take in a block of `BLOCKS_S[scale]`."""
        self._scales[scale].learn(fares, member_of)
        if scale == 0:
            self.worst *= np.float32(exp(-BLOCKS_S[0] / WORST_S))
            np.maximum(self.worst, fares.excess, out=self.worst)

    def find_squares(self, length_s: float) -> Floats:
        """Mean square of deviations in so long a while, by class and signal."""
        scale = self._choose(length_s)
        mean: Floats = (scale.squares + np.float32(_PRIOR_SQUARE * _PRIOR_BLOCKS)) / (
            scale.blocks[:, None] + np.float32(_PRIOR_BLOCKS)
        )
        return mean

    def find_step_rates(self, length_s: float) -> Floats:
        """How often a tenant makes a step that so long a while shows, by itself, per second; (SHARES_MIN, SIGNALS)."""
        scale = self._choose(length_s)
        rates: Floats = (scale.steps + _PRIOR_STEPS) / np.float32(scale.tenant_s + _PRIOR_TENANT_S)
        return rates

    def carry(self, before: "Noise", here: Rows, there: Rows) -> None:
        """Take over what was known, of some tenants and of all."""
        self.worst[here] = before.worst[there]
        for mine, other in zip(self._scales, before._scales, strict=True):  # noqa: SLF001
            mine.carry(other)

    def _choose(self, length_s: float) -> _Scale:
        return self._scales[0] if length_s <= BLOCKS_S[0] else self._scales[1]
