"""What a component's code may do: little, whoever wrote it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.process import DEADLINE_S, until
from holdfast.adapters.analysis.landlock import find_landlock_version
from holdfast.adapters.analysis.launch import ADDRESS_SPACE_BYTES_MAX, CPU_LEASE_S, FILE_BYTES_MAX, NICENESS
from holdfast.adapters.analysis.process import AnalyserProcess
from holdfast.model.component import Build

PROBE = textwrap.dedent("""
    import json, os, resource, socket, sys
    from pathlib import Path

    def attempt(what):
        try:
            return repr(what())
        except BaseException as error:
            return type(error).__name__

    secret = Path(sys.path[0]).parent / "admin.token"
    report = {
        "secret": attempt(secret.read_text),
        "outside": attempt(lambda: (secret.parent / "left").write_text("x")),
        "own code": attempt(lambda: Path(__file__).write_text("x")),
        "inside": attempt(lambda: Path("store").write_text("x")),
        "large file": attempt(lambda: Path("large").write_bytes(bytes(2 * 1024**2))),
        "much memory": attempt(lambda: len(bytearray(1024**3))),
        "connecting": attempt(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
        "signalling": attempt(lambda: os.kill(os.getppid(), 0)),
        "environment": sorted(os.environ),
        "open": [number for number in range(64) if attempt(lambda: os.fstat(number)) != "OSError"],
        "processes": attempt(lambda: os.listdir("/proc")),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "children": resource.getrlimit(resource.RLIMIT_NPROC),
        "group": os.getpgrp() == os.getpid(),
    }
    Path("report.new").write_text(json.dumps(report))
    os.rename("report.new", "report")
    sys.stdin.read()
""")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with a secret, a build, and a folder for its process."""
    (tmp_path / "admin.token").write_text("s3cret")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "probe.py").write_text(PROBE)
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture
def report(state: Path) -> dict[str, Any]:
    process = AnalyserProcess(Build(version="1", module="probe", folder=str(state / "build")), state / "run")
    try:
        until(lambda: (state / "run" / "report").exists() or process.find_end(), "a report")
        assert process.find_end() is None, process.read_last_words()
        told: dict[str, Any] = json.loads((state / "run" / "report").read_text())
    finally:
        process.kill()
        process.wait_for_end(DEADLINE_S)
    return told


def test_the_kernel_keeps_a_component_to_its_own_files(report: dict[str, Any], state: Path) -> None:
    refused = "PermissionError" if find_landlock_version() else "'s3cret'"
    assert report["secret"] == refused
    assert report["inside"] == "1"
    assert (state / "admin.token").read_text() == "s3cret"
    if find_landlock_version():
        assert report["processes"] == "PermissionError"
        assert (report["outside"], report["own code"]) == ("PermissionError", "PermissionError")
        assert not (state / "left").exists()
    if find_landlock_version() >= 4:
        assert report["connecting"] == "PermissionError"
    if find_landlock_version() >= 6:
        assert report["signalling"] == "PermissionError"


def test_a_component_is_held_to_limits_and_knows_nothing(report: dict[str, Any]) -> None:
    assert report["large file"] == "OSError"
    assert report["much memory"] == "MemoryError"
    assert report["niceness"] == NICENESS
    assert report["children"] == [0, 0]
    assert report["group"]
    assert report["open"] == [0, 1, 2]
    assert set(report["environment"]) <= {"PYTHONPATH", "LANG", "LC_CTYPE", "PYTHONDONTWRITEBYTECODE"}


def test_limits_hold_before_the_first_line_of_a_component_runs(state: Path) -> None:
    process = AnalyserProcess(Build(), state / "run")
    try:
        until(lambda: psutil.Process(process.pid).cmdline()[-2:] == ["-m", "holdfast.analyser"], "the analyser")
        limits = psutil.Process(process.pid)
        assert limits.rlimit(psutil.RLIMIT_AS) == (ADDRESS_SPACE_BYTES_MAX, ADDRESS_SPACE_BYTES_MAX)
        assert limits.rlimit(psutil.RLIMIT_FSIZE) == (FILE_BYTES_MAX, FILE_BYTES_MAX)
        assert limits.rlimit(psutil.RLIMIT_CPU)[0] == CPU_LEASE_S
        process.renew_lease(7.9)
        assert limits.rlimit(psutil.RLIMIT_CPU)[0] == 7 + CPU_LEASE_S
    finally:
        process.kill()
        process.wait_for_end(DEADLINE_S)
    assert process.find_end() == "was ended by SIGKILL"


def test_without_a_renewed_lease_the_kernel_ends_a_spin(state: Path) -> None:
    """Even if control hangs."""
    (state / "build" / "spin.py").write_text("while True: pass")
    process = AnalyserProcess(Build(version="1", module="spin", folder=str(state / "build")), state / "run")
    try:
        until(lambda: psutil.Process(process.pid).cmdline()[-2:] == ["-m", "spin"], "the spin")
        psutil.Process(process.pid).rlimit(psutil.RLIMIT_CPU, (1, 1))
        until(process.find_end, "its end")
    finally:
        process.kill()
        process.wait_for_end(DEADLINE_S)
    assert process.find_end() in {"was ended by SIGXCPU", "was ended by SIGKILL"}


PARENT = textwrap.dedent("""
    import sys
    from pathlib import Path
    from holdfast.adapters.analysis.process import AnalyserProcess
    from holdfast.model.component import Build

    process = AnalyserProcess(Build(version="1", module="spin", folder=sys.argv[1]), Path(sys.argv[2]))
    print(process.pid, flush=True)
    sys.stdin.read()
""")


def test_a_component_ends_with_control(state: Path) -> None:
    (state / "build" / "spin.py").write_text("while True: pass")
    arguments = [sys.executable, "-c", PARENT, str(state / "build"), str(state / "run")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as control:
        assert control.stdout is not None
        child = psutil.Process(int(control.stdout.readline()))
        until(lambda: child.cmdline()[-2:] == ["-m", "spin"], "the spin")
        os.kill(control.pid, signal.SIGKILL)
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "its end")
