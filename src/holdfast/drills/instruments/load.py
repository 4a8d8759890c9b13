"""Runs the load generator: starts it on a plan, waits for it, reads what it measured."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from holdfast.drills.instruments.build import build_instrument
from holdfast.drills.instruments.load_plan import render_plan
from holdfast.drills.instruments.load_result import LoadResult, parse_summary, read_records
from holdfast.drills.instruments.process import InstrumentError, InstrumentProcess, Placement

if TYPE_CHECKING:
    from types import TracebackType

    from holdfast.drills.instruments.load_plan import LoadPlan

WRITING_S_MAX = 30.0
ANYWHERE = Placement()


class LoadRun:
    """A load generator that has started to send. As a context manager, it is gone when the block is left.

    It also ends by itself when the process that started it does, however that happens.
    """

    def __init__(self, plan: LoadPlan, placement: Placement) -> None:
        """Starts it. Raises InstrumentError, BuildError."""
        program = build_instrument("load")
        self._plan = plan
        self._folder = tempfile.TemporaryDirectory(prefix="holdfast-load-")
        self._records = Path(self._folder.name) / "records"
        plan_file = Path(self._folder.name) / "plan"
        plan_file.write_text(render_plan(plan), encoding="utf-8")
        try:
            command = [str(program), str(plan_file), str(self._records), "--exit-with-stdin"]
            self._process = InstrumentProcess(command, placement)
        except BaseException:
            self._folder.cleanup()
            raise
        self.started_ns: int = self._process.announcement["started_ns"]

    @property
    def pid(self) -> int:
        """Process id of the generator."""
        return self._process.pid

    def wait(self) -> LoadResult:
        """Waits until the plan has been carried out and the last request answered or timed out; call it once.

        Raises InstrumentError.
        """
        timeout_s = self._plan.duration_s + self._plan.timeout_ms / 1e3 + WRITING_S_MAX
        try:
            summary = parse_summary(self._process.wait(timeout_s))
            return LoadResult(self._plan, read_records(self._records), summary)
        finally:
            self.kill()

    async def wait_async(self) -> LoadResult:
        """As `wait`, without holding up the event loop."""
        return await asyncio.to_thread(self.wait)

    def finish_early(self) -> LoadResult:
        """Sends nothing more, waits for what is in flight and returns what was measured.

        Raises InstrumentError, also when the plan had come to its end before: then nothing has been sent since.
        """
        self._process.interrupt()
        result = self.wait()
        if not result.summary.stopped:
            raise InstrumentError(
                f"load was needed for longer than the {self._plan.duration_s:.0f} s it was planned for"
            )
        return result

    def kill(self) -> None:
        """Ends the generator at once and drops what it measured. Nothing when it has ended."""
        self._process.kill()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """The run itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves no process behind."""
        self.kill()


def start_load(plan: LoadPlan, placement: Placement = ANYWHERE) -> LoadRun:
    """Starts the generator on a plan, which it draws beforehand. Raises InstrumentError, BuildError."""
    return LoadRun(plan, placement)


def run_load(plan: LoadPlan, placement: Placement = ANYWHERE) -> LoadResult:
    """Carries out a plan from start to end. Raises InstrumentError, BuildError."""
    with start_load(plan, placement) as run:
        return run.wait()
