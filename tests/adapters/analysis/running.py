"""A supervisor with a real process, looked after more often than in production."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from fakes.control import until
from holdfast.adapters.analysis.health import Budget
from holdfast.adapters.analysis.supervisor import AnalyserSupervisor
from holdfast.model.component import Build, ComponentStatus, Phase

DEADLINE_S = 90.0
IMPATIENT = Budget(
    cpu_share_max=0.5, cpu_window_s=2.0, lag_s_max=1.0, patience_looks=3, shadow_s=0.3, restart_backoff_s=(0.02, 0.05)
)


class RunningSupervisor:
    """A supervisor at work, and every phase that it came to by itself."""

    def __init__(self, folder: Path, budget: Budget = IMPATIENT) -> None:
        self.course: list[Phase] = []
        self.told: list[ComponentStatus] = []
        self.supervisor = AnalyserSupervisor(folder, self._note, budget, look_s=0.05)

    @property
    def status(self) -> ComponentStatus:
        return self.supervisor.status

    @property
    def pid(self) -> int:
        pid = self.status.pid
        assert pid is not None
        return pid

    async def reach(self, *phases: Phase) -> ComponentStatus:
        await until(lambda: self.status.phase in phases, DEADLINE_S)
        return self.status

    def _note(self, status: ComponentStatus) -> None:
        self.course.append(status.phase)
        self.told.append(status)


@asynccontextmanager
async def run_supervisor(
    folder: Path, build: Build | None = None, budget: Budget = IMPATIENT
) -> AsyncIterator[RunningSupervisor]:
    """From its start to its orderly end, after which none of its processes is left."""
    running = RunningSupervisor(folder, budget)
    running.supervisor.switch_on(build or Build(), "test", proven=False)
    before = running.pid
    task = asyncio.create_task(running.supervisor.run())
    try:
        yield running
    finally:
        last = running.status.pid
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert not [pid for pid in (before, last) if pid is not None and psutil.pid_exists(pid)]


def is_gone(pid: int) -> Callable[[], bool]:
    return lambda: not psutil.pid_exists(pid)
