"""One revision at a time is made ready to go out: compiled, proved, asked about, and its waves kept."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from holdfast.engine.command import CanaryAnswered
from holdfast.model.intent import Intent
from holdfast.model.ports import JournalCorrupt, JournalUnavailable
from holdfast.model.revision import Revision
from holdfast.model.state import State
from holdfast.runtime.compiled import Compiled
from holdfast.runtime.prover import Base, Prover, Unready, write_cohorts
from holdfast.runtime.publisher import Publisher

LOG: Final = logging.getLogger(__name__)
BeforeWave = Callable[[Intent, frozenset[str], frozenset[str]], Awaitable[None]]
"""Is given the intent of now, the services that are about to go over, and the locations where."""
KeepText = Callable[[str], Awaitable[str]]
"""Keeps a text durably; its hash. JournalUnavailable or JournalCorrupt if that can't be done now."""


class Proofs:
    """Runs the proof of the newest revision, in place of any other, and hands over what came of it."""

    def __init__(
        self, prover: Prover, publisher: Publisher, keep_text: KeepText, hand_over: Callable[[CanaryAnswered], None]
    ) -> None:
        self.before_wave: BeforeWave | None = None
        """Hears who is about to have a revision first."""
        self._prover = prover
        self._publisher = publisher
        self._keep_text = keep_text
        self._hand_over = hand_over
        self._task: asyncio.Task[None] | None = None

    def start(self, revision: Revision, state: State) -> None:
        """Begin with a revision; returns at once."""
        self.cancel()
        self._task = asyncio.get_running_loop().create_task(self._prove(revision, state))

    def cancel(self) -> None:
        """Leave off whatever is being proved."""
        if self._task is not None:
            self._task.cancel()

    async def _prove(self, revision: Revision, state: State) -> None:
        try:
            answer = await self._make_ready(revision, state)
        except Exception as error:
            LOG.exception("revision %s can't be proved", revision.number)
            answer = CanaryAnswered(revision.number, None, why=f"Holdfast itself failed at it: {error!r}")
        self._hand_over(answer)

    async def _make_ready(self, revision: Revision, state: State) -> CanaryAnswered:
        intent = self._publisher.intent
        base = Base(intent, self._publisher.copy_kept()) if intent is not None else None
        compiled = await asyncio.to_thread(self._prover.compile_proposed, revision, state, base)
        unready = compiled if isinstance(compiled, Unready) else await self._prover.ask_canary(compiled)
        if isinstance(compiled, Unready) or unready is not None:
            return CanaryAnswered(revision.number, None, why=unready.why if unready else "")
        try:
            cohorts = await self._keep_cohorts(compiled)
        except (JournalUnavailable, JournalCorrupt) as error:
            return CanaryAnswered(revision.number, None, why=f"the journal can't be written: {error}")
        if self.before_wave is not None and compiled.course is not None and base is not None:
            first = compiled.course.reach_anywhere(0)
            await self.before_wave(base.intent, first, frozenset(compiled.course.passages))
        self._publisher.stage(compiled)
        waves = compiled.course.waves if compiled.course else ()
        return CanaryAnswered(revision.number, compiled.facts, compiled.intent.settled, waves, cohorts)

    async def _keep_cohorts(self, compiled: Compiled) -> str:
        """Keep who is in which wave, so that another life of control takes up the same rollout."""
        course = compiled.course
        return await self._keep_text(write_cohorts(course)) if course is not None and course.waves else ""
