"""One real Envoy under what the compiler makes: served by our own xDS server, changed while it runs."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from edge.asking import Address, ask
from edge.upstream import free_port
from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.envoy.process import start_envoy
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.compile import EdgeBoot, compile_bootstrap, compile_mitigations, compile_snapshot, names
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Measure, Mitigation
from holdfast.model.platform import Platform
from holdfast.model.resource import SnapshotDelta

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from holdfast.adapters.xds.messages import Outcome
    from holdfast.adapters.xds.session import Session
    from holdfast.model.resource import Resource, Snapshot

    Adjust = Callable[[Snapshot], Snapshot]

T = TypeVar("T")
DEADLINE_S = 60.0
LOCATION = "here"
EDGE = "edge-1"


class LoopThread:
    """An event loop in a thread of its own, for all that must go on while a test asks."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="outside", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine's result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_S)

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """A function's result, called in the loop's thread."""

        async def work() -> T:
            return function(*args)

        return self.run(work())

    def close(self) -> None:
        """Stop the loop and wait for its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def until(holds: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Wait until something holds; AssertionError at the deadline."""
    end, never = time.monotonic() + deadline_s, threading.Event()
    while not holds():
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {what}"
        never.wait(0.005)


class RunningEdge:
    """An Envoy with one listener.

    `adjust` lays a hand on what is compiled; `platform` is what its platform says beside services.
    """

    def __init__(
        self, loop: LoopThread, *, connections_max: int = 1000, adjust: Adjust | None = None, **platform: Any
    ) -> None:
        self._loop = loop
        self._adjust = adjust or (lambda snapshot: snapshot)
        self._state = Path(tempfile.mkdtemp(prefix="hf-"))
        self._folder = self._state / "edges" / EDGE
        self._folder.mkdir(parents=True)
        self.address: Address = ("127.0.0.1", free_port())
        self.intent = self.intend({}, **platform)
        self._platform = platform
        self._group = ResourceGroup()
        self._session: Session | None = None
        self.nacks: list[str] = []
        self._group.replace(self._compile())
        self._server = loop.call(AdsServer, f"unix:{self._folder}/x.sock", lambda _node: self._subscriber())
        loop.run(self._server.start())
        boot = EdgeBoot(EDGE, LOCATION, f"{self._folder}/x.sock", f"{self._folder}/a.sock", connections_max)
        self.process = start_envoy(find_envoy(), compile_bootstrap(boot), self._folder, workers=1)
        try:
            until(self._is_ready, "Envoy is ready")
        except AssertionError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it, and leave nothing behind."""
        self.process.stop()
        self._loop.run(self._server.stop())
        shutil.rmtree(self._state)

    def intend(self, services: Mapping[str, Any], **platform: Any) -> Intent:
        """A platform with this edge and these services, each its own tenant's."""
        listen = "{}:{}".format(*self.address)
        capacity = platform.pop("capacity", {"in_flight": 1000, "requests": 100_000.0})
        text = {
            "holdfast": 1,
            "name": "test",
            "clients": {"trusted_proxies": []},
            "locations": {LOCATION: {"edges": [{"name": EDGE, "listen": listen}], "capacity": capacity}},
            "defaults": {"limits": {"requests": 10_000.0, "per_client": {"requests": 1000.0}}},
            "tenants": {f"{name}-tenant": {"services": {name: service}} for name, service in services.items()},
        }
        return Intent(Platform.model_validate(text | platform))

    def serve(self, services: Mapping[str, Any], **platform: Any) -> Intent:
        """Have these services in force, and no others."""
        return self.put(self.intend(services, **self._platform | platform))

    def put(self, intent: Intent) -> Intent:
        """Have this in force."""
        self.intent = intent
        self._loop.call(self._group.replace, self._compile())
        self._settle()
        return intent

    def mitigate(self, *measures: Measure) -> tuple[str, ...]:
        """Have these mitigations in force, and no others, as control would begin them: their ids."""
        mitigations = tuple(
            Mitigation(id=f"m-{n}", measure=measure, reason="test", author="me", started_at=n, expires_at=1e9)
            for n, measure in enumerate(measures, 1)
        )
        self.intent = self.intent.under(mitigations)
        self.publish(compile_mitigations(self.intent, LOCATION))
        return tuple(m.id for m in mitigations)

    def publish(self, resources: tuple[Resource, ...]) -> None:
        """Hand over changed resources alone."""
        self._loop.call(self._group.apply, SnapshotDelta(resources))
        self._settle()

    @property
    def inner_socket(self) -> Path:
        """Where it takes requests of Holdfast's own parts."""
        return self._folder / names.INNER_SOCKET

    def own_part(self, cluster: str) -> Path:
        """Where one of Holdfast's own parts listens for this edge."""
        socket = (self._folder / names.OWN_PARTS[cluster]).resolve()
        socket.parent.mkdir(exist_ok=True)
        return socket

    @property
    def admin_socket(self) -> Path:
        """Where Envoy answers questions about itself."""
        return self._folder / "a.sock"

    def stats(self, pattern: str) -> dict[str, int]:
        """Envoy's counters and gauges whose names match."""
        return self._loop.run(self._ask_admin(pattern))

    def count_in_flight(self, services: Iterable[str]) -> dict[str, int]:
        """Requests of these services that are with an endpoint or wait for one."""
        return self._loop.run(self._ask_in_flight(services))

    def count_healthy(self, service: str) -> int:
        """Endpoints of a service that are taken to be well."""
        return self._loop.run(self._ask_clusters(service)).count("::health_flags::healthy\n")

    def _compile(self) -> Snapshot:
        """What is this edge's, as control would hand it over."""
        snapshot = compile_snapshot(self.intent, LOCATION)
        theirs = {key: r for key, r in snapshot.items() if names.owner_of(key.name) in (None, EDGE)}
        return self._adjust(theirs)

    def _subscriber(self) -> Subscriber:
        return Subscriber(self._group, on_connect=self._connect, on_outcome=self._take_outcome)

    def _connect(self, session: Session) -> None:
        self._session = session

    def _take_outcome(self, _session: Session, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.nacks.append(f"{outcome.versions}: {outcome.error}")

    def _settle(self) -> None:
        """Until Envoy has answered for everything, and its worker has been round once since."""
        until(lambda: self._session and self._loop.call(self._session.pending) == 0, "Envoy took it all")
        nacks, self.nacks = self.nacks, []
        assert not nacks, nacks
        ask(self.address, "nobody.invalid")

    def _is_ready(self) -> bool:
        assert self.process.is_alive(), (self._folder / "envoy.log").read_text()
        return self._loop.run(self._ask_ready()) and self._session is not None

    async def _ask_ready(self) -> bool:
        async with EnvoyAdmin(self._folder / "a.sock") as admin:
            return await admin.is_ready()

    async def _ask_in_flight(self, services: Iterable[str]) -> dict[str, int]:
        async with EnvoyAdmin(self._folder / "a.sock") as admin:
            return await admin.count_in_flight(services)

    async def _ask_clusters(self, pattern: str) -> str:
        async with EnvoyAdmin(self._folder / "a.sock") as admin:
            return await admin.describe_clusters(pattern)

    async def _ask_admin(self, pattern: str) -> dict[str, int]:
        async with EnvoyAdmin(self._folder / "a.sock") as admin:
            return await admin.stats(pattern)
