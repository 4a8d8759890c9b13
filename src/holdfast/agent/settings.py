"""What an agent is told, in a file of its own folder, so that it can start again without control."""

import os
from pathlib import Path
from typing import Any

from holdfast.compile.access_logs import ACCESS_LOG
from holdfast.compile.names import INNER_SOCKET
from holdfast.model.inner import ADMIN_SOCKET
from holdfast.model.noun import Noun

SOCKET_PATH_BYTES_MAX = 107
"""The kernel's limit for the path of a UNIX socket (unix(7))."""


class AgentSettings(Noun):
    """One edge's agent. Paths are absolute."""

    edge: str
    control_socket: str
    bootstrap: dict[str, Any]
    hub_socket: str = ""
    """Where control takes telemetry; without one nobody is told any."""
    workers: int = 1
    cpus: frozenset[int] = frozenset()

    def save(self, folder: Path) -> None:
        """Write to the agent's folder, in one step."""
        draft = folder / "agent.json.new"
        draft.write_text(self.model_dump_json(indent=1))
        draft.replace(folder / "agent.json")

    @staticmethod
    def load(folder: Path) -> "AgentSettings":
        """Read from the agent's folder; OSError or ValueError if that can't be done."""
        return AgentSettings.model_validate_json((folder / "agent.json").read_text())


def agent_socket(folder: Path) -> Path:
    """Where an agent serves its Envoy."""
    return _socket(folder / "xds.sock")


def telemetry_socket(folder: Path) -> Path:
    """Where an agent takes what its Envoy pushes, and control what agents report."""
    return _socket(folder / "tele.sock")


def access_log(folder: Path) -> Path:
    """What Envoy writes requests to: its working directory is its agent's folder."""
    return folder / ACCESS_LOG


def admin_socket(folder: Path) -> Path:
    """Where Envoy answers its agent's questions."""
    return _socket(folder / ADMIN_SOCKET)


def inner_socket(folder: Path) -> Path:
    """Where an edge takes requests of Holdfast's own parts."""
    return _socket(folder / INNER_SOCKET)


def _socket(path: Path) -> Path:
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES_MAX:
        raise ValueError(f"{path} is too long for a socket: choose a state directory with a shorter path")
    return path
