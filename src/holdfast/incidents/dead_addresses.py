"""When an address is dead: whoever has it refuses letter after letter, over days.

One letter doesn't say so, since servers refuse in error; nor do many within an hour, which are one incident's. Mail
goes by one server of our own: as long as it hands over nothing to anybody, it is that server, and not the readers.
"""

from typing import Final

from holdfast.model.letter import ChannelKind, Refusals

REFUSED_MIN: Final = 3
"""Letters refused for good, one after the other, none taken in between."""
REFUSED_OVER_S: Final = 3 * 86_400.0
"""From the first of them to the latest."""


def is_dead(refusals: Refusals, arrived_at: float | None) -> bool:
    """Whether an address is; a letter of its kind last arrived anywhere at a Unix time, in seconds."""
    if refusals.count < REFUSED_MIN or refusals.latest_at - refusals.first_at < REFUSED_OVER_S:
        return False
    return refusals.kind is ChannelKind.WEBHOOK or (arrived_at is not None and arrived_at > refusals.first_at)
