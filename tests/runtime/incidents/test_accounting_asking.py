"""Services with few requests are asked by Holdfast itself."""

import asyncio
from contextlib import suppress

import pytest

from fakes.control import until
from holdfast.incidents.downtime.sparse import Place, Traffic
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.runtime.incidents.accounting.asking import SparseAsker, find_probed, list_safe_probes

QUIET = Traffic(0.0, is_troubled=True)


def make_intent(port: int, **probes: list[dict[str, object]]) -> Intent:
    edges = [{"name": name, "listen": f"127.0.0.1:{port}"} for name in ("e1", "e2")]
    services = {
        name: {"hosts": [f"{name}.example"], "upstream": {"endpoints": ["127.0.0.1:9"]}, "probes": own}
        for name, own in probes.items()
    }
    platform = {
        "holdfast": 1,
        "name": "p",
        "locations": {"us": {"edges": edges, "capacity": {"in_flight": 9, "requests": 99.0}}},
        "tenants": {"t": {"services": services}},
    }
    return Intent(Platform.model_validate(platform))


def test_only_what_changes_nothing_is_asked_and_edges_take_turns() -> None:
    intent = make_intent(
        1,
        shop=[{"path": "/well"}, {"path": "/order", "method": "POST"}],
        pay=[{"path": "/", "method": "POST"}],
        wiki=[],
    )
    assert find_probed(intent) == {"shop"}
    probes = list_safe_probes(intent)
    assert {place: [(p.edge, p.path) for p in own] for place, own in probes.items()} == {
        Place("shop", "us"): [("e1", "/well"), ("e2", "/well")]
    }
    asker = SparseAsker(lambda: intent, lambda: dict.fromkeys(probes, QUIET))
    asked = [probe.edge for tick in range(40) for probe in asker.choose(tick * 0.25)]
    assert set(asked) == {"e1", "e2"}
    assert abs(asked.count("e1") - asked.count("e2")) <= 1


def test_nothing_is_asked_before_there_is_a_platform_or_of_who_is_busy() -> None:
    assert SparseAsker(lambda: None, lambda: {Place("shop", "us"): QUIET}).choose(1.0) == []
    intent = make_intent(1, shop=[{"path": "/"}])
    busy = SparseAsker(lambda: intent, lambda: {Place("shop", "us"): Traffic(9.0, is_troubled=True)})
    assert [busy.choose(tick * 0.25) for tick in range(20)] == [[]] * 20


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", b"nonsense\r\n\r\n", b""])
def test_edges_are_asked_whatever_they_answer(answer: bytes) -> None:
    async def play() -> None:
        heads: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(asyncio.IncompleteReadError):
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        intent = make_intent(server.sockets[0].getsockname()[1], shop=[{"path": "/well?x=1", "headers": {"x-a": "b"}}])
        asker = SparseAsker(lambda: intent, lambda: {Place("shop", "us"): QUIET})
        running = asyncio.create_task(asker.run())
        try:
            await until(lambda: len(heads) >= 3)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            server.close()
        assert heads[0].startswith(b"GET /well?x=1 HTTP/1.1\r\n")
        assert b"host: shop.example\r\n" in heads[0].lower()
        assert b"x-a: b\r\n" in heads[0]

    asyncio.run(play())
