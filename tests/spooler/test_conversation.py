"""What control and a spooler's process say to each other, over the private socket."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.inner_edge import InnerEdge
from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import Deferral, SpoolBounds
from holdfast.runtime.recovery.spooler_link import SpoolerGone, SpoolerLink
from holdfast.spooler.private_socket import bind_private
from holdfast.spooler.process import Spooler
from holdfast.spooler.protocol import Configure, Drop, Inspect, ListDead, Redeliver
from holdfast.spooler.settings import SpooledService, SpoolSettings, accept_socket, control_socket, store_file
from spooler.test_switches import accept

SERVICES = {"mail": SpooledService(tenant="shop", routes={"send": Deferral(order_by="x-customer")})}
Check = Callable[[SqlSpool, SpoolerLink, InnerEdge, Path], Awaitable[None]]


@asynccontextmanager
async def run_spooler(folder: Path) -> AsyncIterator[SqlSpool]:
    store = SqlSpool(store_file(folder), SpoolBounds(), 0)
    with bind_private(accept_socket(folder)) as listening:
        running = asyncio.create_task(Spooler(folder, SpoolSettings(), store, listening).run())
        try:
            yield store
        finally:
            running.cancel()
            await asyncio.wait([running])
            await store.close()


def converse(check: Check) -> None:
    async def main(folder: Path) -> None:
        edge = InnerEdge(folder / "inner.sock")
        await edge.start()
        link = SpoolerLink(control_socket(folder))
        async with run_spooler(folder) as store:
            await connect(link)
            await link.say(Configure(settings=SpoolSettings(services=SERVICES, edges={"e": str(edge.path)})))
            await check(store, link, edge, folder)
            await link.close()
        await edge.stop()

    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        asyncio.run(asyncio.wait_for(main(Path(folder)), 60))


async def connect(link: SpoolerLink) -> None:
    while not await link.connect():
        await asyncio.wait([asyncio.ensure_future(link.heard.wait())], timeout=0.01)


async def until_told(link: SpoolerLink, **facts: object) -> None:
    """Wait until the spooler says so of the only service there is."""
    while True:
        services = link.standing.services if link.standing else ()
        if services and all(getattr(services[0], name) == value for name, value in facts.items()):
            return
        link.heard.clear()
        await link.heard.wait()


def test_it_tells_how_it_stands_and_keeps_what_it_is_told() -> None:
    async def check(store: SqlSpool, link: SpoolerLink, edge: InnerEdge, folder: Path) -> None:
        edge.answer = lambda _: (503, {})
        await accept(store, 1)
        await until_told(link, waiting=1, failing=True, tenant="shop")
        assert SpoolSettings.load(folder).services == SERVICES
        assert control_socket(folder).stat().st_mode & 0o777 == 0o600

    converse(check)


def test_dead_letters_are_listed_seen_delivered_again_and_dropped_with_a_record_of_who_and_why() -> None:
    async def check(store: SqlSpool, link: SpoolerLink, edge: InnerEdge, folder: Path) -> None:
        edge.answer = lambda _: (422, {})
        message_id = await accept(store, 1)
        await until_told(link, dead=1)
        letters = (await link.ask(ListDead(tenant="shop"))).letters
        assert letters is not None
        assert [(letter.id, letter.why) for letter in letters.dead] == [(message_id, "HTTP 422")]
        assert (await link.ask(ListDead(tenant="other"))).letters is not None
        seen = (await link.ask(Inspect(id=message_id))).message
        assert seen is not None
        assert (seen.standing, seen.tenant, seen.body, seen.body_bytes) == ("dead", "shop", "aGk=", 2)
        assert (await link.ask(Redeliver(id=message_id, by="ann", why="mended"))).missing is None
        await edge.until(lambda: len(edge.sent) == 2)
        await until_told(link, dead=1, waiting=0)
        assert (await link.ask(Drop(id=message_id, by="bob", why="too late"))).missing is None
        gone = (await link.ask(Inspect(id=message_id))).message
        assert gone is not None
        assert (gone.standing, gone.by, gone.why, gone.body) == ("dropped", "bob", "too late", None)
        assert (await link.ask(Drop(id=message_id, by="bob", why="again"))).missing is not None
        audit = (folder / "audit.jsonl").read_text()
        assert [word in audit for word in ("ann", "mended", "bob", "too late")] == [True] * 4

    converse(check)


def test_what_isnt_understood_is_hung_up_on_and_the_spooler_goes_on() -> None:
    async def check(store: SqlSpool, link: SpoolerLink, edge: InnerEdge, folder: Path) -> None:
        for line in (b"nonsense\n", b'{"kind": "drop"}\n', b'{"kind": "ask", "ask": 1, "question": {}}\n'):
            reader, writer = await asyncio.open_unix_connection(control_socket(folder))
            writer.write(line)
            while await reader.readline():
                pass
            writer.close()
        await connect(link)
        assert (await link.ask(ListDead())).letters is not None

    converse(check)


def test_a_control_that_goes_away_while_it_is_told_something_ends_nothing() -> None:
    async def check(store: SqlSpool, link: SpoolerLink, edge: InnerEdge, folder: Path) -> None:
        for number in range(30):
            _, writer = await asyncio.open_unix_connection(control_socket(folder))
            await accept(store, number)
            writer.transport.abort()
        await connect(link)
        assert (await link.ask(ListDead())).letters is not None

    converse(check)


def test_who_asks_a_spooler_that_is_gone_is_told_so() -> None:
    with pytest.raises(SpoolerGone, match="doesn't run"):
        asyncio.run(SpoolerLink(Path("nowhere.sock")).ask(ListDead()))
