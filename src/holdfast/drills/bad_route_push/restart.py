"""Plays what lies dormant until a restart: a change that running edges would bear, and an edge that begins anew."""

from __future__ import annotations

import math
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from holdfast.drills.bad_route_push.operator import is_settled
from holdfast.drills.bad_route_push.platform_file import CALLS_PATH, Edition
from holdfast.drills.bad_route_push.pushes import refuse_bad
from holdfast.drills.stage.names import name_host

if TYPE_CHECKING:
    from holdfast.drills.bad_route_push.pushes import Refusal
    from holdfast.drills.bad_route_push.stand import Stand

RESTART_S_MAX: Final = 60.0
LOOK_S: Final = 0.02
PAUSE_S: Final = 0.5
"""So that no request that counts for what was before is on its way when an edge is killed."""


@dataclass(frozen=True, slots=True)
class Restart:
    """The dormant change was refused; then an edge's Envoy was killed at `killed_s`, another one ran, and at `whole_s`
    it proved that it has everything. Infinite for what never came.
    """

    refusal: Refusal
    edge_place: int
    """The place of the edge among all, counted from 0."""
    killed_s: float
    whole_s: float
    quiet_s: float


def play_dormant(stand: Stand) -> Restart:
    """Push what only a cold start shows, and restart an edge afterwards. Raises ControlUnreachable."""
    edge = stand.cast.restarted
    stand.tell(f"{stand.cast.dormant_in} gets a route that running edges would bear, and starting ones wouldn't")
    text = stand.texts.of(Edition.NAMED, dormant_in=stand.cast.dormant_in)
    refusal = refuse_bad(stand, text, past_plan=True)
    time.sleep(PAUSE_S)
    old = stand.holdfast.envoys[edge]
    killed_s = stand.clock.now_s()
    os.kill(old.pid, signal.SIGKILL)
    stand.tell(f"the Envoy of {edge} is killed")
    whole_s = _await_whole(stand, edge, old.pid)
    stand.tell("another one is whole" if math.isfinite(whole_s) else "no other one is whole")
    time.sleep(stand.form.settle)
    place = list(stand.port_of).index(edge)
    return Restart(refusal, place, killed_s, whole_s, stand.clock.now_s())


def _await_whole(stand: Stand, edge: str, old: int) -> float:
    """When another Envoy of an edge served, and proved to have everything; infinite if none did."""
    deadline = time.monotonic() + RESTART_S_MAX
    while time.monotonic() < deadline:
        new = stand.holdfast.envoys.get(edge)
        if new is not None and new.pid != old and _serves(stand, edge):
            is_whole = stand.operator.await_status(is_settled, RESTART_S_MAX) is not None
            return stand.clock.now_s() if is_whole else math.inf
        time.sleep(LOOK_S)
    return math.inf


def _serves(stand: Stand, edge: str) -> bool:
    """Whether an edge answers for the last service as it should."""
    host = name_host(stand.cast.services[-1].name)
    try:
        answer = httpx.get(f"http://127.0.0.1:{stand.port_of[edge]}{CALLS_PATH}", headers={"host": host})
    except httpx.HTTPError:
        return False
    return answer.is_success
