"""What an agent does about telemetry: takes what its Envoy pushes, reports to control, and keeps to its budget."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import psutil

from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.envoy.process import EnvoyProcess
from holdfast.adapters.telemetry.otlp import Export
from holdfast.adapters.telemetry.receiver import Entries
from holdfast.adapters.telemetry.samples import SampleReader
from holdfast.agent.backlog import Backlog
from holdfast.agent.budget import Budget, Stance, Usage, take_stance
from holdfast.agent.busy import BusyServices
from holdfast.agent.reports import Tally
from holdfast.agent.shares import BASE_PER_S, WATCHED_PER_S, Share, adjust_share
from holdfast.compile.bootstrap import REPORT_INTERVAL_S
from holdfast.compile.sampling import SAMPLE_BASE, SAMPLE_WATCHED
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import EdgeReport, Metric

_log = logging.getLogger(__name__)
LOOK_S: Final = 1.0
"""Between two looks at what is in flight, what telemetry costs, and how much is sampled."""
SAMPLES_WAITING_MAX: Final = 1_000
"""Samples between two exports; more are dropped."""
WANTED_PER_S: Final = {SAMPLE_BASE: BASE_PER_S, SAMPLE_WATCHED: WATCHED_PER_S}


@dataclass
class _Sample:
    """One of the samples: its share, and how many entries came since it was last looked at."""

    share: Share = field(default_factory=Share)
    entries: int = 0


class EdgeTelemetry:
    """One edge's counts and samples, on their way to whom `tell` tells. `find_envoy` finds the Envoy that runs now."""

    def __init__(
        self,
        edge: str,
        find_envoy: Callable[[], EnvoyProcess | None],
        admin: EnvoyAdmin,
        tell: Callable[[EdgeReport | Sequence[SampledRequest]], None],
        reader: SampleReader,
        budget: Budget | None = None,
        backlog: Backlog | None = None,
    ) -> None:
        self._edge = edge
        self._find_envoy = find_envoy
        self._admin = admin
        self._tell = tell
        self._reader = reader
        self._backlog = backlog or Backlog()
        self._budget = budget or Budget()
        self._stance = Stance()
        self._envoy: EnvoyProcess | None = None
        self._cpu_s = 0.0
        self._tally, self._busy = Tally(), BusyServices()
        self._exports = 0
        self._requests = 0
        self._began_at = 0.0
        self._sequence = 0
        self._samples = {name: _Sample() for name in WANTED_PER_S}
        self._waiting: list[SampledRequest] = []

    def take_export(self, export: Export) -> None:
        """Take in what Envoy counted, and report if enough has come."""
        self._meet_envoy()
        self._tally.add(export)
        if not self._exports:
            self._began_at = export.began_at or export.ended_at - REPORT_INTERVAL_S
        self._exports += 1
        if self._exports >= self._stance.effort.exports_per_report:
            self._exports = 0
            self._report(export.ended_at)
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._tell(waiting)

    def take_entries(self, name: str, entries: Entries) -> None:
        """Take in samples; those for which there is no room are dropped."""
        sample = self._samples.get(name)
        if sample is None or not sample.share.value:
            return
        sample.entries += len(entries)
        room = SAMPLES_WAITING_MAX - len(self._waiting)
        ordinary = name == SAMPLE_BASE
        read = (self._reader.read(entry, 1 / sample.share.value, with_target=ordinary) for entry in entries[:room])
        self._waiting.extend(request for request in read if request is not None)

    async def run(self) -> None:
        """Keep to the budget, until cancelled."""
        own, before, cpu_s = psutil.Process(), time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            passed_s, spent_s = now - before, time.process_time() - cpu_s
            usage = Usage(spent_s / passed_s, own.memory_info().rss, passed_s - LOOK_S)
            before, cpu_s = now, cpu_s + spent_s
            stance = take_stance(self._stance, usage, self._budget)
            if stance.step != self._stance.step:
                _log.warning("telemetry has cost %s; it leaves out: %s", usage, stance.effort.said or "nothing")
            self._stance = stance
            try:
                await self._steer_samples(passed_s)
                await self._ask_in_flight(now)
            except ConnectionError as error:
                _log.debug("Envoy doesn't answer: %s", error)

    def _meet_envoy(self) -> None:
        """Another Envoy than before has its own counts, and knows nothing of the samples that are wanted."""
        if self._envoy and self._envoy.is_alive():
            return
        self._envoy = self._find_envoy()
        self._cpu_s = self._envoy.read_cpu_s() if self._envoy else 0.0
        self._tally, self._busy, self._exports = Tally(), BusyServices(), 0
        self._samples = {name: _Sample() for name in WANTED_PER_S}

    def _report(self, ended_at: float) -> None:
        services, counts, in_flight = self._tally.take(self._busy.take())
        offered = counts[:, Metric.OFFERED]
        self._busy.note((services[row] for row in offered.nonzero()[0].tolist()), time.monotonic())
        cpu_s, memory_bytes = self._read_usage()
        self._sequence += 1
        whole = self._tally.take_figures(cpu_s, memory_bytes)
        self._requests += whole.requests
        report = EdgeReport(
            edge=self._edge,
            process=f"{self._envoy.pid}-{self._envoy.born:.2f}" if self._envoy else "",
            sequence=self._sequence,
            began_at=self._began_at,
            ended_at=ended_at,
            services=services,
            counts=counts,
            in_flight=in_flight,
            whole=whole,
            sampled_share=self._samples[SAMPLE_BASE].share.value,
            degraded=self._stance.effort.said,
            upstreams=self._tally.upstreams.take(),
        )
        self._backlog.take(report)
        self._tell(report)

    def _read_usage(self) -> tuple[float, int]:
        """What Envoy has used: processor time since the report before, and memory now."""
        if self._envoy is None:
            return 0.0, 0
        try:
            now_s, memory_bytes = self._envoy.read_cpu_s(), self._envoy.read_memory_bytes()
        except OSError:
            return 0.0, 0
        spent_s, self._cpu_s = max(0.0, now_s - self._cpu_s), now_s
        return spent_s, memory_bytes

    async def _steer_samples(self, passed_s: float) -> None:
        changes, requests_per_s = {}, self._requests / passed_s
        self._requests = 0
        for name, sample in self._samples.items():
            wanted = WANTED_PER_S[name] * self._stance.effort.samples
            share = adjust_share(sample.share, sample.entries / passed_s, wanted, requests_per_s)
            sample.entries = 0
            if share != sample.share:
                changes[name] = share
        if changes:
            await self._admin.modify_runtime({name: str(share.millionths) for name, share in changes.items()})
            for name, share in changes.items():
                self._samples[name].share = share

    async def _ask_in_flight(self, now: float) -> None:
        if services := self._busy.pick(now):
            self._busy.learn(await self._admin.count_in_flight(services))
