"""Rounds of kills. In a storm the upstream has its moods, edges hang, and parts are killed at random instants and while
edges are being switched to the spool. In the calm after it the upstream is well: parts are killed while edges are being
switched back, and then nobody is, until they were.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bench.spooling.receiver import Mood
from bench.spooling.switch_watch import SwitchWatch
from bench.spooling.victims import PARTS, Victims
from holdfast.spool.switching import Phase

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Collection

    from bench.spooling.outcome import Outcome
    from bench.spooling.receiver import Receiver
    from holdfast.drills.stage.holdfast_process import HoldfastProcess

STORM_KILLS = (10, 16)
HANG_AFTER = (0, 2)
"""How many are killed in a storm before an edge hangs."""
STORM_S_MAX = 25.0
AHEAD = 5
"""So many of those who are next may be killed out of turn, while others are on their way back."""
PAUSE_S = (0.05, 0.6)
MOOD_S = (0.3, 2.5)
MOODS = (Mood.TAKING, Mood.TAKING, Mood.REFUSING, Mood.HANGING, Mood.FAILING, Mood.FORGETFUL)
TROUBLE = (Mood.REFUSING, Mood.HANGING, Mood.FAILING, Mood.FORGETFUL)
OPENING_S_MAX = 2.0
CLOSING_S_MAX = 8.0
"""So long it is waited for edges to be switched before somebody is killed all the same."""
OPENING_S = (0.0, 0.03)
CLOSING_S = (0.0, 0.7)
"""How long they are being switched, about."""
CALM_KILLS = (0, 2)
DIRECT_S = (0.2, 1.0)
STUCK_S_MAX = 60.0
"""Without anything being delivered."""


class Rounds:
    """Storms and calms over one Holdfast, and what is counted meanwhile."""

    def __init__(self, holdfast: HoldfastProcess, receiver: Receiver, chance: random.Random, outcome: Outcome) -> None:
        self._receiver = receiver
        self._chance = chance
        self._outcome = outcome
        self._victims = Victims(holdfast, chance)
        self._watch = SwitchWatch(holdfast.places.path / "spool" / "spooler.log")
        self._deck: list[str] = []

    async def play(self, kills: int) -> None:
        """Play until so many were killed. HoldfastFailed if control doesn't come back."""
        self._deck = await self._shuffle_deck(kills)
        async with self._watched():
            while self._deck:
                calm_kills = min(self._chance.randint(*CALM_KILLS), len(self._deck) - 1)
                await self._storm(calm_kills)
                await self._calm(calm_kills)
            await self._victims.settle()

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch.run())
        try:
            yield
        finally:
            watching.cancel()
            await self._victims.release()
            self._outcome.hangs = self._victims.hangs
            self._outcome.opened, self._outcome.closed = self._watch.opened, self._watch.closed

    async def _storm(self, left: int) -> None:
        """Kill some of the deck, and leave a few."""
        chance = self._chance
        await self._receiver.set_mood(chance.choice(TROUBLE))
        await self._kill_within({Phase.OPENING}, OPENING_S_MAX, chance.uniform(*OPENING_S))
        moods = asyncio.create_task(self._change_moods())
        try:
            async with asyncio.timeout(STORM_S_MAX):
                await self._kill_many(chance.randint(*STORM_KILLS), left)
        except TimeoutError:
            return
        finally:
            moods.cancel()
            await asyncio.wait([moods])

    async def _kill_many(self, kills: int, left: int) -> None:
        killed, hang_after = 0, self._chance.randint(*HANG_AFTER)
        while killed < kills and len(self._deck) > left:
            if killed >= hang_after:
                self._victims.hang_edge()
                hang_after = kills
            await asyncio.sleep(self._chance.uniform(*PAUSE_S))
            killed += await self._kill_next()

    async def _calm(self, kills: int) -> None:
        chance = self._chance
        await self._receiver.set_mood(Mood.TAKING)
        for _ in range(kills):
            await self._kill_within({Phase.CLOSING, Phase.RELEASING}, CLOSING_S_MAX, chance.uniform(*CLOSING_S))
        began = time.monotonic()
        if await self._come_back():
            self._outcome.back_s.append(time.monotonic() - began)
        else:
            self._outcome.not_back += 1
        await asyncio.sleep(chance.uniform(*DIRECT_S))

    async def _change_moods(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(*MOOD_S))
            await self._receiver.set_mood(self._chance.choice(MOODS))

    async def _kill_within(self, phases: Collection[Phase], patience_s: float, after_s: float) -> None:
        await self._watch.wait_for(phases, patience_s)
        await asyncio.sleep(after_s)
        await self._kill_next()

    async def _shuffle_deck(self, kills: int) -> list[str]:
        """Everybody as often as everybody else, in a random order."""
        parts = [part for part in PARTS if await self._victims.wait_for(part)]
        deck = [part for part, _ in zip(itertools.cycle(parts), range(kills), strict=False)]
        self._chance.shuffle(deck)
        return deck

    async def _kill_next(self) -> bool:
        """Kill one of the next in the deck, who is there; whether anybody was."""
        for part in dict.fromkeys(self._deck[:AHEAD]):
            self._watch.read()
            phase = self._watch.phase
            if await self._victims.kill(part):
                self._note_killed(part, phase)
                return True
        return False

    def _note_killed(self, part: str, phase: Phase | None) -> None:
        self._deck.remove(part)
        self._outcome.kills[part] += 1
        if phase is not None:
            self._outcome.phases[phase] += 1
        if part == "spooler":
            self._watch.forget()

    async def _come_back(self) -> bool:
        """Wait until all goes directly again, for as long as messages are delivered."""
        ledger = self._receiver.ledger
        before = -1
        while len(ledger.taken) > before:
            before = len(ledger.taken)
            if await self._watch.wait_for({Phase.DIRECT}, STUCK_S_MAX):
                return True
        return False
