"""Keeps the store of last good copies running as long as any service has static routes, and within its bounds.

`static: true` on a route switches it on; nothing else is needed. The engine outlives control, as edges do: who comes
next finds it by its folder, and has it take up what has changed. On a machine without one Holdfast goes on without
copies, and `standing` says so.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from subprocess import SubprocessError
from typing import Final, Protocol

from holdfast.adapters.assets.engine import Engine, NoEngine, find_engine
from holdfast.adapters.assets.figures import read_figures
from holdfast.adapters.assets.process import StoreProcess, adopt_store, bound_log, start_store, write_configuration
from holdfast.adapters.assets.settings import Headers, StoreSettings
from holdfast.compile import names
from holdfast.compile.assets import AUTHORITY_HEADER, PATH_HEADER
from holdfast.model.asset_store import StoreStanding
from holdfast.model.inner import FROM_ASSETS, INNER_HEADER, SERVICE_HEADER
from holdfast.model.intent import Intent
from holdfast.model.recovery import AssetStore

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 1.0
FIGURES_S: Final = 15.0
_HEADERS: Final = Headers(
    service=SERVICE_HEADER,
    host=AUTHORITY_HEADER,
    path=PATH_HEADER,
    inner=INNER_HEADER,
    inner_value=FROM_ASSETS,
)


class Deciding(Protocol):
    """What is needed of control."""

    @property
    def intent(self) -> Intent | None:
        """What the edges are compiled from, if anything is in force."""


class AssetKeeper:
    """The engine of one machine, in `folder`; the folders of the edges that it fetches through are in `edges`."""

    def __init__(self, control: Deciding, folder: Path, edges: Path) -> None:
        self._control = control
        self._folder = folder
        self._edges = edges
        self.standing = StoreStanding()
        self._told = ""
        self._tending = threading.Lock()
        self._closed = False
        self._settled: StoreSettings | None = None
        self._kept_for: tuple[Intent | None, tuple[str, ...]] = (None, ())

    async def run(self) -> None:
        """Until cancelled. The engine isn't stopped then."""
        loop, read_at = asyncio.get_running_loop(), float("-inf")
        while True:
            await self.look()
            if loop.time() - read_at >= FIGURES_S:
                read_at = loop.time()
                await self.read_figures()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """See to it that the engine runs as the platform says, or doesn't."""
        intent = self._control.intent
        if intent is None:
            return
        services = self._list_static(intent)
        problem = ""
        try:
            await asyncio.to_thread(self._tend_alone, intent, services)
        except (NoEngine, OSError, ValueError, SubprocessError) as error:
            problem = str(error)
        if problem and problem != self._told:
            LOG.error("last good copies: %s", problem)
        self._told = problem
        self.standing = replace(self.standing, services=services, problem=problem)

    async def read_figures(self) -> None:
        """Have the figures anew; none if there is no engine, or it doesn't answer."""
        figures = None
        if self.standing.services and not self.standing.problem:
            try:
                figures = await read_figures(self._folder)
            except ConnectionError as error:
                LOG.warning("%s", error)
        self.standing = replace(self.standing, figures=figures)

    def close(self) -> None:
        """From now on start no engine; one that runs goes on."""
        with self._tending:
            self._closed = True

    def _list_static(self, intent: Intent) -> tuple[str, ...]:
        """Worked out once for each platform."""
        before, services = self._kept_for
        if before is None or before.services is not intent.services:
            services = list_static(intent)
            self._kept_for = (intent, services)
        return services

    def _tend_alone(self, intent: Intent, services: tuple[str, ...]) -> None:
        with self._tending:
            if not self._closed:
                self._tend(intent, services)

    def _tend(self, intent: Intent, services: tuple[str, ...]) -> None:
        running = adopt_store(self._folder)
        if not services:
            if running is not None:
                running.stop()
            return
        edges = (edge.name for place in intent.platform.locations.values() for edge in place.edges)
        sockets = [self._edges / edge / names.INNER_SOCKET for edge in edges]
        settings = settle_store(self._folder, sockets, services, intent.platform.assets)
        bound_log(self._folder)
        if running is None or settings != self._settled:
            ensure_store(find_engine(), settings, running)
            self._settled = settings


def list_static(intent: Intent) -> tuple[str, ...]:
    """The services that have static routes, in order; costs a little for each service."""
    return tuple(sorted(n for n, owned in intent.services.items() if any(r.static for r in owned.service.routes)))


def settle_store(
    folder: Path, edge_sockets: Sequence[Path], services: Sequence[str], bounds: AssetStore
) -> StoreSettings:
    """What the engine in `folder` is to be told."""
    return StoreSettings(
        folder=folder,
        headers=_HEADERS,
        edge_sockets=tuple(edge_sockets),
        services=tuple(services),
        bytes_max=bounds.bytes_max,
        object_max=bounds.object_max,
        unused_max_s=bounds.unused_max,
    )


def ensure_store(engine: Engine, settings: StoreSettings, running: StoreProcess | None) -> StoreProcess:
    """The engine, started if need be, under these settings. OSError, ValueError or SubprocessError if it can't be."""
    if running is None:
        return start_store(engine, settings)
    if write_configuration(engine, settings):
        running.reload()
    return running


def stop_store(folder: Path) -> None:
    """End the engine in `folder`, if one runs. What it keeps stays."""
    running = adopt_store(folder)
    if running is not None:
        running.stop()
