"""The outbox: letters that are durable once they are put, and are sent until they are taken or aren't worth it."""

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import SystemRandom
from typing import Final

from sqlalchemy import Connection

from holdfast.adapters.notify.letters import refusals, rows
from holdfast.adapters.notify.letters.rows import Claimed
from holdfast.adapters.notify.letters.sending import WORKERS, Sender
from holdfast.adapters.notify.letters.writer import OutboxWriter
from holdfast.adapters.notify.notice import DeliveryFailed
from holdfast.adapters.notify.settings import NotifySettings
from holdfast.model.letter import ChannelKind, Letter, LetterState, OutboxFigures, OutboxUnavailable, Refusals
from holdfast.model.ports import Clock

LOG: Final = logging.getLogger(__name__)
LETTER_CHARACTERS_MAX: Final = 256 * 1024
"""Of all that a letter says together."""
_KEY: Final = re.compile(r"[!-~]{1,200}")
_HEADER: Final = re.compile(r"(?:List-[A-Za-z-]{1,40}|In-Reply-To|References|X-[A-Za-z-]{1,40})")
_VALUE_MAX: Final = 1_000
_RECORD_S: Final = 0.5
"""Between two tries to note what became of a letter."""
_TEND_S: Final = 1.0
_STOP_S: Final = 3.0
_CHANCE: Final = SystemRandom()
Send = Callable[[Letter, float], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """How many letters may wait, how long one is tried that doesn't say so, and how long its key is remembered after.

    After a failed try a letter waits `pause_s`, and twice as long each time up to `pause_s_max`, give or take a half.
    """

    waiting_max: int = 20_000
    keep_trying_s: float = 86_400.0
    keys_kept_s: float = 30 * 86_400.0
    pause_s: float = 2.0
    pause_s_max: float = 300.0


class SqlOutbox:
    """`model.letter.Outbox` on a SQLite file of its own (mode 0600), which one process has at a time.

    `SqlOutbox(path, notify, clock, anywhere=True)`, then `run()` as a task of the loop that `put` is called in, and
    `close()` at the end. `notify` is what `holdfast up` read from the environment (the mail server). `anywhere`
    lets webhooks into private networks and letters through Apprise: for what operators set, never for what strangers
    do. Nothing is read or written before the first call; `put` works without `run`, but nothing is sent.

    Every letter is sent at least once: what was being sent when the process died is sent again, with the same key.
    Letters to one address are sent one after the other; one that fails holds up its own address only.
    """

    def __init__(
        self,
        path: Path,
        notify: NotifySettings,
        clock: Clock,
        *,
        anywhere: bool,
        settings: OutboxSettings | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.figures = OutboxFigures()
        """As they were a second ago at most, while it runs."""
        self._settings = settings or OutboxSettings()
        self._clock = clock
        self._writer = OutboxWriter(path)
        self._sender = Sender(notify, anywhere=anywhere, tls=tls)
        self._busy: dict[ChannelKind, set[str]] = {kind: set() for kind in ChannelKind}
        self._news = {kind: asyncio.Event() for kind in ChannelKind}

    async def put(self, letters: Sequence[Letter]) -> None:
        """Make letters durable, all or none, but for those whose key is known.

        OutboxFull if that is too many, OutboxUnavailable if nothing can be written now, ValueError if one isn't a
        letter that could ever be sent.
        """
        for letter in letters:
            _check_letter(letter)
        settings = self._settings
        put = partial(
            rows.put_letters,
            letters=tuple(letters),
            now=self._clock(),
            keep_trying_s=settings.keep_trying_s,
            waiting_max=settings.waiting_max,
        )
        await self._writer.ask(put)
        for kind in {letter.channel.kind for letter in letters}:
            self._news[kind].set()

    async def look_up(self, keys: Sequence[str]) -> Sequence[LetterState]:
        """How far those of these letters are that are known; OutboxUnavailable if that can't be read now."""
        return await self._writer.ask(partial(rows.find_states, keys=tuple(keys)))

    async def cancel(self, prefix: str) -> None:
        """Give up the waiting letters whose keys begin so; one that is being sent may arrive all the same."""
        await self._writer.ask(partial(rows.cancel_letters, prefix=prefix, now=self._clock()))

    async def list_refusals(self, count_min: int, rows_max: int) -> Sequence[Refusals]:
        """Those who refused so many letters for good, one after the other; who refused first comes first."""
        return await self._writer.ask(partial(refusals.list_refusals, count_min=count_min, rows_max=rows_max))

    async def forget_refusals(self, owner: str) -> None:
        """Count anew from now on what those refuse whose letters' keys begin so, up to the first colon."""
        await self._writer.ask(partial(refusals.forget_refusals, key=owner))

    async def find_arrival(self, kind: ChannelKind) -> float | None:
        """When somebody last took a letter of a kind, as far as that is remembered: Unix time, in seconds."""
        return await self._writer.ask(partial(refusals.find_arrival, kind=kind))

    async def send_unkept(self, letter: Letter) -> None:
        """Send a letter once, now, without keeping it; DeliveryFailed unless it was taken."""
        await self._sender.send(letter, self._clock())

    async def run(self) -> None:
        """Send what is put, until cancelled."""
        for busy in self._busy.values():
            busy.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tend())
            for kind, count in WORKERS.items():
                claiming = asyncio.Lock()
                for _ in range(count):
                    group.create_task(self._work(kind, claiming))

    def close(self) -> None:
        """Send nothing more, and let go of the file when all is written that was asked for."""
        self._sender.close()
        self._writer.close()

    async def _tend(self) -> None:
        while True:
            now = self._clock()
            busy = frozenset[str]().union(*self._busy.values())
            try:
                self.figures = await self._writer.ask(partial(self._tidy, now=now, busy=busy))
            except OutboxUnavailable:
                LOG.warning("the outbox can't be looked through now")
            await asyncio.sleep(_TEND_S)

    def _tidy(self, connection: Connection, now: float, busy: frozenset[str]) -> OutboxFigures:
        rows.expire_letters(connection, now, busy)
        rows.forget_settled(connection, now - self._settings.keys_kept_s)
        refusals.forget_old_refusals(connection, now)
        return rows.count_letters(connection, now)

    async def _work(self, kind: ChannelKind, claiming: asyncio.Lock) -> None:
        busy = self._busy[kind]
        while True:
            async with claiming:
                claimed = await self._claim(kind)
            address = claimed.letter.channel.address.get_secret_value()
            delivering = asyncio.create_task(self._deliver(claimed))
            try:
                await asyncio.shield(delivering)
            except asyncio.CancelledError:
                await _let_end(delivering)
                raise
            finally:
                busy.discard(address)
                self._news[kind].set()

    async def _claim(self, kind: ChannelKind) -> Claimed:
        """Wait for a letter that is due. Its address is busy from now on."""
        news, busy = self._news[kind], self._busy[kind]
        while True:
            news.clear()
            wait_s: float | None = _RECORD_S
            try:
                found = await self._writer.ask(partial(rows.find_next, kind=kind, now=self._clock(), busy=tuple(busy)))
            except OutboxUnavailable:
                found = None
            else:
                wait_s = max(0.0, found - self._clock()) if isinstance(found, float) else None
            if isinstance(found, Claimed):
                busy.add(found.letter.channel.address.get_secret_value())
                return found
            await _wait(news, wait_s)

    async def _deliver(self, claimed: Claimed) -> None:
        letter = claimed.letter
        if claimed.deadline < self._clock():
            await self._record(partial(rows.give_up_late, keys=(letter.key,), now=self._clock()))
            return
        failure = await self._try(claimed)
        now = self._clock()
        if failure is None:
            await self._record(partial(rows.settle_letter, key=letter.key, now=now, error=None))
            return
        due_at = now + self._pause(claimed.tries)
        error = str(failure)
        if failure.refused:
            await self._record(partial(rows.refuse_letter, letter=letter, now=now, error=error))
        elif not failure.passing:
            await self._record(partial(rows.settle_letter, key=letter.key, now=now, error=error))
        elif due_at > claimed.deadline:
            late = f"{rows.TOO_LATE}: {error}"
            await self._record(partial(rows.settle_letter, key=letter.key, now=now, error=late))
        else:
            await self._record(partial(rows.postpone_letter, letter=letter, now=now, error=error, due_at=due_at))

    async def _try(self, claimed: Claimed) -> DeliveryFailed | None:
        try:
            await self._sender.send(claimed.letter, claimed.put_at)
        except DeliveryFailed as failure:
            return failure
        except Exception as error:
            LOG.exception("letter %s can't be sent", claimed.letter.key)
            return DeliveryFailed(f"Holdfast itself failed at it: {type(error).__name__}", passing=True)
        return None

    def _pause(self, tries: int) -> float:
        settings = self._settings
        pause_s = min(settings.pause_s_max, settings.pause_s * 2.0 ** min(tries, 30))
        return pause_s * _CHANCE.uniform(0.5, 1.5)

    async def _record(self, change: Callable[[Connection], None]) -> None:
        """Note what became of a letter, however long it takes: what was sent must not be sent again."""
        while True:
            try:
                await self._writer.ask(change)
            except OutboxUnavailable:
                await asyncio.sleep(_RECORD_S)
            else:
                return


async def _let_end(delivering: "asyncio.Task[None]") -> None:
    """Wait a little for a letter on its way, since one that isn't seen to arrive is sent again."""
    await asyncio.wait([delivering], timeout=_STOP_S)
    delivering.cancel()


async def _wait(news: asyncio.Event, wait_s: float | None) -> None:
    try:
        async with asyncio.timeout(wait_s):
            await news.wait()
    except TimeoutError:
        return


def _check_letter(letter: Letter) -> None:
    if not _KEY.fullmatch(letter.key):
        raise ValueError("a letter's key has 1 to 200 visible ASCII characters")
    said = "".join(part for part in (letter.subject, letter.text, letter.html, letter.body) if part)
    if len(said) > LETTER_CHARACTERS_MAX or any("\ud800" <= character <= "\udfff" for character in said):
        raise ValueError(f"a letter has at most {LETTER_CHARACTERS_MAX} characters, without half ones")
    for name, value in letter.headers:
        if not (_HEADER.fullmatch(name) and value.isascii() and value.isprintable() and len(value) <= _VALUE_MAX):
            raise ValueError("a letter can't have such a header")
