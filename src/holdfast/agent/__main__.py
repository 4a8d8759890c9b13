"""`python -m holdfast.agent FOLDER`: run one edge's agent until it is told to stop.

SIGTERM stops the agent and its Envoy. SIGKILL leaves Envoy serving; the next agent in the folder finds it.
"""

import asyncio
import fcntl
import logging
import signal
import sys
from contextlib import suppress
from pathlib import Path

import uvloop

from holdfast.adapters.access_log import AccessLog
from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.envoy.binary import NoEnvoy, find_envoy
from holdfast.adapters.envoy.process import EnvoyProcess, adopt_envoy, start_envoy
from holdfast.adapters.envoy.supervisor import supervise
from holdfast.adapters.last_good import LastGoodStore
from holdfast.adapters.telemetry.receiver import TelemetryReceiver
from holdfast.adapters.telemetry.samples import SampleReader
from holdfast.adapters.telemetry.uplink import TelemetryUplink
from holdfast.adapters.xds.client import AdsClient
from holdfast.adapters.xds.relay import Relay
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.agent.backlog import Backlog
from holdfast.agent.priority import go_first
from holdfast.agent.settings import AgentSettings, access_log, admin_socket, agent_socket, telemetry_socket
from holdfast.agent.telemetry import EdgeTelemetry
from holdfast.compile import names
from holdfast.compile.accept import GRAPHQL_DOCUMENT
from holdfast.compile.sampling import ROUTE_TAG
from holdfast.model.inner import CAUSE_HEADER

_log = logging.getLogger("holdfast.agent")
RECONNECT_S = 0.2
TELEMETRY_AGAIN_S = 5.0
ASK_S = 1.0
"""How long Envoy may take to ask for what it asks for by name."""


async def run_agent(folder: Path) -> None:
    """Serve and supervise one Envoy until cancelled."""
    settings = AgentSettings.load(folder)
    store = LastGoodStore(folder / "last_good.db")
    relay = Relay(store.load(), store.note)
    socket = agent_socket(folder)
    socket.unlink(missing_ok=True)
    server = AdsServer(f"unix:{socket}", lambda node: _admit(node, settings, relay))
    await server.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(store.run())
            tasks.create_task(_follow_control(settings, relay))
            tasks.create_task(_answer_overdue(relay))
            tasks.create_task(_keep_telemetry(settings, folder))
            tasks.create_task(supervise(lambda: adopt_envoy(folder), lambda: _start(settings, folder)))
    finally:
        store.flush()
        store.close()
        await server.stop()


async def _keep_telemetry(settings: AgentSettings, folder: Path) -> None:
    """Have telemetry, and begin it anew when it fails: whatever that is, configuration must go on."""
    backlog = Backlog()
    while True:
        try:
            await _tend_telemetry(settings, folder, backlog)
        except Exception:  # noqa: BLE001 - whatever it is, it ends telemetry alone
            _log.exception("telemetry has failed; it begins anew in %.0f s", TELEMETRY_AGAIN_S)
        await asyncio.sleep(TELEMETRY_AGAIN_S)


async def _tend_telemetry(settings: AgentSettings, folder: Path, backlog: Backlog) -> None:
    """Report what this edge counts, samples and logs. Nothing of it is on the way of a request or of configuration."""
    async with EnvoyAdmin(admin_socket(folder)) as admin:
        log = AccessLog(access_log(folder), settings.edge, admin.reopen_logs)
        uplink = TelemetryUplink(f"unix:{settings.hub_socket}", settings.edge, log.find, backlog)
        reader = SampleReader(
            settings.edge,
            CAUSE_HEADER,
            names.MITIGATION_HEADER,
            GRAPHQL_DOCUMENT,
            ROUTE_TAG,
        )
        telemetry = EdgeTelemetry(
            settings.edge, lambda: adopt_envoy(folder), admin, uplink.tell, reader, backlog=backlog
        )
        socket = telemetry_socket(folder)
        socket.unlink(missing_ok=True)
        receiver = TelemetryReceiver(str(socket), telemetry.take_export, telemetry.take_entries)
        await receiver.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(log.run())
                if settings.hub_socket:
                    tasks.create_task(uplink.run())
                tasks.create_task(telemetry.run())
        finally:
            await receiver.stop()


def _start(settings: AgentSettings, folder: Path) -> EnvoyProcess:
    return start_envoy(find_envoy(), settings.bootstrap, folder, workers=settings.workers, cpus=settings.cpus)


async def _follow_control(settings: AgentSettings, relay: Relay) -> None:
    """Take what control says for as long as it is there, and look for it again when it isn't."""
    client = AdsClient(f"unix:{settings.control_socket}", settings.edge)
    while True:
        try:
            await client.follow(relay.versions, lambda response: relay.take(response, client.answer))
        except ConnectionError as error:
            _log.debug("control isn't there (%s); serving what was last taken", error)
        relay.forget_waiting()
        await asyncio.sleep(RECONNECT_S)


def _admit(node: str, settings: AgentSettings, relay: Relay) -> Subscriber | None:
    subscriber = relay.admit() if node == settings.edge else None
    if subscriber is None:
        _log.info("%s is turned away: nothing is known here yet", node)
    return subscriber


async def _answer_overdue(relay: Relay) -> None:
    while True:
        await asyncio.sleep(ASK_S)
        relay.answer_overdue()


async def _main(folder: Path) -> None:
    task = asyncio.ensure_future(run_agent(folder))
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    if process := adopt_envoy(folder):
        process.stop()


def main() -> int:
    """Run the agent of the folder named on the command line."""
    folder = Path(sys.argv[1]).resolve()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every question that Envoy is asked
    with (folder / "agent.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.error("another agent already runs in %s", folder)
            return 1
        go_first()
        try:
            uvloop.run(_main(folder))
        except NoEnvoy as error:
            _log.error("%s", error)
            return 8
    return 0


if __name__ == "__main__":
    sys.exit(main())
