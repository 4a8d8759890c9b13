"""The end of a run: what was begun is brought to its end, for as long as anything goes on."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx

from holdfast.views.spool import SpoolDocument

if TYPE_CHECKING:
    from collections.abc import Collection

    from bench.spooling.outcome import Outcome
    from holdfast.drills.stage.holdfast_process import HoldfastProcess

LOOK_S = 0.2
STUCK_S_MAX = 60.0
"""Without any progress."""


async def bring_customers(sending: Collection[asyncio.Task[None]]) -> int:
    """Wait until customers, who were told to stop, have; how many don't come to an end."""
    left = set(sending)
    while left:
        done, left = await asyncio.wait(left, timeout=STUCK_S_MAX, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            break
        for task in done:
            task.result()
    return len(left)


async def drain(holdfast: HoldfastProcess, outcome: Outcome) -> None:
    """Wait until nothing waits any more and nothing is dead, and note how much is if that doesn't get less."""
    deadline, least = time.monotonic() + STUCK_S_MAX, float("inf")
    transport = httpx.AsyncHTTPTransport(uds=str(holdfast.places.socket))
    headers = {"authorization": f"Bearer {holdfast.places.admin_token.read_text().strip()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://control", headers=headers) as http:
        while least > 0 and time.monotonic() < deadline:
            answer = await http.get("/v1/spool")
            left = _note_standing(outcome, SpoolDocument.model_validate_json(answer.content))
            if left < least:
                deadline, least = time.monotonic() + STUCK_S_MAX, left
            await asyncio.sleep(LOOK_S)


def _note_standing(outcome: Outcome, spool: SpoolDocument) -> float:
    """How many wait or are dead; without end if the spooler doesn't run."""
    if not spool.running:
        outcome.standing = "the spooler doesn't run"
        return float("inf")
    outcome.waiting = sum(each.waiting for each in spool.services)
    outcome.dead = sum(each.dead for each in spool.services)
    left = outcome.waiting + outcome.dead
    outcome.standing = "\n".join(map(str, spool.services)) if left else ""
    return left
