"""No letter is lost over a hundred kills, and none that was recorded as sent is sent again."""

from pathlib import Path

import pytest

from adapters.notify.killing import kill_again_and_again

KILLS = 100
IN_FLIGHT_MAX = 4 + 16
"""Letters that are sent at a time."""


@pytest.mark.timeout(900)
def test_letters_survive_a_hundred_kills(tmp_path: Path) -> None:
    outcome = kill_again_and_again(tmp_path / "outbox.db", KILLS, seed=1)
    assert outcome.put >= 5 * KILLS
    assert (outcome.lost, outcome.sent_again) == ([], [])
    assert outcome.copies <= KILLS * IN_FLIGHT_MAX
    assert all(len(ids) == 1 for ids in outcome.message_ids.values())
