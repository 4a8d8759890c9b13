"""The short form of `python -m bench.accepting.kills`."""

import asyncio
from pathlib import Path

from bench.accepting.kills import kill_again_and_again


def test_nothing_that_was_acknowledged_is_lost_when_the_spooler_is_killed(tmp_path: Path) -> None:
    verdict = asyncio.run(kill_again_and_again(tmp_path, kills=5, seed=1))
    assert verdict.ok, verdict
    assert verdict.acknowledged > 50
