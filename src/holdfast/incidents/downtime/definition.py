"""When a service, component, tenant or region counts as down or degraded: the definition, in requests.

A request is *owed* an answer unless it was refused for what its sender did: beyond a limit (429), blocked, denied, or
not what the service accepts. Of those owed one, these are *lost*: answered 5xx, not answered, refused for want of room,
refused since the service is switched off or held back; and *given up*: its client left after a second or longer
(`Metric.GIVEN_UP`) in which no answer had begun, unless the service's answers usually take so long. Everything is by
requests, so that a group of services is judged by what most of its users met.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.downtime import Standing
from holdfast.model.telemetry import Metric

SLOT_S: Final = 5.0
"""What counts are gathered in, and judged by."""
DOWN_SHARE: Final = 0.5
"""Down: at least so much of what was owed was lost."""
DEGRADED_SHARE: Final = 0.05
"""Degraded: at least so much was lost; or read-only was what so much was owed of."""
SLOW_SHARE: Final = 0.25
"""Degraded: at least so much of what was owed took a second (`Metric.SLOWER`) or longer."""
SLOW_USUAL_MAX: Final = 0.05
"""Whose answers usually take so long (this share of them) isn't judged by it, nor by who doesn't wait for them."""
BRIDGE_SLOTS: Final = 12
"""Time that nobody measured is taken for what was before and after it, if that is the same; no longer than this."""
QUIET_SLOTS: Final = 180
"""Time that nobody asked is taken for what was before and after it, if that is the same; no longer than this."""

Floats = NDArray[np.float32]


class Column(IntEnum):
    """What is kept of a slot, in requests but for the last."""

    OFFERED = 0
    OWED = 1
    LOST = 2
    LATE = 3
    """Of those lost, the ones that were lost after a wait: asked for long before they were counted."""
    SLOW = 4
    """Answered well, but late."""
    READ_ONLY = 5
    """Owed, of services whose writes are refused for now."""
    REFUSED = 6
    """By limits, walls and mitigations, whether lost or not."""
    FAILED = 7
    """Sent on, and answered 5xx by the upstream or for want of one."""
    KNOWN_S = 8
    """Seconds that this slot makes known."""


COLUMNS: Final = len(Column)


def count_slot(
    raw: NDArray[np.float64],
    switched_off: NDArray[np.bool_],
    read_only: NDArray[np.bool_],
    usually_slow: NDArray[np.bool_] | bool = False,
) -> Floats:
    """From what edges counted of services, shape (services, METRICS), to a slot: shape (services, COLUMNS).

    The flags have the shape (services,). A mitigation's refusals are lost requests if it switches the service off
    (kill, hold); those of writes make it read-only; those of blocked clients are neither. What is late may have been
    let in before this slot. What was given up counts when it was.
    """
    of = raw.T
    mitigated, failed = of[Metric.MITIGATED], of[Metric.FAILED]
    refused_all = np.where(switched_off, mitigated, 0)
    given_up = np.where(usually_slow, 0, of[Metric.GIVEN_UP])
    lost = failed + of[Metric.SHED] + refused_all + given_up
    late = np.minimum(failed, of[Metric.SLOWEST])
    owed = np.maximum(of[Metric.ADMITTED] + of[Metric.SHED] + refused_all, lost - late)
    slow = np.maximum(of[Metric.SLOWER] - failed - given_up, 0)
    columns = (
        of[Metric.OFFERED],
        owed,
        lost,
        late,
        np.minimum(slow, owed - (lost - late)),
        np.where(read_only, owed, 0),
        of[Metric.LIMITED] + of[Metric.SHED] + mitigated,
        failed,
        np.zeros_like(owed),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def judge_shares(lost: float, slow: float, read_only: float) -> Standing:
    """How something does that loses, delays and refuses writes of these shares of what it owes."""
    if lost >= DOWN_SHARE:
        return Standing.DOWN
    is_degraded = lost >= DEGRADED_SHARE or slow >= SLOW_SHARE or read_only >= DEGRADED_SHARE
    return Standing.DEGRADED if is_degraded else Standing.UP
