"""The status site at a running control: written when something is said, and every minute, and never in the way."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes.control import Bench, put_in_force, until
from fakes.loop import in_loop
from fakes.status_site import NOW, FakeAccounts
from holdfast.engine.incident_command import NoteIncident, OpenIncident, PublishPost
from holdfast.model.downtime import Standing
from holdfast.model.incident import Impact, Phase
from holdfast.model.status_document import PUBLISH_S
from holdfast.runtime.incidents.publishing import publisher as publishing
from holdfast.runtime.incidents.publishing.publisher import StatusPublisher, build_site
from holdfast.spec import check_text

PLATFORM = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  east: {edges: [{name: e1, listen: "127.0.0.1:18080"}], capacity: {in_flight: 100, requests: 1000/s}}
defaults: {limits: {requests: 50/s, per_client: {requests: 5/s}}}
tenants:
  acme: {services: {shop: {hosts: [shop.example], upstream: {endpoints: ["127.0.0.1:9000"]}}}}
"""
SITE = PLATFORM + "status: {title: Acme, components: {store: {title: Store, services: [shop]}}}\n"
OPEN = OpenIncident("ann", "internal", "The store is slow", Impact.MAJOR, components=("store",))


@pytest.fixture
def bench() -> Bench:
    return Bench(check=check_text, now=NOW)


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "LOOK_S", 0.02)


class Stand:
    """A publisher at work over a running control."""

    def __init__(self, bench: Bench, directory: Path) -> None:
        self.bench, self.directory = bench, directory
        self.accounts = FakeAccounts()
        self.publisher = StatusPublisher(bench.control, directory, lambda: self.accounts)

    def read(self, name: str = "summary") -> dict[str, Any]:
        answer: dict[str, Any] = json.loads((self.directory / "current" / "api/v2" / f"{name}.json").read_text())
        return answer

    @property
    def count(self) -> int:
        """Of publications so far."""
        numbers = [int(each.name) for each in (self.directory / "releases").glob("*") if each.name.isdigit()]
        return max(numbers, default=0)

    @property
    def written_at(self) -> float | None:
        return self.publisher.standing.published_at


@asynccontextmanager
async def run_publisher(bench: Bench, directory: Path, text: str = SITE) -> AsyncIterator[Stand]:
    async with bench.run() as operations:
        await put_in_force(operations, text)
        stand = Stand(bench, directory)
        running = asyncio.create_task(stand.publisher.run())
        try:
            yield stand
        finally:
            running.cancel()
            await asyncio.wait([running])


@in_loop
async def test_a_published_word_is_on_the_site_and_others_are_not(bench: Bench, tmp_path: Path) -> None:
    async with run_publisher(bench, tmp_path) as stand:
        await until(lambda: stand.written_at == NOW)
        await bench.control.submit(OPEN)
        await bench.control.submit(NoteIncident("ann", "i-1", "a secret note"))
        assert stand.read("incidents")["incidents"] == []
        await bench.control.submit(PublishPost("ann", "i-1", phase=Phase.IDENTIFIED, text="We know why."))
        await until(lambda: stand.read("incidents")["incidents"])
        (incident,) = stand.read("incidents/unresolved")["incidents"]
        assert (incident["name"], incident["status"]) == ("The store is slow", "identified")
        assert stand.read()["components"][0]["status"] == "partial_outage"
        everything = b"".join(path.read_bytes() for path in (tmp_path / "current").rglob("*") if path.is_file())
        assert b"secret" not in everything
        assert b"internal" not in everything


@in_loop
async def test_it_is_written_every_minute_changed_or_not_and_no_more(bench: Bench, tmp_path: Path) -> None:
    async with run_publisher(bench, tmp_path) as stand:
        await until(lambda: stand.written_at == NOW)
        asked = list(stand.accounts.asked)
        bench.now += PUBLISH_S / 2
        await bench.control.submit(OPEN)
        await bench.control.submit(NoteIncident("ann", "i-1", "nothing public"))
        await until(lambda: stand.publisher.looks > 3)
        assert (stand.count, stand.accounts.asked) == (1, asked)
        bench.now += PUBLISH_S / 2
        await until(lambda: stand.written_at == bench.now)
        assert stand.count == 2
        assert stand.publisher.standing.changed < stand.publisher.standing.files


@in_loop
async def test_what_is_measured_is_looked_at_between(bench: Bench, tmp_path: Path) -> None:
    async with run_publisher(bench, tmp_path) as stand:
        await until(lambda: stand.written_at == NOW)
        stand.accounts.standings["store", "east"] = Standing.DOWN
        await until(lambda: stand.read()["status"]["indicator"] == "critical")


@in_loop
async def test_what_cannot_be_written_is_shown_and_tried_again(bench: Bench, tmp_path: Path) -> None:
    blocked = tmp_path / "site"
    blocked.write_text("a file where the directory is to be")
    async with run_publisher(bench, blocked) as stand:
        await until(lambda: stand.publisher.show().error is not None)
        assert stand.publisher.show().published_at is None
        blocked.unlink()
        await until(lambda: stand.written_at is not None)
        shown = stand.publisher.show()
        assert (shown.error, shown.serve) == (None, f"{blocked}/current")


@in_loop
async def test_a_platform_without_a_site_has_none_until_it_declares_one(bench: Bench, tmp_path: Path) -> None:
    async with run_publisher(bench, tmp_path / "site", PLATFORM) as stand:
        await until(lambda: stand.publisher.looks > 1)
        assert stand.publisher.show().directory is None
        assert not (tmp_path / "site").exists()


@in_loop
async def test_the_former_site_stands_until_what_was_measured_before_is_known(bench: Bench, tmp_path: Path) -> None:
    known: list[FakeAccounts] = []
    async with bench.run() as operations:
        await put_in_force(operations, SITE)
        publisher = StatusPublisher(bench.control, tmp_path, lambda: known[0], lambda: bool(known))
        running = asyncio.create_task(publisher.run())
        await bench.control.submit(OPEN)
        assert not (tmp_path / "current").exists()
        known.append(FakeAccounts())
        await until(lambda: publisher.standing.published_at is not None)
        running.cancel()
        await asyncio.wait([running])


@in_loop
async def test_statuses_keep_their_times_over_a_restart(bench: Bench, tmp_path: Path) -> None:
    async with run_publisher(bench, tmp_path) as stand:
        await until(lambda: stand.written_at == NOW)
        before = stand.read("components")
    bench.now += 600.0
    async with bench.run():
        stand = Stand(bench, tmp_path)
        running = asyncio.create_task(stand.publisher.run())
        await until(lambda: stand.written_at == bench.now)
        running.cancel()
        await asyncio.wait([running])
    assert stand.read("components")["components"] == before["components"]
    assert stand.read("components")["page"]["updated_at"] != before["page"]["updated_at"]


def test_a_site_can_be_looked_at_before_anything_runs(tmp_path: Path) -> None:
    platform, plain = (check_text(text, "p.yaml").platform for text in (SITE, PLATFORM))
    assert platform is not None
    assert plain is not None
    assert build_site(plain, tmp_path / "none") == 0
    assert build_site(platform, tmp_path / "site") > 10
    assert "No Known Trouble" in (tmp_path / "site" / "current" / "index.html").read_text()
