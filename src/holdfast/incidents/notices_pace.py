"""How often subscribers are told: at once, unless they were told just now; what comes meanwhile is told together."""

from collections.abc import Sequence
from typing import Final

APART_S: Final = 60.0
"""Between two mailings."""
OFTEN: Final = 10
"""So many mailings in the last hour are many: whatever writes that much is told of less often."""
OFTEN_APART_S: Final = 600.0
HOUR_S: Final = 3_600.0


def find_next_mailing(mailed_at: Sequence[float], now: float, *, first_words: bool = False) -> float:
    """When the next mailing may be sent, given those before (Unix times, in seconds).

    One with the first words about something never waits for longer than a minute, however many there were.
    """
    recent = [at for at in mailed_at if now - HOUR_S < at <= now]
    if not recent:
        return now
    apart_s = OFTEN_APART_S if len(recent) >= OFTEN and not first_words else APART_S
    return max(now, max(recent) + apart_s)
