"""A scratch Envoy that boots a revision from nothing, reaching no upstream and reached by no client.

Booting anew for every revision proves two things at once: that Envoy takes every resource, and that an edge
which restarts tomorrow would come up with it.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from holdfast.compile import rehearse_snapshot
from holdfast.model.edge import Proof
from holdfast.model.resource import Snapshot
from holdfast.runtime.scratch_envoy import boot_scratch_envoy


class EnvoyCanary:
    """Proves snapshots one after another, each in an Envoy of its own."""

    def __init__(self, folder: Path, binary: Callable[[], Path]) -> None:
        self._folder = folder
        self._binary = binary
        self._turn = asyncio.Lock()

    async def prove(self, snapshot: Snapshot) -> Proof:
        """Whether an Envoy boots with this snapshot and refuses nothing of it."""
        async with self._turn:
            rehearsed = rehearse_snapshot(snapshot, str(self._folder / "listen.sock"))
            booting = boot_scratch_envoy(rehearsed, self._folder, self._binary, upstreams_unreachable=True)
            async with booting as nacks:
                return Proof(nacks)
