"""Every component, whether it is a process of its own or a part of control: `adapters.api`'s port for them."""

import os
from typing import Final

from holdfast import __version__
from holdfast.engine.reason import check_reason
from holdfast.model.component import ComponentAllowance, ComponentStatus, ComponentUsage, Phase
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.components import Components
from holdfast.runtime.recovery import failing_over
from holdfast.runtime.recovery.failing_over import FailingOver
from holdfast.runtime.watch import watcher
from holdfast.runtime.watch.guard import CPU_SHARE_MAX, LAG_S_MAX, WORDS, Level
from holdfast.runtime.watch.watcher import Watcher
from holdfast.views.components import ComponentDocument, ComponentsDocument, show_component
from holdfast.views.queries import FlaggedDocument, QueriesDocument

_PHASES: Final = {Level.FULL: Phase.ON, Level.OFF: Phase.OFF}


class Switchboard:
    """The analyser, the detector, and failover. The last two are parts of control: switched, without another build."""

    def __init__(self, components: Components, watcher: Watcher, failing_over: FailingOver) -> None:
        self._components = components
        self._watcher = watcher
        self._failing_over = failing_over

    def components(self) -> ComponentsDocument:
        """Every component."""
        own = (show_component(status, (), None) for status in self._show_own().values())
        return ComponentsDocument(components=(*self._components.components().components, *own))

    async def queries(self, service: str) -> QueriesDocument:
        """What is known of a service's operations."""
        return await self._components.queries(service)

    def flagged(self) -> FlaggedDocument:
        """Operations lately found to be large or complex."""
        return self._components.flagged()

    async def switch(self, author: str, name: str, *, on: bool, reason: str) -> ComponentDocument | Refusal:
        """Switch a component on, or off."""
        own = self._show_own().get(name)
        if own is None:
            return await self._components.switch(author, name, on=on, reason=reason)
        if refusal := check_reason(reason):
            return refusal
        if (own.phase is not Phase.OFF) is on:
            return Refusal(RefusalCode.UNCHANGED, f"{name} is switched {'on' if on else 'off'} already")
        part = self._watcher if name == watcher.COMPONENT else self._failing_over
        await part.switch(on=on, author=author, why=reason)
        return show_component(self._show_own()[name], (), None)

    async def revert(self, author: str, name: str, reason: str) -> ComponentDocument | Refusal:
        """Run the version that ran before the present one."""
        if name in self._show_own():
            return Refusal(RefusalCode.NOTHING_TO_REVERT_TO, f"{name} is a part of control, and has no other version")
        return await self._components.revert(author, name, reason)

    async def install(self, author: str, name: str, path: str, reason: str) -> ComponentDocument | Refusal:
        """Take a copy of a build on control's machine, and run it."""
        if name in self._show_own():
            return Refusal(RefusalCode.BUILD_UNFIT, f"{name} is a part of control, and takes no other build")
        return await self._components.install(author, name, path, reason)

    def _show_own(self) -> dict[str, ComponentStatus]:
        """The parts of control, by name."""
        return {watcher.COMPONENT: self._show_detector(), failing_over.COMPONENT: self._show_failover()}

    def _show_detector(self) -> ComponentStatus:
        guard, switched = self._watcher.guard, self._watcher.switched
        return ComponentStatus(
            component=watcher.COMPONENT,
            version=__version__,
            phase=_PHASES.get(guard.level, Phase.WARNED),
            since=switched.since if switched else self._watcher.since,
            why=WORDS[guard.level] or (switched.why if switched else ""),
            pid=os.getpid(),
            confined=False,
            usage=ComponentUsage(cpu_share=guard.share, lag_s=guard.lag_s),
            allowed=ComponentAllowance(cpu_share=CPU_SHARE_MAX, memory_bytes=0, lag_s=LAG_S_MAX),
        )

    def _show_failover(self) -> ComponentStatus:
        part, switched = self._failing_over, self._failing_over.switched
        return ComponentStatus(
            component=failing_over.COMPONENT,
            version=__version__,
            phase=Phase.ON if part.is_on else Phase.OFF,
            since=switched.since if switched else part.since,
            why=switched.why if switched else "",
            pid=os.getpid(),
            confined=False,
            usage=ComponentUsage(cpu_share=part.cpu_share),
            allowed=ComponentAllowance(
                cpu_share=failing_over.CPU_SHARE_MAX, memory_bytes=0, lag_s=failing_over.LOOK_S_MAX
            ),
        )
