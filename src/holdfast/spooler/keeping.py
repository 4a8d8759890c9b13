"""Drafts into the store, and the word about each of them: at once, or when the switch lets it be given."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from holdfast.model.spool import Draft, Receipt, Refused, SpoolStore, SpoolUnavailable
from holdfast.spooler.link import NotYet, Verdict
from holdfast.spooler.switch import Switch

_log = logging.getLogger("holdfast.spooler")
_Answer = TypeVar("_Answer")


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
        answers = await _ask(self._store.accept_all(drafts))
        if isinstance(answers, NotYet):
            for place in range(len(drafts)):
                tell(place, answers)
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
        return await _ask(self._store.receipt(message_id))

    def _begin_holding(self, held: Awaitable[None], tell: Callable[[Verdict], None], kept: Verdict) -> None:
        task = asyncio.ensure_future(self._hold(held, tell, kept))
        self._holding.add(task)
        task.add_done_callback(self._holding.discard)

    async def _hold(self, held: Awaitable[None], tell: Callable[[Verdict], None], kept: Verdict) -> None:
        try:
            await asyncio.wait_for(held, self.hold_max_s)
        except TimeoutError:
            tell(NotYet.HELD)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody knows that it may be acknowledged
            _log.error("what an acknowledgement waits for can't be known: %r", error)
            tell(NotYet.HELD)
        else:
            tell(kept)


async def _ask(asked: Awaitable[_Answer]) -> _Answer | NotYet:
    """What the store says. Whatever keeps it from saying anything, who waits for it must be told."""
    try:
        return await asked
    except SpoolUnavailable:
        return NotYet.UNWRITABLE
    except Exception:  # noqa: BLE001 - a damaged file, or a fault of ours
        _log.exception("the store can't be asked")
        return NotYet.UNWRITABLE
