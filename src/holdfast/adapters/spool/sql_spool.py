"""The spool's store as the event loop sees it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic, time
from typing import Final, TypeVar

from holdfast.adapters.spool import claiming, reading, settling
from holdfast.adapters.spool.proof import check_seals, find_damaged
from holdfast.adapters.spool.room import Room, ask_disk
from holdfast.adapters.spool.tables import Tables
from holdfast.adapters.spool.writer import Writer
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import (
    Accepted,
    Dead,
    DeadLetter,
    Delivered,
    Draft,
    Message,
    Outcome,
    Receipt,
    Refused,
    SpoolCorrupt,
    SpoolFigures,
    SpoolUnavailable,
    Standing,
)

_log = logging.getLogger("holdfast.spool")
_Answer = TypeVar("_Answer")
CHECK_S: Final = 2.0
CHECK_PAUSE_S: Final = 0.02
FORGET_AT_ONCE: Final = 2_000
"""How many receipts are removed in one commit: acceptances wait for it."""
_SETTLED: Final = (Standing.DELIVERED, Standing.DEAD, Standing.DROPPED)


class SqlSpool:
    """A `SpoolStore` in a SQLite file of its own. Open it within the event loop that uses it.

    Opening it raises SpoolCorrupt if its structure is damaged or a message isn't what was written, SpoolUnavailable if
    the file can't be had. Reading the messages may take `check_s`; what is left then is read at work, and what is
    damaged of it becomes dead letters. `disk_free_min` bytes of the disk are left alone.
    """

    def __init__(
        self,
        path: Path,
        bounds: SpoolBounds,
        disk_free_min: int,
        *,
        check_s: float = CHECK_S,
        vfs: str | None = None,
        ask_free_bytes: Callable[[Path], int] = ask_disk,
    ) -> None:
        self._room = Room(path, disk_free_min, ask_free_bytes)
        self._tables = Tables(path, bounds, self._room, vfs)
        try:
            checked_in_time = monotonic() + check_s
            unchecked = check_seals(self._tables, lambda: monotonic() < checked_in_time)
        except BaseException:
            self._tables.close()
            raise
        self._writer = Writer(self._tables)
        self._arrival = asyncio.Event()
        self._watched: defaultdict[str, list[asyncio.Future[None]]] = defaultdict(list)
        self._checking = asyncio.ensure_future(self._check_on(unchecked))

    def set_bounds(self, bounds: SpoolBounds, disk_free_min: int) -> None:
        """Hold to other bounds from now on. What is kept already stays."""
        self._tables.bounds = bounds
        self._room.reserve_bytes = disk_free_min

    async def accept(self, draft: Draft) -> Accepted | Refused:
        """See `SpoolStore.accept_all`, for one."""
        (answer,) = await self.accept_all([draft])
        return answer

    async def accept_all(self, drafts: Sequence[Draft]) -> Sequence[Accepted | Refused]:
        """See `SpoolStore`."""
        answers = await self._writer.offer(drafts)
        if any(isinstance(answer, Accepted) and not answer.replayed for answer in answers):
            self._arrival.set()
        return answers

    async def claim(self, service: str, now: float, count_max: int, bytes_max: int) -> Sequence[Message]:
        """See `SpoolStore`."""
        messages, damaged = await self._read(partial(_claim, service, now, count_max, bytes_max))
        for message_id in damaged:
            await self._bury_damaged(message_id)
        return messages

    async def settle(self, outcome: Outcome) -> None:
        """See `SpoolStore`."""
        await self._write(lambda tables: settling.settle_claim(tables, outcome))
        if isinstance(outcome, Delivered | Dead):
            self._tell_settled(outcome.id)

    async def claim_expired(self, service: str, now: float, count_max: int) -> Sequence[str]:
        """See `SpoolStore`."""
        return await self._read(lambda tables: claiming.claim_expired_messages(tables, service, now, count_max))

    async def next_due(self, service: str, now: float) -> float | None:
        """See `SpoolStore`."""
        return await self._read(lambda tables: claiming.find_next_due(tables, service, now))

    async def wait_for_arrival(self) -> None:
        """See `SpoolStore`."""
        await self._arrival.wait()
        self._arrival.clear()

    async def wait_until_settled(self, message_id: str) -> Receipt | None:
        """See `SpoolStore`."""
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watched[message_id].append(settled)
        try:
            receipt = await self.receipt(message_id)
            if receipt is None or receipt.standing in _SETTLED:
                return receipt
            await settled
            return await self.receipt(message_id)
        finally:
            self._watched[message_id].remove(settled)
            if not self._watched[message_id]:
                del self._watched[message_id]

    async def postpone_expiry(self, service: str, by_s: float) -> None:
        """See `SpoolStore`."""
        await self._write(lambda tables: settling.postpone(tables, service, by_s))

    async def receipt(self, message_id: str) -> Receipt | None:
        """See `SpoolStore`."""
        return await self._read(lambda tables: reading.read_receipt(tables, message_id))

    async def inspect(self, message_id: str) -> Message | None:
        """See `SpoolStore`."""
        return await self._read(lambda tables: reading.inspect_message(tables, message_id))

    async def list_dead(
        self, *, service: str | None = None, tenant: str | None = None, after: int = 0, count_max: int = 100
    ) -> Sequence[DeadLetter]:
        """See `SpoolStore`."""
        return await self._read(
            lambda tables: reading.list_dead_letters(tables, service, tenant, after, count_max),
        )

    async def redeliver(self, message_id: str, now: float, expires_at: float) -> None:
        """See `SpoolStore`."""
        await self._write(lambda tables: settling.redeliver_dead(tables, message_id, now, expires_at))
        self._arrival.set()

    async def drop(self, message_id: str, now: float, reason: str, by: str) -> None:
        """See `SpoolStore`."""
        await self._write(lambda tables: settling.drop_message(tables, message_id, now, reason, by))
        self._tell_settled(message_id)

    async def figures(self) -> SpoolFigures:
        """See `SpoolStore`."""
        return await self._read(reading.read_figures)

    async def forget(self, before: float) -> int:
        """See `SpoolStore`."""
        forgotten = 0
        while True:
            removed = await self._write(lambda tables: settling.forget_settled(tables, before, FORGET_AT_ONCE))
            forgotten += removed
            if removed < FORGET_AT_ONCE:
                return forgotten

    async def close(self) -> None:
        """Finish what was asked for, and let go of the file."""
        self._checking.cancel()
        await self._writer.stop()
        self._tables.close()

    async def _check_on(self, after: int | None) -> None:
        while after is not None:
            try:
                after = await self._check_next(after)
            except (SpoolCorrupt, SpoolUnavailable) as error:
                _log.error("not all messages can be read: %s", error)
                return
            await asyncio.sleep(CHECK_PAUSE_S)

    async def _check_next(self, after: int) -> int | None:
        damaged, following = await self._read(partial(_find_damaged, after))
        for sequence in damaged:
            message_id = await self._read(partial(_claim_damaged, sequence))
            if message_id is not None:
                await self._bury_damaged(message_id)
        return following

    async def _bury_damaged(self, message_id: str) -> None:
        _log.error("message %s is not what was written; it becomes a dead letter", message_id)
        try:
            await self.settle(Dead(message_id, "its content is damaged", time()))
        except SpoolUnavailable as error:
            _log.error("that can't be written down now, so it stays claimed until a restart: %s", error)

    async def _read(self, do: Callable[[Tables], _Answer]) -> _Answer:
        return await self._writer.ask(do, writes=False)

    async def _write(self, do: Callable[[Tables], _Answer]) -> _Answer:
        return await self._writer.ask(do, writes=True)

    def _tell_settled(self, message_id: str) -> None:
        for future in self._watched.get(message_id, ()):
            if not future.done():
                future.set_result(None)


def _find_damaged(after: int, tables: Tables) -> tuple[list[int], int | None]:
    return find_damaged(tables, after)


def _claim_damaged(sequence: int, tables: Tables) -> str | None:
    return claiming.claim_damaged(tables, sequence)


def _claim(service: str, now: float, count_max: int, bytes_max: int, tables: Tables) -> tuple[list[Message], list[str]]:
    return claiming.claim_messages(tables, service, now, count_max, bytes_max)
