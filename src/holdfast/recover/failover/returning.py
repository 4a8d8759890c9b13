"""Back to a primary: when it has been well for long enough, a little more at a time, and away again once it hurts.

Within any `stay` a service moves away once at the most, and begins its way back once: a way back begins no earlier
than `stay` after it was last sent away, and what it is sent away for needs a way back before it.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.model.recovery import Failover, Policy
from holdfast.recover.failover.case import Mark, is_ours
from holdfast.recover.failover.steps import Change, Return, Step

SHARES: Final = (0.9, 0.75, 0.5, 0.25)
"""What is left at the standby, step by step."""
TRICKLE: Final = 0.99
"""Before those, where nothing but requests tells how the primary does: reads that an edge may ask of both."""
HURTS_MAX: Final = 4
"""Each way back that hurt doubles how long it is waited for the next one, up to so often."""
LAG_STAYS_MAX: Final = 2
"""For those that still see a primary fail that is well for a quorum, no longer is waited than so many times `stay`."""
EXPIRY_S: Final = 86_400.0
"""Holdfast's own moves last so long, and are prolonged: with nobody there to do it, edges keep what they have."""
PEOPLES_EXPIRY_S: Final = 600.0
"""People's moves are prolonged by so much, while what they answered goes on."""
_NAMED_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Prospect:
    """How a primary does that requests were moved away from. Times are Unix, in seconds.

    `well_since` is when a quorum began to see it well, None if none does; `hurts` whether one sees it fail now.
    `lagging` are the edges that see it fail all the same, or where a whole site returns the services that still do.
    `standby_lost` is what is said of a standby that fails; `blind` are edges that aren't heard, `heard` says whether
    most are.
    """

    well_since: float | None
    hurts: bool
    checked: bool
    standby_lost: str = ""
    blind: tuple[str, ...] = ()
    heard: bool = True
    lagging: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """What is done about a move now: at most one step; what is remembered; and what is waited for, in words.

    `is_partial`: whether that is a move on some edges only.
    """

    step: Step | None
    mark: Mark
    waits_for: str = ""
    is_partial: bool = False


def pace_return(move: Mitigation, policy: Failover, prospect: Prospect, mark: Mark, now: float) -> Pace:
    """What follows for a move in force."""
    measure = move.measure
    if not isinstance(measure, FailOver):
        return Pace(None, mark)
    mark = replace(mark, met_at=mark.met_at or now, seen_lost=mark.seen_lost or prospect.hurts)
    if not _may_end(move, policy, mark):
        why = _advise(prospect, policy, now) if policy.fail_back is Policy.SUGGEST else "people to end it"
        return _prolong(move, measure, Pace(None, mark, why), prospect, now)
    if prospect.standby_lost and not prospect.hurts and prospect.well_since is not None:
        why = f"the standby fails, the primary is well: {prospect.standby_lost}"
        return Pace(Return(move.id, why), replace(mark, fled_at=now))
    if measure.share < 1:
        return _go_on(move, measure, policy, prospect, mark, now)
    waits_for = _find_obstacle(move, policy, prospect, mark, now)
    if waits_for:
        return _prolong(move, measure, Pace(None, mark, waits_for), prospect, now)
    first = SHARES[0] if prospect.checked else TRICKLE
    why = "its primary is well again: the way back begins"
    return _step(move, measure, first, why, replace(mark, stepped_at=now))


def _go_on(move: Mitigation, measure: FailOver, policy: Failover, prospect: Prospect, mark: Mark, now: float) -> Pace:
    if prospect.hurts:
        again = replace(mark, turned_at=now, hurts=min(mark.hurts + 1, HURTS_MAX))
        return _step(move, measure, 1.0, "the way back hurt: its primary fails again", again)
    if prospect.well_since is None:
        return _prolong(move, measure, Pace(None, mark, "requests to tell how its primary does"), prospect, now)
    left_s = (mark.stepped_at or now) + policy.ramp / len(SHARES) - now
    if left_s > 0:
        kept = mark if mark.stepped_at else replace(mark, stepped_at=now)
        return _prolong(move, measure, Pace(None, kept, f"the next step back, in {left_s:.0f} s"), prospect, now)
    lower = next((share for share in SHARES if share < measure.share), None)
    if lower is not None:
        return _step(move, measure, lower, "back step by step: its primary is well", replace(mark, stepped_at=now))
    if prospect.blind and not _is_read_only(measure, policy):
        return Pace(None, mark, f"{_name_some(prospect.blind)}: it would go on to write to the standby")
    return Pace(Return(move.id, "its primary has all of its requests again, and is well"), Mark())


def _find_obstacle(move: Mitigation, policy: Failover, prospect: Prospect, mark: Mark, now: float) -> str:
    patience_s = policy.stay * 2**mark.hurts
    stays_s = patience_s - (now - max(move.started_at, mark.turned_at, mark.met_at))
    if prospect.hurts:
        return "its primary to be well: edges see it fail"
    if not prospect.heard:
        return "edges to report"
    if prospect.well_since is None and prospect.checked:
        return "edges to see its primary well"
    well_s = now - prospect.well_since if prospect.well_since is not None else math.inf
    left_s = max(stays_s, policy.stay - well_s)
    if left_s > 0:
        return f"its primary to be well for long enough: {left_s:.0f} s more"
    if prospect.lagging and well_s < LAG_STAYS_MAX * policy.stay:
        return f"its primary to be well for {_name_some(prospect.lagging)} too"
    return ""


def _may_end(move: Mitigation, policy: Failover, mark: Mark) -> bool:
    """What people moved for a reason of their own, with the primary well all along, stays where it is."""
    return policy.fail_back is Policy.AUTOMATIC and (is_ours(move) or mark.seen_lost)


def _name_some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_NAMED_MAX])


def _advise(prospect: Prospect, policy: Failover, now: float) -> str:
    if prospect.well_since is None:
        return "its primary to be well"
    well_s = now - prospect.well_since
    if well_s < policy.stay:
        return f"its primary to be well for long enough: {policy.stay - well_s:.0f} s more"
    return f"people to end it: its primary has been well for {well_s:.0f} s"


def _step(move: Mitigation, measure: FailOver, share: float, why: str, mark: Mark) -> Pace:
    changed = measure.model_copy(update={"share": share})
    return Pace(Change(move.id, changed, why, move.edges, _find_expiry(move)), mark)


def _prolong(move: Mitigation, measure: FailOver, pace: Pace, prospect: Prospect, now: float) -> Pace:
    """Ours while it isn't ended; people's while what it answers goes on."""
    expiry_s = _find_expiry(move)
    is_needed = is_ours(move) or (pace.mark.seen_lost and prospect.well_since is None)
    if not is_needed or move.expires_at - now > expiry_s / 2:
        return pace
    why = "prolonged: it is still needed"
    return replace(pace, step=Change(move.id, measure, why, move.edges, expiry_s))


def _find_expiry(move: Mitigation) -> float:
    return EXPIRY_S if is_ours(move) else PEOPLES_EXPIRY_S


def _is_read_only(measure: FailOver, policy: Failover) -> bool:
    return policy.read_only if measure.read_only is None else measure.read_only
