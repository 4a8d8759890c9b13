"""Keeps one analyser within its budget: hands it samples, asks it, looks at it, and switches it off if it does harm.

Everything here belongs to one event loop and never waits for the analyser: not for its pipe to take more, not for it
to answer, not for it to end.
"""

import asyncio
import contextlib
import logging
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from pydantic import ValidationError

from holdfast.adapters.analysis.health import (
    Budget,
    Health,
    Look,
    begin,
    judge,
    measure_cpu_share,
    note_end,
    switch_off,
)
from holdfast.adapters.analysis.landlock import find_landlock_version
from holdfast.adapters.analysis.process import AnalyserProcess
from holdfast.adapters.analysis.protocol import Answer, write_line
from holdfast.adapters.analysis.questions import Questions
from holdfast.adapters.analysis.sample_queue import SampleQueue
from holdfast.model.component import ANALYSER, Build, ComponentAllowance, ComponentStatus, ComponentUsage, Phase
from holdfast.model.query import FlaggedOperation, ServiceQueries
from holdfast.model.sample import SampledRequest

_log = logging.getLogger(__name__)
LOOK_S: Final = 0.5
STALL_LOOKS: Final = 4
"""If so many looks weren't made, control itself was late, and lateness isn't held against the analyser."""
END_S_MAX: Final = 5.0
"""How long a killed process is waited for when control ends."""
FLAGGED_MAX: Final = 50
"""Flagged operations remembered, over all services."""


