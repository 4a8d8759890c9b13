"""Finds edges that are hung: their sockets take connections, and nobody answers.

An upstream that is slow isn't told from an edge that is hung by waiting for its answer, so Envoy itself is asked, by
its admin's socket. Without this, a message that is sent through such an edge waits until the longest answer that any
route allows would have come, and with it all that bears the same order.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Final

from holdfast.spooler.edge_client import Broken, EdgeClient, Unreachable

LOOK_S: Final = 0.25
SILENT_S: Final = 1.0
"""An edge is asked when nothing has been heard for so long of something that it was sent."""
PULSE_S_MAX: Final = 4.0
"""Envoy's main thread, which answers, may be busy with a large change for a while."""
ASK_S_MAX: Final = 86_400.0
_READY: Final = b"GET /ready HTTP/1.1\r\nhost: edge\r\n\r\n"


class EdgePulse:
    """Watches edges, as `find_edges` names them now, and marks those that are hung until they answer or end."""

    def __init__(self, find_edges: Callable[[], Iterable[EdgeClient]]) -> None:
        self._find_edges = find_edges
        self._asking: dict[EdgeClient, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                for edge in self._find_edges():
                    if edge not in self._asking and edge.silent_s > SILENT_S:
                        self._begin(edge)
                await asyncio.sleep(LOOK_S)
        finally:
            for asking in self._asking.values():
                asking.cancel()

    def _begin(self, edge: EdgeClient) -> None:
        self._asking[edge] = asyncio.create_task(self._ask(edge))
        self._asking[edge].add_done_callback(lambda _: self._asking.pop(edge))

    async def _ask(self, edge: EdgeClient) -> None:
        """One question, and as many tries as it takes: a connection more for each would fill up the socket's queue."""
        admin = EdgeClient(edge.admin_socket)
        answer = asyncio.create_task(admin.send(_READY, ASK_S_MAX))
        try:
            done, _ = await asyncio.wait({answer}, timeout=PULSE_S_MAX)
            if not done:
                edge.hang()
                await asyncio.wait({answer})
            with contextlib.suppress(Unreachable, Broken):
                answer.result()
        finally:
            answer.cancel()
            admin.close()
            edge.is_hung = False
