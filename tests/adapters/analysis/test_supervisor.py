"""Real analysers, good and bad: none of them stops control, and each that does harm is switched off."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from adapters.analysis.running import DEADLINE_S, IMPATIENT, is_gone, run_supervisor
from adapters.analysis.samples import make_sample
from analyser.documents import HOSTILE
from fakes.control import until
from holdfast.adapters.analysis.health import MIB, Budget
from holdfast.drills.rogues.build import Rogue, write_build
from holdfast.model.component import Build, Phase
from holdfast.model.query import QueryFlag

pytestmark = pytest.mark.anyio


def make_rogue(rogue: Rogue, folder: Path, answers_before: int = 10) -> Build:
    return Build(
        version=rogue.version, module="rogue_analyser", folder=str(write_build(rogue, folder / "build", answers_before))
    )


def list_runs(folder: Path) -> list[Path]:
    return list(folder.glob("run-*"))


async def test_from_its_start_through_shadow_until_it_counts(tmp_path: Path) -> None:
    async with run_supervisor(tmp_path) as running:
        await running.reach(Phase.SHADOW)
        running.supervisor.offer([make_sample("{a" * 20 + "}" * 20)])
        await running.reach(Phase.ON)
        assert not running.supervisor.flagged
        running.supervisor.offer([make_sample("query Deep" + "{a" * 20 + "}" * 20, weight=20.0)] * 3)
        await until(lambda: running.supervisor.flagged, DEADLINE_S)
        (flagged,) = running.supervisor.flagged
        assert (flagged.service, flagged.operation.flags) == ("shop", (QueryFlag.DEEP,))
        queries = await running.supervisor.ask("shop", DEADLINE_S)
        assert queries is not None
        assert [operation.requests for operation in queries.operations] == [60.0, 1.0]
    assert running.course == [Phase.SHADOW, Phase.ON]


async def test_hostile_documents_harm_nobody(tmp_path: Path) -> None:
    async with run_supervisor(tmp_path) as running:
        await running.reach(Phase.ON)
        pid = running.pid
        running.supervisor.offer([make_sample(document) for document in HOSTILE.values()] * 10)
        requests = 0.0
        while requests < 10 * len(HOSTILE):
            queries = await running.supervisor.ask("shop", DEADLINE_S)
            assert queries is not None
            requests = queries.requests
        assert (running.pid, running.status.phase) == (pid, Phase.ON)


@pytest.mark.parametrize(
    ("rogue", "why"),
    [
        (Rogue.STOP, "hasn't answered"),
        (Rogue.LOCK_STORE, "hasn't answered"),
        (Rogue.SPIN, "of a core"),
        (Rogue.LEAK, "of memory"),
        (Rogue.GARBLE, "isn't an answer"),
        (Rogue.FLOOD, "isn't an answer"),
        (Rogue.DRONE, "isn't an answer"),
        (Rogue.CRASH, "ended by itself 3 times; lastly ended with code 3"),
    ],
)
async def test_a_rogue_is_switched_off_and_ended(tmp_path: Path, rogue: Rogue, why: str) -> None:
    budget = IMPATIENT if rogue is not Rogue.SPIN else Budget(cpu_window_s=2.0, lag_s_max=30.0, patience_looks=3)
    async with run_supervisor(tmp_path, make_rogue(rogue, tmp_path), budget) as running:
        pid = running.pid
        await running.reach(Phase.SHADOW)
        status = await running.reach(Phase.OFF)
        assert why in status.why
        assert status.pid is None
        assert [told.phase for told in running.told if told.why == status.why][-1] is Phase.OFF
        await until(is_gone(pid), DEADLINE_S)
        assert await running.supervisor.ask("shop", DEADLINE_S) is None


async def test_one_that_takes_nothing_is_never_waited_for(tmp_path: Path) -> None:
    async with run_supervisor(tmp_path) as running:
        await running.reach(Phase.ON)
        pid = running.pid
        os.kill(pid, signal.SIGSTOP)
        handed = running.status.usage.handed
        while running.status.usage.dropped == 0:
            running.supervisor.offer([make_sample("#" * 8_000 + "\n{a}")] * 100)
        assert running.status.usage.handed - handed < 100
        assert await running.supervisor.ask("shop", 0.05) is None
        assert (await running.reach(Phase.OFF)).why == "hasn't answered within 1 s"
        await until(is_gone(pid), DEADLINE_S)


async def test_one_that_is_stopped_for_a_moment_is_in_shadow_again(tmp_path: Path) -> None:
    patient = Budget(lag_s_max=0.3, patience_looks=2_000, shadow_s=0.3)
    async with run_supervisor(tmp_path, budget=patient) as running:
        await running.reach(Phase.ON)
        os.kill(running.pid, signal.SIGSTOP)
        await running.reach(Phase.WARNED)
        os.kill(running.pid, signal.SIGCONT)
        await running.reach(Phase.SHADOW)
        await running.reach(Phase.ON)


async def test_one_that_is_killed_is_started_again(tmp_path: Path) -> None:
    async with run_supervisor(tmp_path) as running:
        await running.reach(Phase.ON)
        pid = running.pid
        os.kill(pid, signal.SIGKILL)
        await until(lambda: running.status.pid not in {pid, None}, DEADLINE_S)
        await running.reach(Phase.ON)
        assert running.course[-3:] == [Phase.RESTARTING, Phase.STARTING, Phase.ON]


async def test_another_build_takes_over_while_one_spins(tmp_path: Path) -> None:
    generous = Budget(cpu_share_max=9.0, lag_s_max=1_000.0, shadow_s=0.1)
    async with run_supervisor(tmp_path, make_rogue(Rogue.SPIN, tmp_path, 1), generous) as running:
        spinning = running.pid
        await until(lambda: psutil.Process(spinning).cpu_times().user > 1.0, DEADLINE_S)
        running.supervisor.switch_on(Build(), "revert", proven=True)
        await running.reach(Phase.ON)
        await until(is_gone(spinning), DEADLINE_S)
        assert await running.supervisor.ask("shop", DEADLINE_S) is not None


async def test_a_control_that_was_late_itself_blames_nobody(tmp_path: Path) -> None:
    async with run_supervisor(tmp_path, budget=Budget(lag_s_max=0.5, shadow_s=0.1)) as running:
        await running.reach(Phase.ON)
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            pass
        await until(lambda: running.status.usage.lag_s < 0.5, DEADLINE_S)
        assert Phase.WARNED not in running.course


async def test_what_processes_leave_is_swept(tmp_path: Path) -> None:
    async with run_supervisor(tmp_path) as running:
        await running.reach(Phase.ON)
        (first,) = list_runs(tmp_path)
        (first / "left").write_text("")
        running.supervisor.switch_on(Build(), "again", proven=True)
        await running.reach(Phase.ON)
        running.supervisor.switch_on(Build(), "again", proven=True)
        await until(lambda: not first.exists(), DEADLINE_S)
        await running.reach(Phase.ON)


async def test_memory_stays_within_the_budget_whatever_is_analysed(tmp_path: Path) -> None:
    async with run_supervisor(tmp_path) as running:
        await running.reach(Phase.ON)
        for round_ in range(3):
            running.supervisor.offer(
                [make_sample(f"query Q{n}_{round_}{{f{n}(a:1){{b}}}}", f"s{n}") for n in range(150)]
            )
            assert await running.supervisor.ask(f"s{round_}", DEADLINE_S) is not None
        await until(lambda: running.status.usage.memory_bytes > 0, DEADLINE_S)
        assert running.status.usage.memory_bytes < 128 * MIB
        assert running.status.phase is Phase.ON
