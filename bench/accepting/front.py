"""`python -m bench.accepting.front SIDE FOLDER PORT PEER_PORT`: the spool's HTTP front before a store.

All sides have the same front and the same acceptance; they differ in who keeps what is accepted.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from bench.accepting.nats import NatsPublisher
from bench.accepting.publisher import PublishingStore
from bench.accepting.rabbitmq import RabbitPublisher
from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import Deferral
from holdfast.spooler.acceptance import Acceptance
from holdfast.spooler.front import Front
from holdfast.spooler.settings import SpooledService, SpoolSettings
from holdfast.spooler.switch import AlwaysOpen

if TYPE_CHECKING:
    from holdfast.model.recovery import SpoolBounds

SERVICE, ROUTE = "s", "r"


async def open_store(side: str, folder: Path, peer_port: int, bounds: SpoolBounds) -> Any:
    """What keeps the messages of a side."""
    if side == "holdfast":
        return SqlSpool(folder / "spool.db", bounds, 1)
    if side == "nats":
        return PublishingStore(await NatsPublisher.connect(peer_port))
    return PublishingStore(await RabbitPublisher.connect(peer_port))


async def serve(side: str, folder: Path, port: int, peer_port: int) -> None:
    settings = SpoolSettings(services={SERVICE: SpooledService(tenant="t", routes={ROUTE: Deferral()})})
    store = await open_store(side, folder, peer_port, settings.bounds)
    acceptance = Acceptance(settings, store, AlwaysOpen())
    front = Front(acceptance, settings.receiving_max, settings.connections_max)
    server = await asyncio.get_running_loop().create_server(front.connect, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
