"""A spooler's delivery at work on a real store, through an edge that answers as it is told."""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.inner_edge import InnerEdge
from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import Deferral, SpoolBounds
from holdfast.model.spool import Accepted, Draft, Receipt, Standing
from holdfast.spooler.delivery import Delivery
from holdfast.spooler.settings import SpooledService, SpoolSettings
from holdfast.spooler.switches import OpenServices, Switches

ROUTES = {"send": Deferral(order_by="x-customer", also_on=(404,)), "slow": Deferral(priority=9)}
DEADLINE_S = 60.0


@dataclass
class AtWork:
    store: SqlSpool
    edge: InnerEdge
    delivery: Delivery
    switches: Switches
    folder: Path

    async def accept(self, path: str, **other: Any) -> str:
        """Have a message kept; its id."""
        now = time.time()
        given = {
            "service": "mail", "tenant": "shop", "route": "send", "order_key": None, "idempotency_key": None,
            "priority": 5, "method": "POST", "host": "mail.example", "headers": (("x-own", "1"),), "body": b"hi",
            "accepted_at": now, "expires_at": now + 3_600,
        }  # fmt: skip
        accepted = await self.store.accept(Draft(path=path, **(given | other)))
        assert isinstance(accepted, Accepted)
        return accepted.id

    async def settled(self, message_id: str) -> Receipt:
        """What became of a message, once that is so."""
        async with asyncio.timeout(DEADLINE_S):
            receipt = await self.store.wait_until_settled(message_id)
        assert receipt is not None
        return receipt

    async def until_receipt(self, message_id: str, holds: Callable[[Receipt], bool]) -> Receipt:
        """The receipt, once something holds of it."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                receipt = await self.store.receipt(message_id)
                if receipt is not None and holds(receipt):
                    return receipt

    async def standing(self, message_id: str) -> Standing | None:
        receipt = await self.store.receipt(message_id)
        return receipt.standing if receipt else None


def deliver(
    check: Callable[[AtWork], Awaitable[None]], *, before: Callable[[AtWork], Awaitable[None]] | None = None
) -> None:
    """Run a check beside a delivery; `before` it begins, what is to be there already can be kept."""

    async def main(folder: Path) -> None:
        edge = InnerEdge(folder / "inner.sock")
        await edge.start()
        store = SqlSpool(folder / "spool.db", SpoolBounds(), 0)
        switches = Switches(store, OpenServices(folder / "open.json"))
        delivery = Delivery(store, switches, random.Random(1))
        delivery.configure(
            SpoolSettings(services={"mail": SpooledService(tenant="shop", routes=ROUTES)}, edges={"e": str(edge.path)})
        )
        work = AtWork(store, edge, delivery, switches, folder)
        if before:
            await before(work)
        running = asyncio.create_task(delivery.run())
        try:
            await check(work)
        finally:
            running.cancel()
            await asyncio.wait([running])
            await store.close()
            await edge.stop()

    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        asyncio.run(main(Path(folder)))
