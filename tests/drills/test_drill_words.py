"""`holdfast drill` where it plays nothing: its list, and orders that it can't follow."""

import subprocess

import pytest

from drills.playing import DRILL, scratch, start
from holdfast.drills.catalogue import list_scenarios

__all__ = ["scratch"]


def test_drills_are_listed() -> None:
    done = subprocess.run([*DRILL, "list"], capture_output=True, text=True, timeout=60, check=True)
    assert [s.drill for s in list_scenarios() if s.drill not in done.stdout] == []


@pytest.mark.parametrize("more", [("noisy-neighbour",), ("surge-attack", "--without-protections")])
def test_a_peer_goes_with_one_drill_alone(scratch: str, more: tuple[str, ...]) -> None:
    process = start(scratch, "run", *more, "--peer", "haproxy")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--peer goes with surge-attack alone" in told


def test_an_unknown_drill_is_told(scratch: str) -> None:
    _, told = start(scratch, "run", "nosy").communicate(timeout=60)
    assert "there is no drill 'nosy'" in told
