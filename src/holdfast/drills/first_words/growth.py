"""Plays growth towards capacity that nobody reacts to, and waits for somebody to be warned of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.drills.first_words.traffic import plan_growth
from holdfast.drills.instruments import start_load

if TYPE_CHECKING:
    from holdfast.drills.first_words.scenario import Growth
    from holdfast.drills.first_words.stand import Stand


@dataclass(frozen=True, slots=True)
class Grown:
    """Growth as it was: from when, and when the location was full (Unix times, in seconds)."""

    began_at: float
    full_at: float


def play_growth(stand: Stand, growth: Growth) -> Grown:
    """Have everybody's traffic grow until the location is full. Raises InstrumentError."""
    stand.tell("everybody's traffic grows")
    with start_load(plan_growth(stand.scenario, stand.cast, growth, stand.port), stand.cores.beside) as load:
        began_at = time.time()
        load.wait()
    return Grown(began_at, began_at + growth.seconds)
