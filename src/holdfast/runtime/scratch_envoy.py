"""An Envoy of its own for one snapshot, in a folder of its own, that no client and no edge knows of."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.envoy.process import EnvoyProcess, adopt_envoy, start_envoy
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.messages import Outcome
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.adapters.xds.session import Session
from holdfast.agent.settings import admin_socket, agent_socket
from holdfast.compile import EdgeBoot, compile_bootstrap, find_rehearsed_edge
from holdfast.model.edge import Nack
from holdfast.model.resource import ResourceKey, ResourceType, Snapshot

BOOT_S_MAX = 60.0
_POLL_S = 0.02
_LOG_TAIL_CHARS = 2000
_CONNECTIONS_MAX = 100


@asynccontextmanager
async def boot_scratch_envoy(
    snapshot: Snapshot, folder: Path, binary: Callable[[], Path], *, upstreams_unreachable: bool
) -> AsyncIterator[tuple[Nack, ...]]:
    """Boot an Envoy from nothing with a snapshot, and hold it until the block ends; gives what it refuses of it.

    `folder` is made anew, and what an earlier one left running there is stopped.
    """
    await asyncio.to_thread(_make_folder, folder)
    trial = _Trial(snapshot, folder.name)
    server = AdsServer(f"unix:{agent_socket(folder)}", lambda _node: trial.subscriber)
    await server.start()
    boot = EdgeBoot(
        find_rehearsed_edge(snapshot),
        folder.name,
        str(agent_socket(folder)),
        str(admin_socket(folder)),
        connections_max=_CONNECTIONS_MAX,
        upstreams_unreachable=upstreams_unreachable,
    )
    try:
        envoy = await asyncio.to_thread(start_envoy, binary(), compile_bootstrap(boot), folder, workers=1)
        try:
            await _wait_until_up(envoy, trial, folder)
            yield tuple(trial.nacks)
        finally:
            await asyncio.to_thread(envoy.stop)
    finally:
        await server.stop()


class _Trial:
    """What one Envoy said of one snapshot."""

    def __init__(self, snapshot: Snapshot, name: str) -> None:
        self._group = ResourceGroup()
        self._group.replace(snapshot)
        self._name = name
        self._session: Session | None = None
        self.nacks: list[Nack] = []

    @property
    def subscriber(self) -> Subscriber:
        return Subscriber(self._group, on_connect=self._connect, on_outcome=self._take_outcome)

    @property
    def answered(self) -> bool:
        return self._session is not None and not self._session.pending()

    def fail(self, message: str) -> None:
        self.nacks.append(Nack(self._name, ResourceType.LISTENER, message))

    def _connect(self, session: Session) -> None:
        self._session = session

    def _take_outcome(self, _session: Session, outcome: Outcome) -> None:
        if outcome.final and outcome.error is not None:
            keys = tuple(ResourceKey(outcome.type, name) for name, _ in outcome.versions)
            self.nacks.append(Nack(self._name, outcome.type, outcome.error, keys))


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


def _make_folder(folder: Path) -> None:
    if leftover := adopt_envoy(folder):
        leftover.stop()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-_LOG_TAIL_CHARS:] if log.exists() else "(no log)"
