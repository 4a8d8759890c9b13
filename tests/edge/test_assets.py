"""Last good copies at a real edge with a real store: what is kept, what is answered when nobody is left, and how."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from http.client import IncompleteRead
from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import Reply, ask
from edge.origin import Asset, Origin
from edge.running import LoopThread, RunningEdge, until
from edge.upstream import free_port
from holdfast.adapters.assets.engine import find_engine
from holdfast.adapters.assets.figures import read_figures
from holdfast.adapters.assets.process import StoreProcess, adopt_store, start_store, write_configuration
from holdfast.compile.names import ASSETS_CLUSTER
from holdfast.model.recovery import AssetStore
from holdfast.runtime.recovery.assets import settle_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holdfast.adapters.assets.settings import StoreSettings
    from holdfast.model.asset_store import StoreFigures

HOST = "shop.example"
SMALL = hashlib.sha256(b"small").digest()
LARGE = hashlib.sha256(b"large").digest() * 32_768
BROWSER = "accept-encoding: gzip, deflate, br, zstd"


class Shop:
    """A service with assets, its edge and its store."""

    def __init__(self, loop: LoopThread, **bounds: Any) -> None:
        self.edge = RunningEdge(loop)
        self.origin = Origin()
        self.settings = self._settle(**bounds)
        self.store = start_store(find_engine(), self.settings)
        until(self.is_ready, "the store answers")
        self.serve()

    def _settle(self, **bounds: Any) -> StoreSettings:
        folder = self.edge.own_part(ASSETS_CLUSTER).parent
        return settle_store(folder, (self.edge.inner_socket,), ("shop",), AssetStore(**bounds))

    def serve(self, bulkhead: dict[str, Any] | None = None, **more: Any) -> None:
        """Have it in force, with one route."""
        stated = {"name": "assets", "static": True, **more}
        upstream = {"endpoints": [self.origin.address]}
        limits = {"requests": 10_000.0, "per_client": {"requests": 10_000.0}}
        shop = {"hosts": [HOST, "*.shop.example"], "upstream": upstream, "routes": [stated], "limits": limits}
        shop["bulkhead"] = bulkhead or {}
        self.edge.serve({"shop": shop})

    def ask(self, target: str, *headers: str, host: str = HOST, method: str = "GET") -> Reply:
        """One request of a client."""
        return ask(self.edge.address, host, *headers, target=target, method=method)

    def is_ready(self) -> bool:
        """Whether the store answers."""
        try:
            self.figures()
        except ConnectionError:
            return False
        return True

    def figures(self) -> StoreFigures:
        """The store's."""
        return asyncio.run(read_figures(self.settings.folder))

    def see(self, target: str, *headers: str, host: str = HOST, judged: int = 1) -> None:
        """Ask, and wait until the store has judged what it fetched."""
        before = count_judged(self.figures())
        with suppress(IncompleteRead):
            self.ask(target, *headers, host=host)
        until(lambda: count_judged(self.figures()) >= before + judged, f"{target} is judged")

    def keep(self, path: str, asset: Asset, *headers: str) -> None:
        """Have an asset that was asked for, and is in the store."""
        self.origin.assets[path] = asset
        objects = self.figures().objects
        self.see(path, *headers)
        until(lambda: self.figures().objects > objects, f"{path} is kept")

    def stop(self) -> None:
        """End all of it."""
        self.store.stop()
        self.edge.stop()
        self.origin.die()


def count_judged(figures: StoreFigures) -> int:
    return figures.kept + figures.validated + figures.withdrawn + figures.refused + figures.throttled


@pytest.fixture
def shop(loop: LoopThread) -> Iterator[Shop]:
    started = Shop(loop)
    yield started
    started.stop()


def test_with_every_replica_gone_what_was_seen_is_answered_and_marked(shop: Shop) -> None:
    shop.keep("/small.css", Asset(SMALL, headers={"Cache-Control": "max-age=60", "Content-Type": "text/css"}))
    shop.keep("/large.js", Asset(LARGE, headers={"Cache-Control": "max-age=0"}))
    assert shop.ask("/small.css").header("cache-status") is None
    shop.origin.die()
    for path, body in (("/small.css", SMALL), ("/large.js", LARGE)):
        reply = shop.ask(path)
        assert (reply.status, reply.body) == (200, body)
        assert int(reply.header("age") or "-1") >= 0
        assert (reply.header("cache-status") or "").startswith("holdfast; hit; ttl=")
        assert (reply.header("cache-status") or "").endswith("; detail=LAST-GOOD-COPY")
        assert (reply.header("x-holdfast-copy") or "").endswith("Z")
    assert shop.ask("/small.css").header("content-type") == "text/css"
    assert shop.ask("/never-seen.css").status == 503
    assert shop.figures().served == 3


