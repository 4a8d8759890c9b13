"""An edge's machine: a real agent process and its Envoy in a folder that outlives both, and the control they follow."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edge.asking import ask
from edge.running import EDGE, LOCATION, LoopThread, until
from edge.upstream import free_port
from holdfast.adapters.envoy.process import EnvoyProcess, adopt_envoy
from holdfast.adapters.xds.fleet import FleetServer
from holdfast.agent.settings import AgentSettings, admin_socket, agent_socket, telemetry_socket
from holdfast.compile import EdgeBoot, compile_bootstrap, owner_of

if TYPE_CHECKING:
    from edge.asking import Address
    from holdfast.adapters.xds.messages import Outcome
    from holdfast.model.edge import EdgeStatus
    from holdfast.model.resource import Snapshot, SnapshotDelta


class _RecordingFleet(FleetServer):
    def __init__(self, socket: str, outcomes: list[Outcome]) -> None:
        super().__init__(socket, owner_of)
        self._outcomes = outcomes

    def _take_outcome(self, node: str, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        super()._take_outcome(node, outcome)


class Control:
    """Control's side. Started anew it knows nothing but the snapshot it is given."""

    def __init__(self, loop: LoopThread, socket: Path, snapshot: Snapshot) -> None:
        self._loop = loop
        self.outcomes: list[Outcome] = []
        socket.unlink(missing_ok=True)
        self._fleet = loop.call(_RecordingFleet, str(socket), self.outcomes)
        loop.call(self._fleet.expect, {EDGE: LOCATION})
        loop.call(self._fleet.replace, LOCATION, snapshot)
        loop.run(self._fleet.start())

    def publish(self, delta: SnapshotDelta) -> None:
        """Hand a change to the edge."""
        self._loop.call(self._fleet.publish, LOCATION, delta)

    def status(self) -> EdgeStatus:
        """The edge as control sees it."""
        return self._loop.call(self._fleet.statuses)[0]

    def wait_until_programmed(self) -> None:
        """Until the edge is connected and has acknowledged everything."""
        until(lambda: self.status().programmed, "the edge is programmed")

    def sent(self) -> list[str]:
        """The names of all resources that the edge was sent and has answered for."""
        return [name for outcome in self.outcomes for name, _ in outcome.versions]

    def stop(self) -> None:
        """Be gone."""
        self._loop.run(self._fleet.stop())


class Machine:
    """Agent and Envoy. Each can be killed and started alone."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hf-"))
        self.control_socket = self.folder / "control.sock"
        self.hub_socket = self.folder / "hub.sock"
        self.address: Address = ("127.0.0.1", free_port())
        self._agent: subprocess.Popen[bytes] | None = None
        boot = EdgeBoot(
            EDGE,
            LOCATION,
            str(agent_socket(self.folder)),
            str(admin_socket(self.folder)),
            1000,
            telemetry_socket=str(telemetry_socket(self.folder)),
        )
        AgentSettings(
            edge=EDGE,
            control_socket=str(self.control_socket),
            hub_socket=str(self.hub_socket),
            bootstrap=compile_bootstrap(boot),
        ).save(self.folder)

    def start_agent(self) -> None:
        """Start an agent, whatever is there already."""
        with (self.folder / "agent.log").open("ab") as log:
            command = [sys.executable, "-m", "holdfast.agent", str(self.folder)]
            self._agent = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def signal_agent(self, sign: signal.Signals) -> None:
        """Send the agent a signal; it goes on if that lets it."""
        if self._agent:
            self._agent.send_signal(sign)

    def end_agent(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """End the agent, by default without a chance to do anything."""
        if self._agent:
            self._agent.send_signal(sign)
            self._agent.wait(20)
            self._agent = None

    @property
    def envoy(self) -> EnvoyProcess | None:
        """The Envoy that runs here, if any does."""
        return adopt_envoy(self.folder)

    def kill_envoy(self) -> None:
        """End Envoy without a chance to do anything."""
        if process := self.envoy:
            process.stop(grace_s=0)

    def forget(self, damage: bytes) -> None:
        """Put this in place of what the agent remembers."""
        memory = self.folder / "last_good.db"
        memory.write_bytes(damage)
        for suffix in ("wal", "shm"):
            memory.with_name(f"last_good.db-{suffix}").unlink()

    def wait_until_serving(self, host: str, status: int = 200) -> None:
        """Until requests for a host are answered so."""
        until(lambda: self._status(host) == status, f"{host} is answered {status}: {self.log}")

    @property
    def log(self) -> str:
        """What the agent has written."""
        return (self.folder / "agent.log").read_text()

    def clear(self) -> None:
        """End everything, and leave nothing behind."""
        self.end_agent()
        self.kill_envoy()
        shutil.rmtree(self.folder)

    def _status(self, host: str) -> int:
        try:
            return ask(self.address, host).status
        except OSError:
            return 0
