"""Asks services' declared probes of the edges themselves, as any client would."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import httpx

from holdfast.model.intent import Intent

PROBES_MAX: Final = 200
"""The most that are asked in one go; a wave with more is judged by some of them."""
AT_ONCE_MAX: Final = 20
ANSWER_S_MAX: Final = 5.0
_UNSPECIFIED: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One probe of a service, to be asked of one edge."""

    service: str
    edge: str
    address: str
    method: str
    host: str
    path: str
    headers: tuple[tuple[str, str], ...]
    expect: int

    def describe(self, status: int | None) -> str:
        """What the edge answered, in words."""
        told = "no answer" if status is None else f"{status}"
        return f"{self.method} {self.host}{self.path} at {self.edge}: {told}, expected {self.expect}"


def list_probes(intent: Intent, services: Iterable[str], locations: Iterable[str]) -> tuple[Asked, ...]:
    """The probes of these services, at one edge of each location; some of them, if they are too many."""
    edges = [intent.platform.locations[name].edges[0] for name in locations if name in intent.platform.locations]
    found = [
        Asked(
            service=name,
            edge=edge.name,
            address=_reach(edge.listen),
            method=probe.method,
            host=probe.host or owned.service.hosts[0].replace("*", "probe"),
            path=probe.path,
            headers=tuple(probe.headers.items()),
            expect=probe.expect,
        )
        for name in sorted(services)
        if (owned := intent.services.get(name)) is not None
        for probe in owned.service.probes
        for edge in edges
    ]
    return tuple(found[:PROBES_MAX])


async def ask_probes(probes: Iterable[Asked]) -> dict[Asked, int | None]:
    """The status of each answer; None where there was none."""
    turns = asyncio.Semaphore(AT_ONCE_MAX)
    async with httpx.AsyncClient(timeout=ANSWER_S_MAX, trust_env=False, follow_redirects=False) as client:

        async def ask(probe: Asked) -> tuple[Asked, int | None]:
            async with turns:
                headers = {**dict(probe.headers), "host": probe.host}
                try:
                    answer = await client.request(probe.method, f"http://{probe.address}{probe.path}", headers=headers)
                except (httpx.HTTPError, httpx.InvalidURL):
                    return probe, None
                return probe, answer.status_code

        return dict(await asyncio.gather(*(ask(probe) for probe in probes)))


def _reach(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    bare = host.strip("[]")
    reached = _UNSPECIFIED.get(bare, bare)
    return f"[{reached}]:{port}" if ":" in reached else f"{reached}:{port}"