def test_a_copy_answers_heads_ranges_and_conditions(shop: Shop) -> None:
    shop.keep("/large.js", Asset(LARGE))
    shop.origin.die()
    head = shop.ask("/large.js", method="HEAD")
    assert (head.status, head.body, head.header("content-length")) == (200, b"", str(len(LARGE)))
    part = shop.ask("/large.js", "range: bytes=100-199")
    assert (part.status, part.body) == (206, LARGE[100:200])
    assert part.header("content-range") == f"bytes 100-199/{len(LARGE)}"
    assert shop.ask("/large.js", f"if-none-match: {Asset(LARGE).tag}").status == 304


NOT_FOR_OTHERS = {
    "private": Asset(headers={"Cache-Control": "private"}),
    "no-store": Asset(headers={"Cache-Control": "no-store, max-age=60"}),
    "no-cache": Asset(headers={"Cache-Control": 'no-cache="x", max-age=60'}),
    "cookie": Asset(headers={"Set-Cookie": "session=1"}),
    "vary-all": Asset(headers={"Vary": "*"}),
    "vary-cookie": Asset(headers={"Vary": "Accept-Encoding, Cookie"}),
    "not-found": Asset(status=404),
    "moved": Asset(status=301, headers={"Location": "/"}),
    "partial": Asset(status=206, headers={"Content-Range": "bytes 0-4/10"}),
    "failed": Asset(status=500),
    "must-revalidate": Asset(headers={"Cache-Control": "max-age=0, must-revalidate"}),
    "too-large": Asset(b"x" * 2_000_000),
    "endless": Asset(b"x" * 2_000_000, chunked=True),
    "cut-off": Asset(cut=True),
}


def test_what_may_not_be_given_to_others_never_is(loop: LoopThread) -> None:
    shop = Shop(loop, object_max=1_048_576)
    try:
        for name, asset in NOT_FOR_OTHERS.items():
            shop.origin.assets[f"/{name}"] = asset
            shop.see(f"/{name}")
        shop.keep("/kept", Asset())
        shop.origin.die()
        assert {name: shop.ask(f"/{name}").status for name in NOT_FOR_OTHERS} == dict.fromkeys(NOT_FOR_OTHERS, 503)
        assert shop.ask("/kept").status == 200
    finally:
        shop.stop()


def test_what_is_fetched_to_be_kept_bears_nobodys_secrets(shop: Shop) -> None:
    shop.origin.assets["/a.css"] = Asset()
    shop.see("/a.css", "cookie: session=secret", "authorization: Bearer secret", "x-forwarded-for: 10.0.0.9", BROWSER)
    asked, fetched = shop.origin.seen("/a.css")
    assert "secret" in asked["cookie"]
    assert "secret" in asked["authorization"]
    assert "secret" not in str(fetched)
    assert fetched["accept-encoding"] == "gzip, br"
    assert fetched["user-agent"] == "holdfast-assets"
    shop.origin.die()
    assert shop.ask("/a.css", "cookie: session=other", BROWSER).status == 200


def test_copies_are_told_apart_by_what_their_answer_varies_on(shop: Shop) -> None:
    shop.origin.assets["/v.css"] = Asset(by_encoding=True, headers={"Vary": "Accept-Encoding"})
    shop.see("/v.css", BROWSER)
    shop.see("/v.css", "accept-encoding: gzip")
    until(lambda: shop.figures().objects == 2, "both are kept")
    shop.origin.die()
    assert shop.ask("/v.css", "accept-encoding: br;q=1.0, gzip;q=0.5").body == b"gzip, br"
    assert shop.ask("/v.css", "accept-encoding: gzip, br;q=0").body == b"gzip"
    assert shop.ask("/v.css", "accept-encoding: identity").status == 503


def test_one_hosts_copies_are_never_anothers(shop: Shop) -> None:
    shop.origin.assets["/a.css"] = Asset(b"of one host")
    shop.see("/a.css", host="a.shop.example")
    shop.origin.die()
    assert shop.ask("/a.css", host="a.shop.example").body == b"of one host"
    assert shop.ask("/a.css", host="b.shop.example").status == 503
    assert shop.ask("/a.css?x=1", host="a.shop.example").status == 503


def test_a_rewritten_route_keeps_what_clients_ask_for(shop: Shop) -> None:
    shop.serve(
        match={"path": {"prefix": "/assets/"}},
        rewrite={"prefix": "/files/", "host": "files.internal"},
        request_headers={"set": {"X-Key": "k"}},
        response_headers={"set": {"X-Shown": "yes"}},
    )
    shop.origin.assets["/files/a.css"] = Asset(SMALL)
    shop.see("/assets/a.css")
    assert [headers["x-key"] for headers in shop.origin.seen("/files/a.css")] == ["k", "k"]
    shop.origin.die()
    reply = shop.ask("/assets/a.css")
    assert (reply.status, reply.body, reply.header("x-shown")) == (200, SMALL, "yes")


