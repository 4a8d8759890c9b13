"""Whether the clock is kept right: mitigations expire by it, and timelines are told by it."""

import ctypes
from typing import Final

from holdfast.model.checkup import Check, doubtful, fit

UNSYNCHRONISED: Final = 5
"""TIME_ERROR, which adjtimex(2) returns for a clock that nothing keeps right."""
_TIMEX_BYTES: Final = 512
"""More than struct timex has on any machine. All zero, it asks and changes nothing."""


def check_clock() -> Check:
    """What the kernel says of the clock."""
    return judge_clock(_ask_kernel())


def judge_clock(answer: int) -> Check:
    """`answer` is what adjtimex(2) returns; below zero if it can't be asked."""
    if answer == UNSYNCHRONISED:
        remedy = "run chrony or systemd-timesyncd; in a container, see that the host does"
        return doubtful("clock", "nothing keeps it right, as far as the kernel knows", remedy)
    if answer < 0:
        return doubtful("clock", "the kernel doesn't say whether it is kept right", "see that chrony or its like runs")
    return fit("clock", "kept right")


def _ask_kernel() -> int:
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return -1
    return int(adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
