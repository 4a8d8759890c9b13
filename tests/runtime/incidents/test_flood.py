"""From a flood that edges report to its incident and back: the watch, the opener and the engine together."""

import asyncio

import numpy as np

from fakes.control import Bench, count_nothing, put_in_force
from fakes.fleet import FakeFleet
from fakes.incidents import FLEET, PLATFORM
from holdfast.engine.command import Tick
from holdfast.model.incident import Impact, Phase
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric
from holdfast.runtime.incidents.opening.opener import IncidentOpener
from holdfast.runtime.operations import Operations
from holdfast.runtime.watch.watcher import Watcher
from holdfast.spec import check_text

TICK_S = 0.25
LEARNING_S = 400.0
USUAL_RPS = 20.0
SERVICES = ("shop", "cart", "mail")
ACTING = PLATFORM.replace("PUBLISH", "auto").replace("defaults: {", "defaults: {response: act, ")


class Flood:
    """A control under a watch and an opener, and edges that report what the test says."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.watcher = Watcher(bench.control, self.tell, lambda _: None, None)
        self.opener = IncidentOpener(bench.control)
        self.chance = np.random.default_rng(7)
        self.sequence = 0

    async def tell(self, _letter: object) -> str | None:
        return None

    async def play(self, seconds: float, shop_rps: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.bench.now += TICK_S
            self.sequence += 1
            for edges in FLEET.values():
                self.watcher.take_report(self.make_report(edges[0], shop_rps / len(FLEET)))
            await self.watcher._look_once(asyncio.get_running_loop().time())
            await self.opener.look()

    async def pass_time(self, seconds: float) -> None:
        """Mitigations end by the clock."""
        await self.bench.control.submit(Tick())
        await self.play(seconds, USUAL_RPS)

    def make_report(self, edge: str, shop_rps: float) -> EdgeReport:
        counts = np.zeros((3, METRICS), np.int64)
        rates = np.array([shop_rps, USUAL_RPS, USUAL_RPS])
        counts[:, Metric.OFFERED] = self.chance.poisson(rates * TICK_S)
        counts[:, Metric.ADMITTED] = np.minimum(counts[:, Metric.OFFERED], 50 * TICK_S)
        counts[:, Metric.LIMITED] = counts[:, Metric.OFFERED] - counts[:, Metric.ADMITTED]
        return EdgeReport(
            edge=edge,
            process="1",
            sequence=self.sequence,
            began_at=self.bench.now - TICK_S,
            ended_at=self.bench.now,
            services=SERVICES,
            counts=counts,
            in_flight=np.array([1, 1, 1]),
            whole=EdgeFigures(requests=int(counts[:, Metric.OFFERED].sum()), connections=10, in_flight=3),
        )


async def live() -> None:
    bench = Bench(fleet=FakeFleet(FLEET), check=check_text)
    async with bench.run():
        await put_in_force(Operations(bench.control, count_nothing), ACTING)
        flood = Flood(bench)
        await flood.play(LEARNING_S, USUAL_RPS)
        assert not bench.control.state.incidents
        began_at = bench.now
        await flood.play(5.0, 2_000.0)
        (record,) = bench.control.state.incidents.values()
        incident, (word,) = record.incident, record.posts
        assert (incident.title, incident.components, incident.impact) == ("surge of shop", ("web",), Impact.MINOR)
        assert (incident.phase, word.phase) == (Phase.IDENTIFIED, Phase.IDENTIFIED)
        assert word.at - began_at <= 3.0
        assert "far more requests than usual come in" in word.text
        for _ in range(30):
            await flood.pass_time(30.0)
            (record,) = bench.control.state.incidents.values()
            if not record.incident.is_open:
                break
        assert record.incident.phase is Phase.RESOLVED
        assert [post.phase for post in record.posts] == [Phase.IDENTIFIED, Phase.MONITORING, Phase.RESOLVED]
        flood.watcher.close()


def test_a_flood_is_told_of_in_seconds_and_until_it_is_over() -> None:
    asyncio.run(live())
