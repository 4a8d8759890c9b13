import json
import math
from pathlib import Path

from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.drills.bad_route_push.rollouts import read_rollouts
from holdfast.drills.bad_route_push.timing import DrillClock
from holdfast.model.event import RevisionInForce, RevisionRolledBack, RolloutBegan, WaveBegan
from holdfast.model.rollout import Wave
from holdfast.runtime.state_dir import StateDir


def test_rollouts_are_read_with_who_was_first_and_how_they_ended(tmp_path: Path) -> None:
    places, clock = StateDir(tmp_path), DrillClock.since(0)
    unix_s = clock.offset.unix_minus_monotonic_s
    journal = SqlJournal(places.journal)
    cohorts = journal.keep_text(json.dumps({"cohorts": [["b"], ["a", "c"]]}))
    waves = (Wave(cohort=0, services=1), Wave(cohort=1, services=2))
    who = {"author": "admin", "at": unix_s + 5}
    journal.append(
        [
            RolloutBegan(**who, number=2, cohorts=cohorts, waves=waves),
            WaveBegan(**who, number=2, wave=1),
            RevisionInForce(author="admin", at=unix_s + 7, number=2),
            RolloutBegan(**who, number=3, cohorts=cohorts, waves=waves),
            RevisionRolledBack(author="admin", at=unix_s + 9, number=3, wave=0, why="it does harm"),
            RevisionInForce(**who, number=4),
        ]
    )
    journal.close()
    found = read_rollouts(places, clock)
    assert found.keys() == {2, 3}
    assert (found[2].first, found[2].waves, found[2].wave) == (frozenset({"b"}), 2, 1)
    assert (round(found[2].began_s, 3), round(found[2].in_force_s, 3), found[2].rolled_back_s) == (5.0, 7.0, math.inf)
    assert (round(found[3].rolled_back_s, 3), found[3].wave, found[3].why) == (9.0, 0, "it does harm")
