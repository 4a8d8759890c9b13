"""What `holdfast up` says of a paging file that can't be used, before anything is begun."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.process import HOLDFAST, Installation
from fakes.running import short_directory

BAD = "people: {ann: {channels: {x: {email: s3cret}}}}\nteams: {core: {people: [bob]}}\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_directory() as found:
        yield found


@pytest.mark.parametrize(("mode", "codes"), [(0o600, ["HF001", "HF002"]), (0o640, ["HF012"])])
def test_a_paging_file_that_cant_be_used_keeps_a_first_control_from_starting(
    folder: Path, mode: int, codes: list[str]
) -> None:
    platform, paging = Installation(folder / "state").file, folder / "paging.yaml"
    paging.touch(mode)
    paging.write_text(BAD)
    command = [*HOLDFAST, "up", str(platform), "--state", str(folder / "state"), "--api", "127.0.0.1:0"]
    ended = subprocess.run([*command, "--paging", str(paging)], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1, ended.stderr
    assert all(code in ended.stderr for code in codes)
    assert "s3cret" not in ended.stderr + ended.stdout
