"""The short form of `tests/long/test_paging_kills.py`."""

import asyncio

from fakes.running import short_directory
from paging.kills import kill_again_and_again


def test_no_page_is_lost_or_doubled_when_control_is_killed() -> None:
    with short_directory() as folder:
        verdict = asyncio.run(kill_again_and_again(folder, kills=4, seed=1, incidents=4))
    assert verdict.ok, verdict
    assert verdict.due == 4 * 4
