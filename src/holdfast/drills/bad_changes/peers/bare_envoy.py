"""Envoy without what Holdfast does around it: the whole change by delta xDS, to everybody at once.

What is pushed is Holdfast's own compiled snapshot. There is no `check`, no canary and no halving: a response that Envoy
refuses stays refused as a whole, as it is with a management server that sends what it has.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from holdfast import compile as compiler
from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.envoy.process import EnvoyProcess, start_envoy
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.agent.settings import admin_socket, agent_socket
from holdfast.drills.bad_changes.peers.peer import NotExpressible
from holdfast.drills.peers.peer_process import PeerFailed
from holdfast.model.intent import Intent
from holdfast.model.resource import ResourceKey, ResourceType, Snapshot, SnapshotDelta
from holdfast.model.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

    from holdfast.adapters.xds.messages import Outcome
    from holdfast.adapters.xds.session import Session
    from holdfast.model.platform import Platform

_READY_S_MAX: Final = 20.0
_PUSH_S_MAX: Final = 6.0
"""A cluster that waits for health checks is waited for no longer: the old one serves meanwhile."""
_NOT_LIVE: Final = "it didn't become live"
_POLL_S: Final = 0.02
_SAID_CHARS: Final = 400
_QUIET_POLLS: Final = 5


class BareEnvoy:
    """One Envoy and a management server that sends it whatever it has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._binary = find_envoy()
        self._group = ResourceGroup()
        self._sent: Snapshot = {}
        self._taken: Snapshot = {}
        self._session: Session | None = None
        self._said: list[str] = []
        self._envoy: EnvoyProcess | None = None
        self._server = AdsServer(f"unix:{agent_socket(folder)}", lambda _node: self._subscriber)

    async def start(self, platform: Platform) -> None:
        """Come up with a platform. Raises PeerFailed or NotExpressible."""
        self._sent = compile_bare(platform)
        await self._server.start()
        if said := await self._boot():
            raise PeerFailed(said)
        self._taken = self._group.snapshot()

    async def push(self, platform: Platform, marred: Platform | int | None) -> str | None:
        """Send another snapshot at once; what Envoy refused of it. Raises NotExpressible."""
        if marred is not None:
            raise NotExpressible("what is sent by xDS is no text")
        snapshot = compile_bare(platform)
        if snapshot == self._sent:
            raise NotExpressible("nothing of its configuration would be another")
        self._sent, self._said = snapshot, []
        self._group.replace(snapshot)
        await self._settle(_PUSH_S_MAX)
        self._taken = self._group.snapshot()
        return _shorten(self._said[0]) if self._said else None

    async def restart(self) -> str | None:
        """Start it anew; it is sent all of the last snapshot, the refused included."""
        await self._end()
        return await self._boot()

    async def stop(self) -> None:
        """End it and its server."""
        await self._end()
        await self._server.stop()

    @property
    def _subscriber(self) -> Subscriber:
        return Subscriber(self._group, on_connect=self._connect, on_outcome=self._take_outcome)

    def _connect(self, session: Session) -> None:
        self._session = session

    def _take_outcome(self, _session: Session, outcome: Outcome) -> None:
        """Holdfast's server would halve a refused response. Taken back, its resources aren't sent again."""
        if outcome.error is None:
            return
        self._said.append(outcome.error)
        keys = [ResourceKey(outcome.type, name) for name, _ in outcome.versions]
        had = tuple(self._taken[key] for key in keys if key in self._taken)
        self._group.apply(SnapshotDelta(had, tuple(key for key in keys if key not in self._taken)))

    async def _boot(self) -> str | None:
        self._said, self._session, self._taken = [], None, {}
        self._group.replace(self._sent)
        boot = compiler.EdgeBoot(
            compiler.find_rehearsed_edge(self._sent),
            self._folder.name,
            str(agent_socket(self._folder)),
            str(admin_socket(self._folder)),
            connections_max=1000,
        )
        bootstrap = compiler.compile_bootstrap(boot)
        self._envoy = await asyncio.to_thread(start_envoy, self._binary, bootstrap, self._folder, workers=1)
        if not await self._settle(_READY_S_MAX):
            self._said.append(_NOT_LIVE)
        return _shorten(self._said[0]) if self._said else None

    async def _settle(self, s_max: float) -> bool:
        """Wait until it has answered for all it was sent and is live; whether it got there."""
        quiet = 0
        try:
            async with asyncio.timeout(s_max), EnvoyAdmin(admin_socket(self._folder)) as admin:
                while quiet < _QUIET_POLLS and self._envoy is not None and self._envoy.is_alive():
                    await asyncio.sleep(_POLL_S)
                    answered = self._session is not None and not self._session.pending()
                    quiet = quiet + 1 if answered and await admin.is_ready() else 0
        except TimeoutError:
            return False
        return quiet >= _QUIET_POLLS

    async def _end(self) -> None:
        if self._envoy is not None:
            await asyncio.to_thread(self._envoy.stop)
            self._envoy = None


def _shorten(said: str) -> str:
    """In one line. Of a refusal that holds the whole resource, the end says why."""
    line = " ".join(said.split())
    return line if len(line) <= _SAID_CHARS else f"… {line[-_SAID_CHARS:]}"


def compile_bare(platform: Platform) -> Snapshot:
    """A platform as Envoy would be sent it, whatever `check` says of it. Raises NotExpressible."""
    whole, missing = _fill_missing(platform)
    try:
        snapshot = compiler.compile_snapshot(Intent(whole), next(iter(whole.locations)))
    except Exception as failure:  # what check refuses may break the compiler anywhere
        raise NotExpressible(f"it can't be compiled: {type(failure).__name__}: {failure}"[:_SAID_CHARS]) from failure
    gone = {ResourceType.CLUSTER, ResourceType.ENDPOINTS}
    return {key: each for key, each in snapshot.items() if not (key.type in gone and key.name in missing)}


def _fill_missing(platform: Platform) -> tuple[Platform, frozenset[str]]:
    """The platform with upstreams that routes name and nobody states, and the clusters that Envoy isn't to be sent."""
    missing: set[str] = set()
    tenants = dict(platform.tenants)
    for tenant_name, tenant in platform.tenants.items():
        for name, service in tenant.services.items():
            named = {route.upstream for route in service.routes if route.upstream is not None}
            absent = named - set(service.upstreams)
            missing |= {f"{name}~{each}" for each in absent}
            filled = service.model_copy(update={"upstreams": {**service.upstreams, **dict.fromkeys(absent, _NOWHERE)}})
            held = tenants[tenant_name]
            tenants[tenant_name] = held.model_copy(update={"services": {**held.services, name: filled}})
    return platform.model_copy(update={"tenants": tenants}), frozenset(missing)


_NOWHERE: Final = Upstream(endpoints=("127.0.0.1:1",))
