"""Pages that can't be kept, since the disk is full, are sent all the same: from memory, as long as control lives."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Final

from holdfast.adapters.notify import DeliveryFailed
from holdfast.model.letter import Letter, LetterState, LetterStatus, Outbox, OutboxFull, OutboxUnavailable
from holdfast.model.ports import Clock

LOG: Final = logging.getLogger(__name__)
LETTERS_MAX: Final = 1_000
"""Pages that are remembered; more aren't put."""
SEEN_MAX: Final = 10_000
"""Kept letters whose state is remembered for when it can't be read."""
FORGET_S: Final = 86_400.0
AT_ONCE_MAX: Final = 16
PAUSE_S: Final = 5.0
"""Between two tries."""
KEPT_S: Final = 3_600.0
"""How long a page without a time of its own is tried."""
Send = Callable[[Letter], Coroutine[None, None, None]]


class StraightOutbox:
    """An outbox that goes on without its disk. What it sent meanwhile is forgotten when control ends.

    So whoever starts then may be paged again: better twice than not at all.
    """

    def __init__(self, outbox: Outbox, send: Send, clock: Clock) -> None:
        self._outbox = outbox
        self._send = send
        self._clock = clock
        self._states: dict[str, LetterState] = {}
        self._seen: dict[str, LetterState] = {}
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE_MAX)
        self.problem = ""
        """Why pages can't be kept now."""

    async def put(self, letters: Sequence[Letter]) -> None:
        """Keep letters, or send them without; OutboxFull if either is too many."""
        try:
            await self._outbox.put(letters)
        except OutboxUnavailable as error:
            self._complain(error)
        else:
            self.problem = ""
            return
        self._forget(self._clock() - FORGET_S)
        fresh = [letter for letter in letters if letter.key not in self._states and letter.key not in self._seen]
        if len(self._states) + len(fresh) > LETTERS_MAX:
            raise OutboxFull(f"{LETTERS_MAX} pages couldn't be kept")
        for letter in fresh:
            now = self._clock()
            self._states[letter.key] = LetterState(letter.key, LetterStatus.WAITING, 0, now, now)
            self._sending[letter.key] = asyncio.create_task(self._deliver(letter))

    async def look_up(self, keys: Sequence[str]) -> Sequence[LetterState]:
        """How far those of these letters are that are known, as far as can be told."""
        kept = [key for key in keys if key not in self._states]
        try:
            found = await self._outbox.look_up(kept) if kept else ()
        except OutboxUnavailable as error:
            self._complain(error)
            found = [self._seen[key] for key in kept if key in self._seen]
        self._seen.update((state.key, state) for state in found)
        while len(self._seen) > SEEN_MAX:
            del self._seen[next(iter(self._seen))]
        return [*found, *(self._states[key] for key in keys if key in self._states)]

    async def cancel(self, prefix: str) -> None:
        """Give up the waiting letters whose keys begin so."""
        for key in [key for key in self._sending if key.startswith(prefix)]:
            self._sending.pop(key).cancel()
            self._settle(key, LetterStatus.FAILED, "cancelled")
        self._seen = {key: state for key, state in self._seen.items() if not key.startswith(prefix)}
        try:
            await self._outbox.cancel(prefix)
        except OutboxUnavailable as error:
            self._complain(error)

    def close(self) -> None:
        """Send nothing more without the disk."""
        for sending in self._sending.values():
            sending.cancel()

    async def _deliver(self, letter: Letter) -> None:
        until = self._clock() + KEPT_S if letter.not_after is None else letter.not_after
        while self._clock() < until:
            try:
                async with self._room:
                    await self._send(letter)
            except DeliveryFailed as failure:
                status = LetterStatus.WAITING if failure.passing else LetterStatus.FAILED
                self._settle(letter.key, status, str(failure))
                if not failure.passing:
                    break
            else:
                self._settle(letter.key, LetterStatus.SENT, None)
                break
            await asyncio.sleep(PAUSE_S)
        else:
            self._settle(letter.key, LetterStatus.FAILED, "not taken in time")
        self._sending.pop(letter.key, None)

    def _forget(self, before: float) -> None:
        """Letters that nothing more can come of since a time before this."""
        waiting = LetterStatus.WAITING
        kept = {key: each for key, each in self._states.items() if each.status is waiting or each.changed_at >= before}
        self._states = kept

    def _settle(self, key: str, status: LetterStatus, error: str | None) -> None:
        before = self._states[key]
        if before.status is LetterStatus.WAITING:
            tries = before.tries + 1
            self._states[key] = replace(before, status=status, tries=tries, changed_at=self._clock(), error=error)

    def _complain(self, error: OutboxUnavailable) -> None:
        if not self.problem:
            LOG.error("pages can't be kept and are sent without: %s", error)
        self.problem = f"pages can't be kept, and are sent without: {error}"
