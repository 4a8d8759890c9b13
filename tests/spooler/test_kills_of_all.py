"""Spooler, agents, control and Envoys are killed while deliveries are in flight: nothing is lost, doubled, overtaken.

The full form is `python -m bench.spooling.kills`.
"""

import asyncio
import tempfile
from pathlib import Path

import pytest
from bench.spooling.kills import run_kills


@pytest.mark.timeout(300)
def test_nothing_is_lost_doubled_or_overtaken_whoever_is_killed() -> None:
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        outcome = asyncio.run(run_kills(Path(folder) / "run", kills=6, seed=3))
    assert outcome.kills.total() >= 4
    assert outcome.is_well, outcome
