"""Every part is killed and edges hang while deliveries are in flight: nothing is lost, doubled, overtaken or left.

The full form is `python -m bench.spooling.kills`.
"""

import asyncio
import tempfile
from pathlib import Path

import pytest
from bench.spooling.kills import run_kills


# httpcore leaves a UNIX socket that is refused, as a killed control's is, to the collector (`connect_unix_socket`).
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(300)
def test_nothing_is_lost_doubled_or_overtaken_whoever_is_killed_and_edges_are_switched_back() -> None:
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        outcome = asyncio.run(run_kills(Path(folder) / "run", kills=6, seed=3))
    assert outcome.kills.total() == 6
    assert outcome.hangs == 1
    assert outcome.closed >= 1
    assert outcome.is_well, outcome
