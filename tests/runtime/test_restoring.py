"""Services brought back at a running control: by holds alone, so that a restart takes nothing away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.control import Bench, put_in_force
from fakes.loop import in_loop
from holdfast.model.mitigation import Hold
from holdfast.model.reading import ServiceReading
from holdfast.model.recorded import PlatformUsage, Usage
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.restoration import Stage
from holdfast.model.route import Probe
from holdfast.model.telemetry import Metric
from holdfast.recover.readiness.answers import Reply
from holdfast.runtime.recovery import restoring
from holdfast.runtime.recovery.asking import Elsewhere
from holdfast.runtime.recovery.restore_operations import RestoreOperations
from holdfast.runtime.recovery.restoring import Restorer, find_places, list_capacity, read_sight
from holdfast.spec import Checked, check_text
from holdfast.views.restoration import RestorationDocument

PLATFORM = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  here: {edges: [{name: e1, listen: "127.0.0.1:18080"}], capacity: {in_flight: 100, requests: 1000/s}}
sites: {east: {requests: 500/s}, west: {}}
defaults: {limits: {requests: 50/s, per_client: {requests: 5/s}}}
tenants:
  acme:
    services:
      db: {hosts: [db.example], upstream: {endpoints: ["127.0.0.1:9000"], site: east}}
      shop:
        hosts: [shop.example]
        criticality: critical
        depends_on: [db]
        upstream: {endpoints: ["127.0.0.1:9001"], site: east}
        probes: [{path: /}, {path: /cart, method: POST}]
      blog: {hosts: [blog.example], upstream: {endpoints: ["127.0.0.1:9002"], site: west}}
"""


def check(text: str, file: str) -> Checked:
    return check_text(text, file)


@pytest.fixture
def bench() -> Bench:
    return Bench(check=check, now=1_790_000_000.0)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Reply | Elsewhere | None]:
    """What each cluster answers to probes, in the test's hands."""
    said: dict[str, Reply | Elsewhere | None] = {"shop": Reply(200, {})}

    async def ask(_folders: object, cluster: str, _host: str, probe: Probe) -> Reply | Elsewhere | None:
        assert probe.method == "GET"
        return said[cluster]

    monkeypatch.setattr(restoring, "ask_cluster", ask)
    return said


async def find_usage() -> PlatformUsage:
    return PlatformUsage(services={"db": Usage(peak_rps=100.0), "shop": Usage(peak_rps=100.0)})


def make_restorer(bench: Bench) -> Restorer:
    return Restorer(bench.control, lambda _: (), find_usage, Path("/nowhere"))


@asynccontextmanager
async def begin(bench: Bench) -> AsyncIterator[tuple[RestoreOperations, Restorer]]:
    async with bench.run() as operations:
        await put_in_force(operations, PLATFORM)
        restorer = make_restorer(bench)
        yield RestoreOperations(bench.control, restorer), restorer


async def pass_time(bench: Bench, restorer: Restorer, for_s: int) -> None:
    for _ in range(for_s):
        bench.now += 1.0
        await restorer.look_once()
        await asyncio.gather(*restorer._asking.values())


def stages(document: RestorationDocument | Refusal) -> dict[str, Stage]:
    assert isinstance(document, RestorationDocument), document
    return {each.service: each.stage for each in document.services}


@in_loop
async def test_a_site_comes_back_in_turns_by_holds_alone(bench: Bench, answers: dict[str, Reply | None]) -> None:
    async with begin(bench) as (operations, restorer):
        started = await operations.start("ann", ("east",), "power is back")
        assert stages(started) == {"db": Stage.RAMPING, "shop": Stage.HELD}
        holds = [m.measure for m in bench.control.state.mitigations.values()]
        assert holds == [Hold(service="db", requests_per_s=10.0), Hold(service="shop")]
        await pass_time(bench, restorer, 1)
        _, shop = operations.show().services
        assert shop.waits_for == "db, which isn't let in for all that comes yet"
        assert (shop.author, shop.reason) == ("ann", "power is back")
        await pass_time(bench, restorer, 16)
        assert stages(operations.show())["shop"] is Stage.RAMPING
        await pass_time(bench, restorer, 25)
        assert bench.control.state.mitigations == {}
        reasons = [ended.why for ended in bench.control.state.ended]
        assert all(why.startswith("back: well for") for why in reasons)


