"""How much of a location's capacity is shared out while it is steered: as much as it turns out to carry."""

from typing import Final

from holdfast.mitigate.load import Load
from holdfast.model.platform import Capacity

AIM: Final = 0.95
"""Of the capacity, the most that is shared out: at the whole of it a queue would never shrink."""
TOP: Final = 0.86
"""With this part of the capacity steering begins while the load rises: it isn't known whether the location lets
requests wait or turns them away."""
LESS: Final = 0.95
MORE: Final = 1.05
MORE_AT_THE_TOP: Final = 1.015
MORE_AT_THE_BRIM: Final = 1.005
QUEUE_S: Final = 0.05
"""How the budget follows what the location turns out to carry, each second: down while more waits than it can do in
`QUEUE_S`, and back up when nothing does, slowly from `TOP` of the capacity on, and more slowly there if any request
failed. A short queue keeps it busy."""
FOLLOWED_S_MAX: Final = 3.0
"""However long ago the budget was last changed, it follows as for no more than this."""
BUDGET_MIN: Final = 0.25
"""Never less than this part of the capacity is shared out, whatever is in flight."""
TURNED_AWAY: Final = (0.0004, 0.05)
"""The same for a location that turns away what it has no place for, by the share of critical requests: up to the first
it goes up; beyond it no further than `TOP`, which is about what lumps of requests leave of the capacity; beyond the
second down, since the location can't do what was said. These are requests that failed however often they were tried
again, so few of them tell of many that were turned away."""


def begin_budget(load: Load, capacity: Capacity) -> float:
    """What is shared out at first, in requests per second."""
    return (TOP if load.growth > 0 else AIM) * capacity.requests


def follow_capacity(budget_rps: float, load: Load, capacity: Capacity, for_s: float) -> float:
    """The budget after so many more seconds: what the location seems to carry, in requests per second."""
    passed_s = min(for_s, FOLLOWED_S_MAX)
    top = TOP * capacity.requests
    less = budget_rps * float(LESS**passed_s)
    at_the_top = MORE_AT_THE_BRIM if load.is_failing else MORE_AT_THE_TOP
    more = budget_rps * float((at_the_top if budget_rps >= top else MORE) ** passed_s)
    not_beyond_top, less_from = TURNED_AWAY
    if load.crowd > QUEUE_S * capacity.requests or (load.crowd <= 0 and load.turned_away > less_from):
        return max(less, BUDGET_MIN * capacity.requests)
    if load.crowd > 0:
        return budget_rps
    if load.turned_away > not_beyond_top:
        return min(more, top)
    return min(more, AIM * capacity.requests)
