"""Prometheus: burn-rate alerts on what HAProxy exports; nothing is done about them."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from holdfast.drills.peers.haproxy import start_haproxy
from holdfast.drills.peers.peer_process import PeerFailed, find_program, run_peer, write_config
from holdfast.drills.peers.places import Started, is_open
from holdfast.drills.stage.machine import find_free_ports

if TYPE_CHECKING:
    from contextlib import ExitStack
    from ipaddress import IPv4Network

    from holdfast.drills.peers.places import Places, Setting

ANSWER_S_MAX: Final = 5.0


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alerts that fire in Prometheus; their label names the backend, and so the tenant."""

    port: int

    def list_accused(self) -> set[str | None]:
        """Tenants for which somebody would have been paged."""
        told = ask_json(self.port, "/api/v1/alerts")
        return {alert["labels"].get("proxy") for alert in told["data"]["alerts"] if alert["state"] == "firing"}

    def list_blocked(self) -> list[IPv4Network]:
        """It does nothing by itself."""
        return []


def ask_json(port: int, path: str) -> Any:
    """What a server on this machine answers. Raises PeerFailed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S_MAX)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    except (OSError, ValueError) as error:
        raise PeerFailed(f"GET {path} from port {port}: {error!r}") from error
    finally:
        connection.close()


def start_prometheus(running: ExitStack, places: Places, setting: Setting) -> Started:
    """Start HAProxy, which limits nothing but places in flight, and Prometheus on its exporter. Raises PeerFailed."""
    edges = start_haproxy(running, places, setting, limited=False).edge_pids
    folder, (port,) = places.folder, find_free_ports(1)
    write_config(folder, "burn_rate.yml.j2")
    config = write_config(folder, "prometheus.yml.j2", folder=folder, metrics_port=places.metrics_port)
    command = [
        find_program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    watch = running.enter_context(run_peer(command, folder, setting.cores.rest, lambda: is_open(port)))
    return Started(edges, watch, Alerts(port))
