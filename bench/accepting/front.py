"""`python -m bench.accepting.front PEER PORT PEER_PORT`: the spool's HTTP front before a peer.

The front and the acceptance are the spooler's own; what differs is who keeps what is accepted.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

from bench.accepting.nats import NatsPublisher
from bench.accepting.publisher import PublishingKeeper
from bench.accepting.rabbitmq import RabbitPublisher
from holdfast.model.recovery import Deferral
from holdfast.spooler.front.acceptance import Acceptance
from holdfast.spooler.front.http import Front
from holdfast.spooler.settings import SpooledService, SpoolSettings

SERVICE, ROUTE = "s", "r"
SETTINGS = SpoolSettings(services={SERVICE: SpooledService(tenant="t", routes={ROUTE: Deferral()})}, disk_free_min=1)


async def serve(peer: str, port: int, peer_port: int) -> None:
    publisher = await (NatsPublisher if peer == "nats" else RabbitPublisher).connect(peer_port)
    front = Front(Acceptance(SETTINGS, PublishingKeeper(publisher)))
    server = await asyncio.get_running_loop().create_server(front.connect, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
