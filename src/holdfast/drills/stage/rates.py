"""Rates over time for the load generator: unsteady as real traffic is, rising, or both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import RateWindow

if TYPE_CHECKING:
    from random import Random

STEP_S: Final = 0.1
"""Of a rise: between two steps the rate is constant."""


def draw_unsteady(chance: Random, rps: float, dispersion: float, seconds: float) -> tuple[RateWindow, ...]:
    """Poisson arrivals whose rate is drawn anew each second, so that the requests in a second have a variance of
    `dispersion` times their mean.

    The rate is gamma distributed with mean r and variance (d - 1) r: a gamma mixture of Poisson distributions.
    """
    if dispersion <= 1:
        return (RateWindow(0, seconds, rps),)
    scale = dispersion - 1
    starts = [float(second) for second in range(int(-(-seconds // 1)))]
    return tuple(
        RateWindow(start, min(start + 1, seconds), chance.gammavariate(rps / scale, scale)) for start in starts
    )


def plan_rise(rps: float, rise_s: float, seconds: float) -> tuple[RateWindow, ...]:
    """From nothing to `rps` in even steps, then steady."""
    steps = round(rise_s / STEP_S)
    rising = [RateWindow(n * STEP_S, (n + 1) * STEP_S, rps * (n + 0.5) / steps) for n in range(steps)]
    return (*rising, RateWindow(steps * STEP_S, seconds, rps))


def plan_bulge(rps: float, rise_s: float, seconds: float) -> tuple[RateWindow, ...]:
    """From nothing to `rps`, steady, and as gradually back to nothing; each takes half of the time at most."""
    steps = min(round(rise_s / STEP_S), math.floor(seconds / 2 / STEP_S))
    fall_s = seconds - steps * STEP_S
    up = [RateWindow(n * STEP_S, (n + 1) * STEP_S, rps * (n + 0.5) / steps) for n in range(steps)]
    down = [RateWindow(fall_s + w.start_s, fall_s + w.end_s, rps - w.rps) for w in up]
    return (*up, RateWindow(steps * STEP_S, fall_s, rps), *down)
