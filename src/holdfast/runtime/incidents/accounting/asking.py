"""Asks services with few requests their declared probes, at the edges, as any client would: edges count the answers.

So it is known how a service with few users does, and nothing has to be combined with what is counted. Only probes that
change nothing (GET, HEAD) are asked, and only services that declare any.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

import httpx

from holdfast.incidents.downtime.sparse import Place, SparseRounds, Traffic
from holdfast.model.intent import Intent
from holdfast.runtime.incidents.accounting.doors import list_doors
from holdfast.runtime.probing import Asked, list_probes

LOOK_S: Final = 0.25
ANSWER_S: Final = 20.0
"""Longer than an edge waits for an upstream by default: what it answers then is what users get."""
ASKED_MAX: Final = 200
"""Questions that wait for an answer; more aren't asked."""
SAFE: Final = frozenset({"GET", "HEAD"})


class SparseAsker:
    """`read_traffic` tells how much traffic each service that `find_probed` finds has in each region."""

    def __init__(
        self, read_intent: Callable[[], Intent | None], read_traffic: Callable[[], Mapping[Place, Traffic]]
    ) -> None:
        self._read_intent = read_intent
        self._read_traffic = read_traffic
        self._intent: Intent | None = None
        self._probes: dict[Place, list[Asked]] = {}
        self._turn = 0
        self._rounds = SparseRounds()
        self._waiting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Ask until cancelled."""
        async with httpx.AsyncClient(timeout=ANSWER_S, trust_env=False, follow_redirects=False) as client:
            try:
                while True:
                    await asyncio.sleep(LOOK_S)
                    for probe in self.choose(time.monotonic())[: ASKED_MAX - len(self._waiting)]:
                        task = asyncio.create_task(_ask(client, probe))
                        self._waiting.add(task)
                        task.add_done_callback(self._waiting.discard)
            finally:
                for task in self._waiting:
                    task.cancel()

    def choose(self, now: float) -> list[Asked]:
        """What is to be asked now (a steady clock, in seconds): a place's probes and edges take turns."""
        self._prepare()
        traffic = {place: known for place, known in self._read_traffic().items() if place in self._probes}
        found = []
        for place in self._rounds.choose(traffic, now):
            own = self._probes[place]
            self._turn += 1
            found.append(own[self._turn % len(own)])
        return found

    def _prepare(self) -> None:
        intent = self._read_intent()
        if intent is not None and (self._intent is None or self._intent.platform is not intent.platform):
            self._intent, self._probes = intent, list_safe_probes(intent)


def find_probed(intent: Intent) -> frozenset[str]:
    """The services that have probes that change nothing."""
    each = intent.services.items()
    return frozenset(name for name, owned in each if any(probe.method in SAFE for probe in owned.service.probes))


def list_safe_probes(intent: Intent) -> dict[Place, list[Asked]]:
    """What may be asked of each service in each region, at each of its edges."""
    locations, found = intent.platform.locations, dict[Place, list[Asked]]()
    doors = list_doors((edge.name, edge.listen) for place in locations.values() for edge in place.edges)
    probed = find_probed(intent)
    for region, described in intent.platform.each_region().items():
        edges = [edge.name for name in described.locations if name in locations for edge in locations[name].edges]
        for service in probed:
            own = [each for each in list_probes(intent, [service], described.locations[:1]) if each.method in SAFE]
            found[Place(service, region)] = [
                replace(probe, edge=edge, address=doors[edge]) for edge in edges for probe in own
            ]
    return {place: own for place, own in found.items() if own}


async def _ask(client: httpx.AsyncClient, probe: Asked) -> None:
    """Ask, and let the edge count what comes of it."""
    headers = {**dict(probe.headers), "host": probe.host}
    with suppress(httpx.HTTPError, httpx.InvalidURL):
        async with client.stream(probe.method, f"http://{probe.address}{probe.path}", headers=headers):
            pass
