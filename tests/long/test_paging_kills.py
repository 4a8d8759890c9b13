"""A hundred SIGKILLs of control while it pages people. `./dev test tests/long` runs this."""

import asyncio

import pytest

from fakes.running import short_directory
from paging.kills import kill_again_and_again


@pytest.mark.timeout(1_200)
def test_no_page_is_lost_or_doubled_over_a_hundred_kills() -> None:
    with short_directory() as folder:
        verdict = asyncio.run(kill_again_and_again(folder, kills=100, seed=7, incidents=60))
    print(verdict)
    assert verdict.ok, verdict
