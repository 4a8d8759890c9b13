import os
import resource
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from holdfast.adapters.envoy.process import EnvoyProcess

MANY = 1_100
"""More than `select` can tell apart."""


@pytest.fixture
def many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * MANY, before[1]), before[1]))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY)]
    yield
    for descriptor in opened:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_files")
def test_a_process_is_ended_however_many_files_are_open() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            envoy = EnvoyProcess(process.pid, psutil.Process(process.pid).create_time())
            envoy.stop()
            assert not envoy.is_alive()
        finally:
            process.kill()