class AnalyserSupervisor:
    """Runs one build of the analyser at a time. `folder` is for its processes to write in.

    `on_change` is told every change of phase that nobody asked for, in the event loop.
    """

    def __init__(
        self,
        folder: Path,
        on_change: Callable[[ComponentStatus], None],
        budget: Budget | None = None,
        clock: Callable[[], float] = time.monotonic,
        look_s: float = LOOK_S,
    ) -> None:
        self._folder, self._on_change, self._clock = folder, on_change, clock
        self._budget = budget or Budget()
        self._look_s = look_s
        self._build = Build()
        self._health = switch_off(clock(), "not started yet")
        self._process: AnalyserProcess | None = None
        self._ending: list[AnalyserProcess] = []
        self._queue = SampleQueue(clock)
        self._questions = Questions(clock)
        self._usage = ComponentUsage()
        self._looked_at = clock()
        self._answers = self._garbage = 0
        self._flagged: deque[FlaggedOperation] = deque(maxlen=FLAGGED_MAX)

    @property
    def status(self) -> ComponentStatus:
        """How it does now."""
        health = self._health
        return ComponentStatus(
            component=ANALYSER,
            version=self._build.version,
            phase=health.phase,
            since=time.time() - (self._clock() - health.since),
            why=health.why,
            pid=self._process.pid if self._process else None,
            confined=find_landlock_version() > 0,
            usage=replace(self._usage, handed=self._queue.handed, dropped=self._queue.dropped),
            allowed=ComponentAllowance(
                self._budget.cpu_share_max, self._budget.memory_bytes_max, self._budget.lag_s_max
            ),
        )

    @property
    def flagged(self) -> tuple[FlaggedOperation, ...]:
        """Operations lately flagged for the first time, the newest first, by an analyser that was believed."""
        return tuple(reversed(self._flagged))

    def switch_on(self, build: Build, why: str, *, proven: bool) -> None:
        """Run a build instead of whatever runs, from now on; what ran is ended at once."""
        self._end_process()
        self._build = build
        self._start(begin(self._clock(), why, proven=proven))

    def switch_off(self, why: str) -> None:
        """End what runs, and run nothing until told to."""
        self._end_process()
        self._health = switch_off(self._clock(), why)

    def offer(self, samples: Sequence[SampledRequest]) -> None:
        """Hand over samples; what isn't taken is counted and dropped."""
        if self._process is None:
            return
        self._queue.offer(samples)
        self._pump()

    async def ask(self, service: str, deadline_s: float) -> ServiceQueries | None:
        """What is known of a service; None if there is no answer by the deadline, or nobody to ask."""
        question = self._questions.put(service) if self._process is not None else None
        if question is None:
            return None
        self._pump()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                return await asyncio.shield(question)
        return None

    async def run(self) -> None:
        """Look again and again, until cancelled; then end what runs."""
        try:
            while True:
                self.look()
                await asyncio.sleep(self._look_s)
        finally:
            self.switch_off("control has ended")
            await asyncio.gather(*(asyncio.to_thread(p.wait_for_end, END_S_MAX) for p in self._ending))

    def look(self) -> None:
        """Read what it says, measure it, and do what follows from that."""
        now = self._clock()
        self._ending = [process for process in self._ending if process.find_end() is None]
        before = self._health
        if self._process is not None:
            self._look_at(self._process, now)
        elif before.phase is Phase.RESTARTING and now >= before.restart_at:
            self._start(begin(now, before.why, proven=before.proven, ends=before.ends))
        self._looked_at = now
        if self._health.phase is not before.phase:
            self._tell()

    def _look_at(self, process: AnalyserProcess, now: float) -> None:
        self._read()
        ended = process.find_end()
        if ended is not None:
            _log.warning(
                "analyser %s %s: %s", self._build.version, ended, process.read_last_words() or "without a word"
            )
            self._end_process()
            self._health = note_end(self._health, now, ended, self._budget)
            return
        if now - self._looked_at > STALL_LOOKS * self._look_s:
            self._questions.forgive()
        cpu_s, memory_bytes = process.measure()
        lag_s = self._questions.lag_s
        look = Look(now, cpu_s, memory_bytes, lag_s, self._answers, self._garbage)
        self._health = judge(self._health, look, self._budget)
        share = measure_cpu_share(self._health, self._budget)
        self._usage = ComponentUsage(share, memory_bytes, lag_s)
        if not self._health.is_running:
            self._end_process()
            return
        process.renew_lease(cpu_s)
        self._questions.put_ping()
        self._pump()

    def _start(self, health: Health) -> None:
        self._answers = self._garbage = 0
        self._questions.clear()
        self._usage = ComponentUsage()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._process = AnalyserProcess(self._build, Path(mkdtemp(prefix="run-", dir=self._folder)))
        except OSError as error:
            self._health = switch_off(self._clock(), f"can't be started: {error}")
            return
        self._health = health
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, _sweep, self._folder, {p.folder for p in (self._process, *self._ending)})
        loop.add_reader(self._process.output, self._read)
        self._questions.put_ping()
        self._pump()

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(process.output)
        loop.remove_writer(process.input)
        process.kill()
        self._ending.append(process)
        self._questions.clear()
        self._queue.clear()

    def _pump(self) -> None:
        """Write as much as the analyser takes: what was begun, then questions, then samples."""
        process = self._process
        if process is None:
            return
        loop = asyncio.get_running_loop()
        process.feed()
        while process.is_fed:
            message = self._questions.take() or self._queue.take()
            if message is None:
                loop.remove_writer(process.input)
                return
            process.send(write_line(message))
        loop.add_writer(process.input, self._pump)

    def _read(self) -> None:
        process = self._process
        if process is None:
            return
        lines = process.read()
        if lines is None:
            asyncio.get_running_loop().remove_reader(process.output)
            return
        for line in lines:
            self._take_answer(line)
            if self._garbage > self._budget.garbage_max:
                asyncio.get_running_loop().remove_reader(process.output)
                return

    def _take_answer(self, line: bytes) -> None:
        try:
            answer = Answer.model_validate_json(line)
        except ValidationError:
            self._garbage += 1
            return
        if not self._questions.answer(answer):
            self._garbage += 1
            return
        self._answers += 1
        if self._health.counts:
            self._flagged.extend(answer.flagged)

    def _tell(self) -> None:
        status = self.status
        level = logging.INFO if status.phase in {Phase.SHADOW, Phase.ON} else logging.WARNING
        _log.log(level, "%s %s is %s: %s", status.component, status.version, status.phase, status.why or "as it should")
        self._on_change(status)


def _sweep(folder: Path, kept: set[Path]) -> None:
    """Remove what processes left that have ended; done in a thread, since that may be much."""
    for run in folder.glob("run-*"):
        if run not in kept:
            shutil.rmtree(run, ignore_errors=True)
