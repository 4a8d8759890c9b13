"""Customers: each sends one message after the other, in order, and goes on when the last was acknowledged."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

HOST = "mail.example"
ORDER_HEADER = "x-customer"
PATIENCE_S = 20.0
PAUSE_S = 0.05
THINK_S = 0.08
"""Long enough for what waits to be delivered while more comes, on a machine that is busy with all of this."""


@dataclass
class Customer:
    """`acknowledged` are the numbers that were answered 2xx, in order; `later` of them with 202.

    With `has_keys` it sends a key of its own, and says the same again until it is acknowledged; without, it says
    everything once.
    """

    name: str
    has_keys: bool
    ports: Sequence[int]
    chance: random.Random
    acknowledged: list[int] = field(default_factory=list)
    later: int = 0
    failed: int = 0

    async def send_until(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what was begun with a key is brought to its end."""
        limits = httpx.Limits(max_keepalive_connections=4)
        async with httpx.AsyncClient(timeout=PATIENCE_S, limits=limits) as http:
            number = 0
            while not stop.is_set():
                number += 1
                await self._bring(http, number, str(uuid.UUID(int=self.chance.getrandbits(128))))
                await asyncio.sleep(THINK_S)

    async def _bring(self, http: httpx.AsyncClient, number: int, key: str) -> None:
        while not await self._say(http, number, key):
            self.failed += 1
            await asyncio.sleep(PAUSE_S)
            if not self.has_keys:
                return

    async def _say(self, http: httpx.AsyncClient, number: int, key: str) -> bool:
        own = {"idempotency-key": key} if self.has_keys else {}
        try:
            answer = await http.post(
                f"http://127.0.0.1:{self.chance.choice(self.ports)}/send",
                json={"customer": self.name, "number": number},
                headers={"host": HOST, ORDER_HEADER: self.name, **own},
            )
        except httpx.HTTPError:
            return False
        if not answer.is_success:
            return False
        self.acknowledged.append(number)
        self.later += answer.status_code == 202
        return True
