"""A scratch Envoy that boots a revision from nothing, reaching no upstream and reached by no client.

Booting anew for every revision proves two things at once: that Envoy takes every resource, and that an edge
which restarts tomorrow would come up with it.
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.envoy.process import EnvoyProcess, adopt_envoy, start_envoy
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.adapters.xds.session import Outcome, Session
from holdfast.agent.settings import admin_socket, agent_socket
from holdfast.compile import EdgeBoot, compile_bootstrap, find_rehearsed_edge, rehearse_snapshot
from holdfast.model.edge import Nack, Proof
from holdfast.model.resource import ResourceKey, ResourceType, Snapshot

NAME = "canary"
BOOT_S_MAX = 60.0
_POLL_S = 0.02
_LOG_TAIL_CHARS = 2000


class EnvoyCanary:
    """Proves snapshots one after another, each in an Envoy of its own."""

    def __init__(self, folder: Path, binary: Callable[[], Path]) -> None:
        self._folder = folder
        self._binary = binary
        self._turn = asyncio.Lock()

    async def prove(self, snapshot: Snapshot) -> Proof:
        """Whether an Envoy boots with this snapshot and refuses nothing of it."""
        async with self._turn:
            return await self._prove(snapshot)

    async def _prove(self, snapshot: Snapshot) -> Proof:
        folder = _make_folder(self._folder)
        trial = _Trial(rehearse_snapshot(snapshot, str(folder / "listen.sock")))
        server = AdsServer(f"unix:{agent_socket(folder)}", lambda _node: trial.subscriber)
        await server.start()
        edge, sockets = find_rehearsed_edge(snapshot), (str(agent_socket(folder)), str(admin_socket(folder)))
        boot = EdgeBoot(edge, NAME, *sockets, connections_max=100, upstreams_unreachable=True)
        try:
            envoy = await asyncio.to_thread(start_envoy, self._binary(), compile_bootstrap(boot), folder, workers=1)
            try:
                await _wait_until_up(envoy, trial, folder)
            finally:
                await asyncio.to_thread(envoy.stop)
        finally:
            await server.stop()
        return Proof(tuple(trial.nacks))


class _Trial:
    """What one Envoy said of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._group = ResourceGroup()
        self._group.replace(snapshot)
        self._session: Session | None = None
        self.nacks: list[Nack] = []

    @property
    def subscriber(self) -> Subscriber:
        return Subscriber(self._group, on_connect=self._connect, on_outcome=self._take_outcome)

    @property
    def answered(self) -> bool:
        return self._session is not None and not self._session.pending()

    def fail(self, message: str) -> None:
        self.nacks.append(Nack(NAME, ResourceType.LISTENER, message))

    def _connect(self, session: Session) -> None:
        self._session = session

    def _take_outcome(self, _session: Session, outcome: Outcome) -> None:
        if outcome.final and outcome.error is not None:
            keys = tuple(ResourceKey(outcome.type, name) for name, _ in outcome.versions)
            self.nacks.append(Nack(NAME, outcome.type, outcome.error, keys))


async def _wait_until_up(envoy: EnvoyProcess, trial: _Trial, folder: Path) -> None:
    try:
        async with asyncio.timeout(BOOT_S_MAX), EnvoyAdmin(admin_socket(folder)) as admin:
            while not (await admin.is_ready() and trial.answered):
                if not envoy.is_alive():
                    trial.fail("Envoy ended while it booted with this: " + _tail(folder / "envoy.log"))
                    return
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        trial.fail(f"Envoy did not come up with this within {BOOT_S_MAX:g} s: " + _tail(folder / "envoy.log"))


def _make_folder(folder: Path) -> Path:
    if leftover := adopt_envoy(folder):
        leftover.stop()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-_LOG_TAIL_CHARS:] if log.exists() else "(no log)"
