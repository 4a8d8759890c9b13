"""Drafts into the store, and the word about each of them: at once, or when the switch lets it be given."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from holdfast.model.spool import Draft, Receipt, Refused, SpoolStore, SpoolUnavailable
from holdfast.spooler.link import NotYet, Verdict
from holdfast.spooler.switch import Switch


class Keeping:
    """On one store. What the switch holds back for longer than `hold_max_s` is told to come back."""

    def __init__(self, store: SpoolStore, switch: Switch, hold_max_s: float) -> None:
        self.hold_max_s = hold_max_s
        self._store = store
        self._switch = switch
        self._holding: set[asyncio.Task[None]] = set()

    async def keep(self, drafts: Sequence[Draft], tell: Callable[[int, Verdict], None]) -> None:
        """Keep drafts with one commit, in their order. `tell` is called once for each, by its place among them.

        Returns when all are kept or refused; what is held back may be told later.
        """
        try:
            answers = await self._store.accept_all(drafts)
        except SpoolUnavailable:
            for place in range(len(drafts)):
                tell(place, NotYet.UNWRITABLE)
            return
        for place, (draft, answer) in enumerate(zip(drafts, answers, strict=True)):
            if isinstance(answer, Refused):
                tell(place, answer.refusal)
                continue
            held = self._switch.hold(draft.service, answer.id, ordered=draft.order_key is not None)
            if held is None:
                tell(place, answer)
            else:
                self._begin_holding(held, partial(tell, place), answer)

    async def look_up(self, message_id: str) -> Receipt | NotYet | None:
        """What became of a message; None if there is none of that id."""
        try:
            return await self._store.receipt(message_id)
        except SpoolUnavailable:
            return NotYet.UNWRITABLE

    def _begin_holding(self, held: Awaitable[None], tell: Callable[[Verdict], None], kept: Verdict) -> None:
        task = asyncio.ensure_future(self._hold(held, tell, kept))
        self._holding.add(task)
        task.add_done_callback(self._holding.discard)

    async def _hold(self, held: Awaitable[None], tell: Callable[[Verdict], None], kept: Verdict) -> None:
        try:
            await asyncio.wait_for(held, self.hold_max_s)
        except TimeoutError:
            tell(NotYet.HELD)
        else:
            tell(kept)
