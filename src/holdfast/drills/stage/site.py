"""A Holdfast at work for a drill: on free ports, from a platform file made for them, with an upstream behind it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from holdfast.drills.instruments import start_upstream
from holdfast.drills.stage.control_api import ControlApi
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import find_free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from holdfast.drills.instruments import Upstream, UpstreamOptions
    from holdfast.drills.stage.history import Teller
    from holdfast.drills.stage.machine import Cores


@dataclass(frozen=True, slots=True)
class Site:
    """A running Holdfast, its edges' ports, and where it expects the upstream."""

    holdfast: HoldfastProcess
    edge_ports: list[int]
    upstream_port: int

    @property
    def edge_pids(self) -> list[int]:
        """Process ids of its Envoys."""
        return [envoy.pid for envoy in self.holdfast.envoys.values()]


@dataclass(frozen=True, slots=True)
class Scene:
    """Whatever protects a location, as a drill needs it: where it listens, the upstream behind it, whom to ask what it
    sees, and its processes. `edge_pids` carry the requests, `watch_pids` look on.
    """

    port: int
    upstream: Upstream
    teller: Teller
    edge_pids: list[int]
    watch_pids: list[int]


@dataclass(frozen=True, slots=True)
class Stage:
    """A site with one edge, the upstream behind it, and somebody who may ask control."""

    site: Site
    upstream: Upstream
    api: ControlApi

    @property
    def port(self) -> int:
        """Where the edge listens."""
        return self.site.edge_ports[0]

    @property
    def scene(self) -> Scene:
        """The same, without saying that it is Holdfast."""
        watch_pids = [self.site.holdfast.control_pid, *self.site.holdfast.agent_pids]
        return Scene(self.port, self.upstream, self.api, self.site.edge_pids, watch_pids)


@contextmanager
def start_site(
    folder: Path,
    cores: Cores,
    edges: int,
    write_platform: Callable[[Sequence[int], int], str],
    arguments: Sequence[str] = (),
) -> Iterator[Site]:
    """Start Holdfast, and end it afterwards with all its edges. `write_platform` makes the platform file's text from
    the edges' ports and the upstream's; `arguments` go to `holdfast up`. Raises HoldfastFailed.
    """
    upstream_port, *edge_ports = find_free_ports(1 + edges)
    with HoldfastProcess(folder, write_platform(edge_ports, upstream_port), cores, arguments) as holdfast:
        yield Site(holdfast, edge_ports, upstream_port)


@contextmanager
def start_stage(
    folder: Path,
    cores: Cores,
    write_platform: Callable[[Sequence[int], int], str],
    options: UpstreamOptions,
    arguments: Sequence[str] = (),
) -> Iterator[Stage]:
    """Start a site with one edge, and an upstream behind it. Raises HoldfastFailed, InstrumentError, BuildError."""
    with start_site(folder, cores, 1, write_platform, arguments) as site:
        at_its_port = replace(options, port=site.upstream_port)
        with start_upstream(at_its_port, cores.beside) as upstream, ControlApi(site.holdfast.places) as api:
            yield Stage(site, upstream, api)
