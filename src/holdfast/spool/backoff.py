"""How long after a failed attempt the next one comes."""

from typing import Final

FIRST_S: Final = 0.5
LAST_S: Final = 60.0
PAUSE_S: Final = 0.1
PAUSE_S_MAX: Final = 5.0
DOWN_S_MAX: Final = 2 * PAUSE_S_MAX
"""A message's longest wait while the upstream takes nobody's: long enough for another to be tried before it."""
HELD_UP_S: Final = 0.25
HELD_UP_S_MAX: Final = 2.0
DOUBLINGS_MAX: Final = 20


def back_off_s(attempts: int, chance: float, retry_after_s: float = 0.0, last_s: float = LAST_S) -> float:
    """Seconds until a message's next attempt after `attempts` failed ones; `chance` is uniform in 0..1.

    Between half and all of a time that doubles up to `last_s`; never sooner than the upstream asked for.
    """
    return max(retry_after_s, _double(FIRST_S, attempts - 1, last_s) * (0.5 + 0.5 * chance))


def pause_s(failures: int, chance: float) -> float:
    """Seconds for which an upstream is left alone after so many failures in a row: 0 after the first.

    It is asked by one message at a time then, and again soon, so that its return is noticed.
    """
    if failures < 2:
        return 0.0
    return _double(PAUSE_S, failures - 2, PAUSE_S_MAX) * (0.5 + 0.5 * chance)


def held_up_s(times: int, chance: float) -> float:
    """Seconds until it is tried again whether what we do ourselves still holds messages up."""
    return _double(HELD_UP_S, times - 1, HELD_UP_S_MAX) * (0.5 + 0.5 * chance)


def _double(first_s: float, times: int, last_s: float) -> float:
    return min(last_s, first_s * 2.0 ** min(max(times, 0), DOUBLINGS_MAX))
