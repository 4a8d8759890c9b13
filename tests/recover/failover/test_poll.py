"""What edges see, taken together."""

from __future__ import annotations

import pytest

from holdfast.recover.failover.poll import BLIND_S, poll
from holdfast.recover.failover.sight import Sight, Verdict

NOW = 100.0
EDGES = ("a", "b", "c", "d", "e")
_VERDICTS = {"F": Verdict.FAILING, "W": Verdict.WELL, "?": Verdict.UNKNOWN}


def ask(seen: str, quorum: int | None = None) -> tuple[bool, bool]:
    """Whether it is lost, and whether it is well: a letter for each edge, `.` for one that isn't heard."""
    sights = {
        edge: Sight(_VERDICTS[letter], 90.0, "so", checked=True, endpoints=(letter != "F", 1), heard_at=NOW)
        for edge, letter in zip(EDGES, seen, strict=False)
        if letter in "FW"
    }
    heard = {edge: NOW - (2 * BLIND_S if letter == "." else 0) for edge, letter in zip(EDGES, seen, strict=False)}
    found = poll(sights, EDGES[: len(seen)], heard, quorum, NOW)
    return found.lost_since is not None, found.well_since is not None


@pytest.mark.parametrize(
    ("seen", "quorum", "expected"),
    [
        ("F", None, (True, False)),
        ("W", None, (False, True)),
        ("?", None, (False, False)),
        ("FW", None, (False, False)),
        ("FFW", None, (True, False)),
        ("FWW", None, (False, True)),
        ("F??", None, (True, False)),
        ("FFWWW", None, (False, True)),
        ("FFFWW", None, (True, False)),
        ("F..", None, (False, False)),
        ("FF.", None, (True, False)),
        ("...", None, (False, False)),
        ("FWWWW", 1, (True, True)),
        ("FFWWW", 3, (False, True)),
        ("FF", 5, (True, False)),
    ],
)
def test_a_quorum_decides(seen: str, quorum: int | None, expected: tuple[bool, bool]) -> None:
    assert ask(seen, quorum) == expected


def test_it_is_lost_since_the_last_of_the_quorum_saw_it() -> None:
    since = {"a": 10.0, "b": 50.0, "c": 90.0}
    sights = {e: Sight(Verdict.FAILING, at, "so", endpoints=(0, 1), heard_at=NOW) for e, at in since.items()}
    assert poll(sights, since, dict.fromkeys(since, NOW), None, NOW).lost_since == 50.0
