"""Plays attacks where nobody watches: what they cost, while nobody hears of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.first_words.traffic import plan_attack
from holdfast.drills.instruments import is_success, start_load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.first_words.cast import Attack
    from holdfast.drills.first_words.stand import Stand
    from holdfast.drills.instruments import LoadResult

Unheard = tuple[int, int]
"""From when to when an attack went on, by CLOCK_MONOTONIC in nanoseconds."""


def play_unheard(stand: Stand, attack: Attack) -> Unheard:
    """Quiet, then the attack. Raises InstrumentError."""
    time.sleep(attack.quiet_s)
    stand.upstream.set_capacity_host(attack.tenant.host)
    stand.tell(f"attack on {attack.tenant.name}, of which nobody hears")
    with start_load(plan_attack(stand.scenario, attack, stand.port), stand.cores.flood) as extra:
        began_ns = time.monotonic_ns()
        extra.wait()
    return began_ns, time.monotonic_ns()


def find_success(usual: LoadResult, attacks: Sequence[Unheard]) -> float:
    """The share of everybody's usual requests during attacks that were answered well."""
    records = usual.records[usual.records["source"] >= 0]
    at_ns = usual.summary.started_ns + records["intended_s"] * 1e9
    during = np.zeros(len(records), bool)
    for began_ns, over_ns in attacks:
        during |= (at_ns >= began_ns) & (at_ns < over_ns)
    return float(is_success(records[during]).mean()) if during.any() else 1.0
