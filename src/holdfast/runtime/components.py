"""Components that observe, as people and programs see and switch them. The analyser is the only one so far."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from holdfast.adapters.analysis.builds import BuildStore, UnfitBuild
from holdfast.adapters.analysis.health import Budget
from holdfast.adapters.analysis.supervisor import AnalyserSupervisor
from holdfast.engine.command import SwitchComponent
from holdfast.engine.maxima import REASON_CHARACTERS_MAX
from holdfast.engine.reason import check_reason
from holdfast.model.component import ANALYSER, ComponentStatus, Phase
from holdfast.model.query import ServiceQueries
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.sample import SampledRequest
from holdfast.model.state import ComponentState
from holdfast.model.token import SYSTEM
from holdfast.views.components import ComponentDocument, ComponentsDocument, show_component
from holdfast.views.queries import FlaggedDocument, QueriesDocument, show_flagged, show_queries

LOG: Final = logging.getLogger(__name__)
ANSWER_S: Final = 2.0
"""The longest that an answer about queries waits for the analyser."""
Record = Callable[[SwitchComponent], Awaitable[Refusal | None]]
"""Has a switch decided and recorded; the refusal if it isn't. What it speaks of has been done already."""


class Components:
    """Runs the components, below `folder`. All of it belongs to one event loop.

    A switch acts first and is recorded right after, as mitigations are: it protects.
    """

    def __init__(self, folder: Path, record: Record, budget: Budget | None = None) -> None:
        self._record = record
        self._builds = BuildStore(ANALYSER, folder / ANALYSER)
        self._analyser = AnalyserSupervisor(folder / ANALYSER / "runs", self._note_change, budget)
        self._switching = asyncio.Lock()
        self._recording = set[asyncio.Task[None]]()

    async def run(self, switched: ComponentState | None) -> None:
        """Start the analyser, unless it was switched off, and look after it until cancelled."""
        if switched is not None and not switched.on:
            self._analyser.switch_off(switched.why)
        else:
            await self._try(self._builds.present, "control has started", SYSTEM)
        await self._analyser.run()

    def offer(self, samples: Sequence[SampledRequest]) -> None:
        """Hand over samples; returns at once, whatever the analyser does."""
        self._analyser.offer(samples)

    @property
    def status(self) -> ComponentStatus:
        """How the analyser does now."""
        return self._analyser.status

    async def ask_queries(self, service: str) -> ServiceQueries | None:
        """What the analyser says of a service, trusted or not; None if it doesn't answer."""
        return await self._analyser.ask(service, ANSWER_S)

    def components(self) -> ComponentsDocument:
        """Every component."""
        return ComponentsDocument(components=(self._show(),))

    async def queries(self, service: str) -> QueriesDocument:
        """What is known of a service's operations."""
        return show_queries(service, await self.ask_queries(service), self.status)

    def flagged(self) -> FlaggedDocument:
        """Operations lately found to be large or complex, of any service."""
        return show_flagged(self._analyser.flagged, self.status)

    async def switch(self, author: str, name: str, *, on: bool, reason: str) -> ComponentDocument | Refusal:
        """Switch a component on, or off."""
        if refusal := _check(name, reason):
            return refusal
        async with self._switching:
            if (self.status.phase is not Phase.OFF) is on:
                return Refusal(RefusalCode.UNCHANGED, f"{name} is switched {'on' if on else 'off'} already")
            if on:
                return await self._try(self._builds.present, reason, author)
            self._analyser.switch_off(reason)
            await self._note(author, on=False, why=reason)
            return self._show()

    async def revert(self, author: str, name: str, reason: str) -> ComponentDocument | Refusal:
        """Run the version that ran before the present one, at once."""
        if refusal := _check(name, reason):
            return refusal
        async with self._switching:
            before = self._builds.before
            if before is None:
                return Refusal(RefusalCode.NOTHING_TO_REVERT_TO, f"no other version of {name} ran before this one")
            answer = await self._try(before, reason, author)
            if isinstance(answer, Refusal):
                return answer
            await self._keep(self._builds.step_back)
            return self._show()

    async def install(self, author: str, name: str, path: str, reason: str) -> ComponentDocument | Refusal:
        """Take a copy of a build on control's machine, and run it, in shadow."""
        if refusal := _check(name, reason):
            return refusal
        async with self._switching:
            try:
                build = await asyncio.to_thread(self._builds.install, Path(path))
            except UnfitBuild as unfit:
                return Refusal(RefusalCode.BUILD_UNFIT, f"{path} isn't a build that can be run: {unfit}")
            except OSError as error:
                return Refusal(RefusalCode.BUILD_UNFIT, f"{path} can't be copied: {error.strerror}")
            answer = await self._try(build.version, f"sha256 {build.checksum}: {reason}", author)
            if not isinstance(answer, Refusal):
                await self._keep(lambda: self._builds.note_run(build.version))
                return self._show()
            return answer

    async def _try(self, version: str, why: str, author: str) -> ComponentDocument | Refusal:
        """Run a version in place of whatever runs, if it is still what was installed."""
        try:
            build = await asyncio.to_thread(self._builds.find, version)
        except (UnfitBuild, OSError) as unfit:
            LOG.warning("analyser %s can't be run: %s", version, unfit)
            if author == SYSTEM:
                self._analyser.switch_off(f"version {version} can't be run: {unfit}")
            return Refusal(RefusalCode.BUILD_UNFIT, str(unfit))
        self._analyser.switch_on(build, why, proven=self._builds.is_proven(version))
        if author != SYSTEM:
            await self._note(author, on=True, why=why)
        return self._show()

    async def _keep(self, note: Callable[[], None]) -> None:
        """Have something noted on disk; what runs runs all the same if that can't be."""
        try:
            await asyncio.to_thread(note)
        except OSError as error:
            LOG.warning("which version of the analyser runs can't be noted: %s", error)

    def _note_change(self, status: ComponentStatus) -> None:
        """Record what the supervisor did by itself."""
        if status.phase is Phase.ON:
            self._start(self._keep(lambda: self._builds.note_proven(status.version)))
        elif status.phase is Phase.OFF:
            self._start(self._note(SYSTEM, on=False, why=status.why))

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)

    async def _note(self, author: str, *, on: bool, why: str) -> None:
        version = self.status.version
        refusal = await self._record(SwitchComponent(ANALYSER, on, _make_line(why), version, author))
        if refusal is not None and refusal.code is not RefusalCode.UNCHANGED:
            LOG.warning("that the analyser is %s isn't recorded: %s", "on" if on else "off", refusal.message)

    def _show(self) -> ComponentDocument:
        return show_component(self.status, self._builds.versions, self._builds.before)


def _check(name: str, reason: str) -> Refusal | None:
    if name != ANALYSER:
        return Refusal(RefusalCode.COMPONENT_UNKNOWN, f"there is no component {name}; there is {ANALYSER}")
    return check_reason(reason)


def _make_line(why: str) -> str:
    """Why something was switched, as a reason must be."""
    return "".join(c if c.isprintable() else " " for c in why)[:REASON_CHARACTERS_MAX].strip() or "unknown"
