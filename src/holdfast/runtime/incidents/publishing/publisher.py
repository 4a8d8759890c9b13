"""Writes the status site: when something changes, and every minute, so that its time tells whether anybody does.

What is measured is asked for in control's event loop, a few components at a time; pages are made and written in a
thread. Nothing waits for it, and if it fails, what was published stays as it was.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.adapters.status_site import SiteDirectory, SiteRenderer, load_memory, save_memory
from holdfast.incidents.status_document import Measured, make_status_document, remember
from holdfast.model.state import State
from holdfast.model.status_document import PUBLISH_S, PublicMemory, PublishingStanding, StatusDocument
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.publishing.measuring import Histories, Measurements, read_histories, read_standings
from holdfast.views.status_site import StatusSiteDocument, show_status_site

if TYPE_CHECKING:
    from holdfast.model.platform import Platform

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 2.0
"""Between two looks at how components stand; what people decide is seen at once."""
CPU_SHARE_MAX: Final = 0.5
"""After a publication that took long the next one is waited for."""
BEGIN_LOOK_S: Final = 0.1
BEGIN_LOOKS_MAX: Final = 300
"""So many looks the first publication waits for what was measured before; until then the former site stands."""


class StatusPublisher:
    """Runs it. All of it belongs to the event loop that `run` is awaited in.

    `directory` is where the site is written; `find_accounts` finds what was measured, if anything is, and `has_begun`
    says whether all that was measured before is known already.
    """

    def __init__(
        self,
        control: Control,
        directory: Path,
        find_accounts: Callable[[], Measurements | None],
        has_begun: Callable[[], bool] = lambda: True,
    ) -> None:
        self.standing = PublishingStanding()
        self.looks = 0
        """So often it looked whether there is something to publish."""
        self._control = control
        self._find_accounts, self._has_begun = find_accounts, has_begun
        self._renderer, self._directory = SiteRenderer(), SiteDirectory(directory.absolute())
        self._memory: PublicMemory | None = None
        self._published: StatusDocument | None = None
        self._histories = Histories()

    def show(self) -> StatusSiteDocument:
        """How publishing goes."""
        return show_status_site(self.standing, self._control.world.clock())

    async def run(self) -> None:
        """Publish until cancelled."""
        await self._wait_for_accounts()
        while True:
            state, platform = self._control.state, self._find_platform()
            began = time.monotonic()
            if platform is None or platform.status is None:
                self.standing = PublishingStanding()
            else:
                await self._publish(platform, state)
            self.looks += 1
            took_s = time.monotonic() - began
            await asyncio.sleep(took_s * (1 / CPU_SHARE_MAX - 1))
            await self._control.until(partial(self._is_other, state, platform), LOOK_S)

    async def _wait_for_accounts(self) -> None:
        for _ in range(BEGIN_LOOKS_MAX):
            if self._has_begun():
                return
            await asyncio.sleep(BEGIN_LOOK_S)

    def _find_platform(self) -> "Platform | None":
        intent = self._control.intent
        return intent.platform if intent is not None else None

    def _is_other(self, seen: State, platform: "Platform | None", now: State) -> bool:
        return (
            now.incidents is not seen.incidents
            or now.maintenances is not seen.maintenances
            or now.follow_ups is not seen.follow_ups
            or self._find_platform() is not platform
        )

    async def _publish(self, platform: "Platform", state: State) -> None:
        now, accounts = self._control.world.clock(), self._find_accounts()
        directory = str(self._directory.path)
        try:
            self._histories = await read_histories(accounts, platform, now, self._histories)
            measured = Measured(read_standings(accounts, platform), self._histories.found)
            published = await asyncio.to_thread(self._write, platform, state, measured, now)
        except Exception as error:
            if self.standing.error is None:
                LOG.warning("the status site can't be written: %s", error)
            self.standing = replace(self.standing, directory=directory, error=_tell(error))
            if not isinstance(error, OSError):
                raise
            return
        if published is not None:
            self.standing = replace(published, directory=directory)

    def _write(self, platform: "Platform", state: State, measured: Measured, now: float) -> PublishingStanding | None:
        """Publish what is new, or that nothing is; None if that was said less than a minute ago."""
        began = time.monotonic()
        if self._memory is None:
            self._memory = load_memory(self._directory.path)
        document = make_status_document(platform, state, measured, now, self._memory)
        if document is None or not self._is_due(document):
            return None
        files = self._renderer.render(document)
        changed = self._directory.publish(files)
        self._published = document
        memory = remember(document)
        if memory != self._memory:
            save_memory(self._directory.path, memory)
            self._memory = memory
        return PublishingStanding(None, now, len(files), changed, time.monotonic() - began)

    def _is_due(self, document: StatusDocument) -> bool:
        before = self._published
        if before is None or self.standing.error is not None or not 0 <= document.as_of - before.as_of < PUBLISH_S:
            return True
        return replace(before, as_of=document.as_of) != document


def _tell(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else f"a bug in Holdfast: {type(error).__name__}"


def build_site(platform: "Platform", directory: Path) -> int:
    """Write the site of a platform of which nothing is known yet; how many files. 0 if it declares none; or OSError."""
    document = make_status_document(platform, State(), Measured(), time.time(), PublicMemory())
    if document is None:
        return 0
    files = SiteRenderer().render(document)
    SiteDirectory(directory).publish(files)
    return len(files)
