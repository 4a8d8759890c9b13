"""Somebody who follows the status site by webhook, and heartbeats that prove the way of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.broken import DrillBroken
from holdfast.drills.first_words.platform_file import BEAT, FOLLOWER
from holdfast.drills.first_words.stand import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.first_words.stand import Stand
    from holdfast.drills.stage.pagers import Arrival

SUBSCRIBED_S_MAX: Final = 30.0


def follow(stand: Stand) -> None:
    """Subscribe to everything, and wait until that counts. Raises DrillBroken."""
    stand.operator.subscribe(stand.pagers.locate(FOLLOWER))
    if wait_for(SUBSCRIBED_S_MAX, lambda: stand.operator.count_subscribers() > 0) is None:
        raise DrillBroken(f"the follower's webhook didn't count within {SUBSCRIBED_S_MAX:g} s")
    stand.tell("somebody follows the status site by webhook")


def find_told_at(arrivals: Sequence[Arrival], incident: str) -> float | None:
    """When the follower was first told of an incident (Unix time, in seconds); None if never."""
    told = (each for each in arrivals if each.pager == FOLLOWER and each.taken)
    return next((each.at for each in told if each.body.get("incident", {}).get("id") == incident), None)


def list_told(arrivals: Sequence[Arrival]) -> list[str]:
    """All that the follower was told, as it arrived."""
    return [str(each.body) for each in arrivals if each.pager == FOLLOWER]


def count_beats(arrivals: Sequence[Arrival]) -> int:
    """Heartbeats that came through."""
    return sum(each.taken for each in arrivals if each.pager == BEAT)
