"""Each judgement at its borders, and the looks at this very machine."""

import resource
import stat
from pathlib import Path

import pytest

from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.machine import check_clock, check_compiler, check_disk, check_envoy, check_kernel, check_limits
from holdfast.adapters.machine.clock import judge_clock
from holdfast.adapters.machine.disk import find_kind, judge_kind, judge_room, judge_sync
from holdfast.adapters.machine.kernel import judge_backlog, judge_ports, judge_system, judge_tracking
from holdfast.adapters.machine.limits import judge_cores, judge_files, judge_memory
from holdfast.adapters.machine.programs import judge_envoy
from holdfast.model.checkup import Check, Fitness

FIT, DOUBTFUL, UNFIT = Fitness.FIT, Fitness.DOUBTFUL, Fitness.UNFIT
GIB = 1 << 30


@pytest.mark.parametrize(
    ("check", "fitness"),
    [
        (judge_system("Linux", "x86_64"), FIT),
        (judge_system("Linux", "aarch64"), FIT),
        (judge_system("Linux", "armv7l"), UNFIT),
        (judge_system("Darwin", "arm64"), UNFIT),
        (judge_backlog(4_096), FIT),
        (judge_backlog(4_095), DOUBTFUL),
        (judge_ports(32_768, 60_999), FIT),
        (judge_ports(50_000, 60_999), DOUBTFUL),
        (judge_tracking(262_144), FIT),
        (judge_tracking(65_536), DOUBTFUL),
        (judge_files(resource.RLIM_INFINITY), FIT),
        (judge_files(65_536), FIT),
        (judge_files(20_000), DOUBTFUL),
        (judge_files(1_024), UNFIT),
        (judge_cores(2), FIT),
        (judge_cores(1), DOUBTFUL),
        (judge_memory(8 * GIB, 4 * GIB), FIT),
        (judge_memory(8 * GIB, 2 * GIB - 1), DOUBTFUL),
        (judge_memory(8 * GIB, GIB - 1), UNFIT),
        (judge_clock(0), FIT),
        (judge_clock(5), DOUBTFUL),
        (judge_clock(-1), DOUBTFUL),
        (judge_kind(Path("/x"), "ext4"), FIT),
        (judge_kind(Path("/x"), ""), FIT),
        (judge_kind(Path("/x"), "tmpfs"), DOUBTFUL),
        (judge_kind(Path("/x"), "overlay"), DOUBTFUL),
        (judge_kind(Path("/x"), "nfs4"), UNFIT),
        (judge_room(GIB, GIB), FIT),
        (judge_room(GIB - 1, GIB), DOUBTFUL),
        (judge_sync(0.02), FIT),
        (judge_sync(0.021), DOUBTFUL),
        (judge_envoy(Path("/e"), "/e  version: abc/1.40.3/Clean/RELEASE/BoringSSL"), FIT),
        (judge_envoy(Path("/e"), "/e  version: abc/1.31.0/Clean/RELEASE/BoringSSL"), DOUBTFUL),
        (judge_envoy(Path("/e"), "", "GLIBC_2.31 not found"), UNFIT),
    ],
)
def test_what_is_not_fit_says_what_to_do(check: Check, fitness: Fitness) -> None:
    assert check.fitness is fitness
    assert bool(check.remedy) == (fitness is not FIT)
    assert check.told


def test_settings_that_are_not_there_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "net/core").mkdir(parents=True)
    (tmp_path / "net/core/somaxconn").write_text("128\n")
    (tmp_path / "net/ipv4").mkdir()
    (tmp_path / "net/ipv4/ip_local_port_range").write_text("garbage\n")
    system, backlog = check_kernel(tmp_path)
    assert (system.name, backlog.name, backlog.fitness) == ("system", "backlog", DOUBTFUL)


def test_this_machine_is_looked_at() -> None:
    assert {"system", "backlog", "local ports"} <= {check.name for check in check_kernel()}
    assert [check.name for check in check_limits()] == ["open files", "cores", "memory"]
    assert check_clock().name == "clock"
    assert check_envoy(find_envoy()).fitness is FIT


def test_a_program_that_is_no_envoy(tmp_path: Path) -> None:
    script = tmp_path / "envoy"
    script.write_text("#!/bin/sh\necho it is broken >&2\nexit 3\n")
    assert check_envoy(script).fitness is UNFIT
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    broken = check_envoy(script)
    assert (broken.fitness, "it is broken" in broken.told) == (UNFIT, True)


def test_no_compiler_is_no_reason_not_to_serve() -> None:
    assert check_compiler(["no-such-compiler"]).fitness is DOUBTFUL
    assert check_compiler(["no-such-compiler", "sh"]).fitness is FIT


def test_a_folder_that_is_not_there_yet_is_judged_by_where_it_will_be(tmp_path: Path) -> None:
    checks = {check.name: check for check in check_disk(tmp_path / "a" / "b", 1)}
    assert set(checks) == {"state", "room", "syncs"}
    assert checks["room"].fitness is FIT
    assert not list(tmp_path.iterdir()), "nothing is left there"
    assert {check.name: check for check in check_disk(tmp_path, 1 << 62)}["room"].fitness is DOUBTFUL


def test_a_place_that_cannot_be_written() -> None:
    (only,) = check_disk(Path("/proc/self"), 1)
    assert (only.name, only.fitness) == ("state", UNFIT)
    assert find_kind(Path("/proc/self")) == "proc"
