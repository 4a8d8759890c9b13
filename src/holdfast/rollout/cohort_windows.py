"""What tenants' counts add up to since a wave began, and lately, apart for who was given the revision."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from math import exp
from typing import Final

import numpy as np

from holdfast.rollout.fares import Fares, Floats, fare
from holdfast.rollout.judging import COUNTED, SIGNALS
from holdfast.rollout.judging_steps import SHARE_MIN

FADING_S: Final = (4.0, 15.0)
FADING_WEIGHS: Final = 2.0
"""A sum with weights that fade by 1/e has a variance of half its mean: twice the sum tells as much as counts do."""
_COUNTED: Final = len(COUNTED)
_SUMS: Final = 2 + 2 * _COUNTED
"""Requests, what went wrong, what was expected to, usual requests."""


class Group(IntEnum):
    """Whether a service was given the revision on an edge: with the last wave, before it, or not."""

    REST = 0
    EARLIER = 1
    LATEST = 2


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Sums of one while; `of` adds groups up."""

    length_s: float
    sums: Floats
    """Shape (groups, tenants, _SUMS)."""

    def of(self, *groups: Group) -> Fares:
        """How the tenants fared in some groups."""
        sums = self.sums[list(groups)].sum(0) if len(groups) > 1 else self.sums[groups[0]]
        return fare(sums[:, 0], sums[:, 1 : 1 + _COUNTED], sums[:, 1 + _COUNTED : -1], sums[:, -1])


class Windows:
    """Sums since a wave began, and fading ones, of t tenants."""

    def __init__(self, tenants: int) -> None:
        self.length_s = 0.0
        self._since: Floats = np.zeros((len(Group), tenants, _SUMS), np.float32)
        self._fading: list[Floats] = [np.zeros_like(self._since) for _ in FADING_S]
        self.onset_s: Floats = np.zeros((len(Group), tenants, SIGNALS), np.float32)
        """Until when nothing much was wrong, in seconds since the wave began."""

    def add(self, requests: Floats, expected: Floats, usual: Floats, length_s: float) -> None:
        """Take in a slice: requests and what went wrong (groups, tenants, COLUMNS), expected, usual requests."""
        sums = np.concatenate([requests, expected, usual], axis=2)
        self._since += sums
        self.length_s += length_s
        for number, time_constant_s in enumerate(FADING_S):
            self._fading[number] *= np.float32(exp(-length_s / time_constant_s))
            self._fading[number] += sums * np.float32(FADING_WEIGHS)
        self._note_onsets()

    def _note_onsets(self) -> None:
        requests = self._since[:, :, :1]
        excess = self._since[:, :, 1 : 1 + _COUNTED] - self._since[:, :, 1 + _COUNTED : -1]
        fine = excess < np.maximum(SHARE_MIN * requests, 1.0)
        self.onset_s[:, :, :_COUNTED][fine] = self.length_s
        few = self._since[:, :, 0] >= SHARE_MIN * np.nan_to_num(self._since[:, :, -1])
        self.onset_s[:, :, -1][few] = self.length_s

    def __iter__(self) -> Iterator[Window]:
        """The one since the wave began, then those that fade, as far as they tell something else."""
        yield Window(self.length_s, self._since)
        for fading, time_constant_s in zip(self._fading, FADING_S, strict=True):
            if self.length_s > time_constant_s:
                yield Window(min(FADING_WEIGHS * time_constant_s, self.length_s), fading)
