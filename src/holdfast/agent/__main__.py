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

from holdfast.adapters.envoy.binary import NoEnvoy, find_envoy
from holdfast.adapters.envoy.process import EnvoyProcess, adopt_envoy, start_envoy
from holdfast.adapters.envoy.supervisor import supervise
from holdfast.adapters.last_good import LastGoodStore
from holdfast.adapters.xds.client import AdsClient
from holdfast.adapters.xds.relay import Relay
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.agent.priority import go_first
from holdfast.agent.settings import AgentSettings, agent_socket

_log = logging.getLogger("holdfast.agent")
RECONNECT_S = 0.2
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
            tasks.create_task(supervise(lambda: adopt_envoy(folder), lambda: _start(settings, folder)))
    finally:
        store.flush()
        store.close()
        await server.stop()


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