@in_loop
async def test_a_restart_goes_on_where_it_was(bench: Bench, answers: dict[str, Reply | None]) -> None:
    async with begin(bench) as (operations, restorer):
        await operations.start("ann", ("east",), "power is back")
        await pass_time(bench, restorer, 5)
        before = stages(operations.show()), bench.control.state.mitigations
    async with bench.run():
        again = make_restorer(bench)
        assert (stages(again.show()), bench.control.state.mitigations) == before
        await pass_time(bench, again, 60)
        assert bench.control.state.mitigations == {}


@in_loop
async def test_a_service_is_held_until_its_probes_are_answered(bench: Bench, answers: dict[str, Reply | None]) -> None:
    answers["shop"] = None
    async with begin(bench) as (operations, restorer):
        await operations.start("ann", ("shop",), "power is back")
        await pass_time(bench, restorer, 20)
        (shop,) = operations.show().services
        assert (shop.stage, shop.waits_for) == (Stage.HELD, "its own health: GET /: no answer, expected 200")
        answers["shop"] = Reply(200, {})
        await pass_time(bench, restorer, 10)
        assert stages(operations.show()) == {"shop": Stage.RAMPING}


@in_loop
async def test_people_hold_release_and_stop(bench: Bench, answers: dict[str, Reply | None]) -> None:
    async with begin(bench) as (operations, restorer):
        assert stages(await operations.hold("ann", "blog", "it is rebuilt")) == {"blog": Stage.HELD}
        await pass_time(bench, restorer, 120)
        (blog,) = operations.show().services
        assert (blog.pinned, blog.waits_for) == (True, "people to release it")
        assert stages(await operations.release("ben", "blog", "done")) == {"blog": Stage.RAMPING}
        assert stages(await operations.release("ben", "blog", "all of it")) == {}
        await operations.start("ann", (), "all was lost")
        assert stages(operations.show()) == {"db": Stage.RAMPING, "shop": Stage.HELD, "blog": Stage.HELD}
        assert stages(await operations.hold("ann", "db", "its disks are looked at"))["db"] is Stage.HELD
        assert stages(await operations.stop("ann", "nobody is there")) == {}
        assert bench.control.state.mitigations == {}


@in_loop
async def test_what_cant_be_done_is_refused(bench: Bench) -> None:
    async with bench.run() as operations:
        restorer = make_restorer(bench)
        restore = RestoreOperations(bench.control, restorer)
        refused = [await restore.start("ann", (), "x")]
        await put_in_force(operations, PLATFORM)
        refused += [
            await restore.start("ann", ("nowhere",), "x"),
            await restore.start("ann", ("db",), " "),
            await restore.release("ann", "db", "x"),
            await restore.stop("ann", "x"),
            await restore.hold("ann", "nobody", "x"),
        ]
        assert [each.code for each in refused if isinstance(each, Refusal)] == [
            RefusalCode.NOTHING_IN_FORCE,
            RefusalCode.SERVICE_UNKNOWN,
            RefusalCode.REASON_MALFORMED,
            RefusalCode.UNCHANGED,
            RefusalCode.UNCHANGED,
            RefusalCode.SERVICE_UNKNOWN,
        ]
        assert bench.control.state.mitigations == {}


@in_loop
async def test_places_and_capacity_are_what_is_declared(bench: Bench) -> None:
    async with begin(bench):
        intent = bench.control.intent
        assert intent is not None
        places = find_places(intent, ("shop", "gone"), {"db": Usage(peak_rps=7.0)})
        assert places.keys() == {"shop", "db"}
        assert (places["shop"].rank, places["shop"].depends_on) == (1, ("db",))
        assert (places["db"].rank, places["db"].usual_rps, places["db"].shares) == (2, 7.0, ("here", "site east"))
        assert list_capacity(intent) == {"here": 1000.0, "site east": 500.0}


def test_how_a_service_is_is_read_from_what_edges_count() -> None:
    rates = {
        Metric.OFFERED: 50.0, Metric.ADMITTED: 40.0, Metric.MITIGATED: 10.0, Metric.FAILED: 4.0, Metric.SLOWER: 8.0
    }  # fmt: skip
    reading = ServiceReading("shop", rates, 50.0, None, 1, 10, 1.0, 0.0, learned=True)
    sight = read_sight(reading, answers=True, why="")
    assert (sight.offered_rps, sight.admitted_rps, sight.refused_rps) == (50.0, 40.0, 10.0)
    assert (sight.failing, sight.slow) == (0.1, 0.2)
    assert read_sight(None, answers=None, why="").offered_rps == 0.0