def test_a_withdrawn_asset_is_forgotten_and_a_lost_one_is_not(shop: Shop) -> None:
    looked = {"Cache-Control": "max-age=0"}
    for path in ("/gone.css", "/lost.css"):
        shop.keep(path, Asset(SMALL, headers=looked))
    shop.origin.assets["/gone.css"] = Asset(status=410)
    shop.origin.assets["/lost.css"] = Asset(status=404)

    def is_looked_at_again() -> bool:
        shop.ask("/gone.css")
        shop.ask("/lost.css")
        return shop.figures().withdrawn > 0 and shop.figures().refused > 0

    until(is_looked_at_again, "the store looked again")
    shop.origin.die()
    assert shop.ask("/gone.css").status == 503
    assert shop.ask("/lost.css").body == SMALL


def test_copies_outlive_the_engine_and_it_outlives_control(shop: Shop) -> None:
    shop.keep("/a.css", Asset(SMALL))
    shop.origin.die()
    assert adopt_store(shop.settings.folder) == shop.store
    shop.store.stop()
    assert adopt_store(shop.settings.folder) is None
    assert shop.ask("/a.css").status == 503
    shop.store = start_store(find_engine(), shop.settings)
    assert isinstance(adopt_store(shop.settings.folder), StoreProcess)
    until(lambda: shop.ask("/a.css").status == 200, "the copy is served by the next engine")
    assert shop.ask("/a.css").body == SMALL


def test_a_service_that_becomes_static_is_taken_up_without_a_restart(shop: Shop) -> None:
    write_configuration(find_engine(), replace(shop.settings, services=("other",)))
    shop.store.reload()
    write_configuration(find_engine(), shop.settings)
    shop.store.reload()
    shop.origin.assets["/a.css"] = Asset(SMALL)

    def is_kept() -> bool:
        return shop.ask("/a.css").status == 200 and shop.figures().objects == 1

    until(is_kept, "the store keeps it")
    shop.origin.die()
    until(lambda: shop.ask("/a.css").body == SMALL, "the copy is served")


def test_what_the_walls_refuse_is_refused_and_a_failing_service_is_stood_in_for(shop: Shop) -> None:
    shop.serve(bulkhead={"in_flight": {"guaranteed": 0, "maximum": 1}, "pending": 1, "connections": 1})
    shop.keep("/a.css", Asset(SMALL))
    held = threading.Event()
    shop.origin.assets["/held.css"] = Asset(answered=held)
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(shop.ask, "/held.css") for _ in range(4)]
        until(lambda: any(each.done() and each.result().cause == "bulkhead" for each in waiting), "the wall is full")
        assert shop.ask("/a.css").cause == "bulkhead"
        held.set()
    shop.origin.assets["/a.css"] = Asset(status=500)
    until(lambda: shop.ask("/a.css").body == SMALL, "the copy stands in for a failure")


def test_an_asset_that_fails_takes_nothing_else_with_it(shop: Shop) -> None:
    shop.origin.assets.update({"/bad.css": Asset(status=500), "/good.css": Asset(SMALL)})
    assert {shop.ask("/bad.css").status for _ in range(10)} <= {500, 503}
    reply = shop.ask("/good.css")
    assert (reply.status, reply.header("cache-status")) == (200, None)


def test_as_long_as_one_replica_is_left_no_copy_is_given_out(shop: Shop) -> None:
    shop.keep("/a.css", Asset(SMALL))
    shop.origin.assets["/healthz"] = Asset()
    gone = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    check = {"path": "/healthz", "interval": 0.1, "timeout": 1.0, "unhealthy_after": 1}
    upstream = {"endpoints": [shop.origin.address, *gone], "health_check": check}
    shop.edge.serve({"shop": {"hosts": [HOST], "upstream": upstream, "routes": [{"name": "assets", "static": True}]}})
    until(lambda: shop.edge.count_healthy("shop") == 1, "the others are found dead")
    assert {shop.ask("/a.css").header("cache-status") for _ in range(50)} == {None}


def test_without_a_store_nothing_else_changes(shop: Shop) -> None:
    shop.origin.assets["/a.css"] = Asset(SMALL)
    shop.store.stop()
    assert [shop.ask("/a.css").status for _ in range(20)] == [200] * 20
    shop.origin.die()
    assert shop.ask("/a.css").cause in {"upstream.unreachable", "upstream.unhealthy"}


def test_made_up_addresses_throw_out_nothing_that_is_used(loop: LoopThread) -> None:
    shop = Shop(loop, bytes_max=4_000_000)
    try:
        shop.keep("/used.css", Asset(SMALL))
        shop.keep("/used.css?v=1", Asset(SMALL))
        shop.origin.assets["/flood.js"] = Asset(b"x" * 50_000)
        for number in range(200):
            shop.ask(f"/flood.js?x={number}")
        until(lambda: shop.figures().throttled > 0, "the flood is held to its bound")
        figures = shop.figures()
        assert figures.bytes < 2_000_000
        shop.origin.die()
        assert shop.ask("/used.css").body == SMALL
        assert shop.ask("/used.css?v=1").body == SMALL
    finally:
        shop.stop()
