import os
import subprocess
import sys
import time

import psutil
import pytest

from holdfast.drills.stage.core_meter import CoreMeter

DEADLINE_S = 20.0


def use_core(meter: CoreMeter, cpu_s: float, pid: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while psutil.Process(pid).cpu_times().user < cpu_s:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("is_edge", [True, False])
def test_work_on_the_edges_core_is_the_edges_or_a_strangers(is_edge: bool) -> None:
    core = max(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            os.sched_setaffinity(busy.pid, {core})
            meter = CoreMeter(frozenset({core}), [busy.pid] if is_edge else [])
            use_core(meter, 0.5, busy.pid)
            use = meter.read()
        finally:
            busy.kill()
    assert (use.edges > 0) is is_edge
    if not is_edge:
        assert use.strangers > 0


def test_without_a_core_of_their_own_strangers_cannot_be_told() -> None:
    assert CoreMeter(frozenset(), [os.getpid()]).read().strangers == 0
