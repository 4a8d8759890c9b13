"""Plays acts: the primary site is lost for a while and given back, and then everything must be as before."""

from __future__ import annotations

import math
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import start_load
from holdfast.drills.provider_loss.places import LOCATIONS, PRIMARY
from holdfast.drills.provider_loss.scenario import Loss
from holdfast.drills.provider_loss.traffic import plan_crowd
from holdfast.model.mitigation import FailOver, Hold, ReadOnly, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from holdfast.drills.instruments import LoadResult
    from holdfast.drills.provider_loss.cast import Cast, Trouble
    from holdfast.drills.provider_loss.losses import Losses
    from holdfast.drills.provider_loss.machines import Sites
    from holdfast.drills.provider_loss.scenario import Form, ProviderLoss
    from holdfast.drills.stage.history import History
    from holdfast.drills.stage.machine import Cores

CROWD_AHEAD_S: Final = 1.0
"""By so much the crowd is there before the site is lost."""
LOOK_S: Final = 0.5
SPARE_S: Final = 30.0
RECOVERING: Final = (FailOver, ReadOnly, Hold, Spool)
"""Measures against losses; others, as against a crowd, may last longer."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything that runs while acts are played, and whoever is told what happens."""

    scenario: ProviderLoss
    form: Form
    cast: Cast
    cores: Cores
    port_of: Mapping[str, int]
    sites: Sites
    losses: Losses
    history: History
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """One loss as it was, in seconds since the traffic's start.

    Lost from `lost_s` to `healed_s`; at `back_s` nothing was in force any more that Holdfast had done about it, and
    all machines answered again, infinite if that never came. The act was over at `over_s`. `crowd` is what a crowd was
    answered, edge by edge.
    """

    trouble: Trouble
    lost_s: float
    healed_s: float
    back_s: float
    over_s: float
    crowd: tuple[LoadResult, ...] = ()

    @property
    def loss(self) -> Loss:
        """How the site was lost."""
        return self.trouble.loss


def play_act(stand: Stand, trouble: Trouble) -> Act:
    """Play one act. Raises ControlUnreachable, InstrumentError, OSError."""
    history, form = stand.history, stand.form
    _follow(stand, trouble.pause_s)
    crowd: list[LoadResult] = []
    with _crowd(stand, trouble, crowd):
        lost_s = history.now_s()
        stand.tell(f"the primary site is {trouble.loss}")
        if trouble.loss is Loss.FLAPPING:
            stand.losses.flap(trouble, lambda seconds: _follow(stand, seconds))
        else:
            with stand.losses.lose(trouble):
                _follow(stand, form.lost)
        healed_s = history.now_s()
    stand.tell("it is given back")
    back_s = _await_back(stand, healed_s)
    stand.tell("everything is as before" if math.isfinite(back_s) else "not everything is as before")
    _follow(stand, form.settle)
    return Act(trouble, lost_s, healed_s, back_s, history.now_s(), tuple(crowd))


@contextmanager
def _crowd(stand: Stand, trouble: Trouble, results: list[LoadResult]) -> Iterator[None]:
    """While the block runs, many more ask at all edges of the location; nobody does for other losses."""
    if trouble.loss is not Loss.CROWDED:
        yield
        return
    seconds = stand.form.lost + SPARE_S
    with ExitStack() as stack:
        plans = [plan_crowd(stand.scenario, stand.cast, stand.port_of[edge], seconds) for edge in LOCATIONS["us"]]
        loads = [stack.enter_context(start_load(plan, stand.cores.flood)) for plan in plans]
        _follow(stand, CROWD_AHEAD_S)
        yield
        results.extend(load.finish_early() for load in loads)


def _await_back(stand: Stand, healed_s: float) -> float:
    """When nothing is in force any more and all machines answer again; infinite if that isn't so when the time is up.

    That they do is asked of the machines themselves: edges may shun them long after the last decision has ended.
    """
    history, until_s, were_busy = stand.history, healed_s + stand.form.back, False
    while history.now_s() < until_s:
        answered = stand.sites.count_answered(PRIMARY)
        _follow(stand, LOOK_S)
        now = stand.sites.count_answered(PRIMARY)
        are_busy = all(after > before for before, after in zip(answered, now, strict=True))
        if are_busy and not were_busy:
            stand.tell("all its machines answer again")
        were_busy = were_busy or are_busy
        if are_busy and not is_anything_in_force(history):
            return history.now_s()
    return math.inf


def is_anything_in_force(history: History) -> bool:
    """Whether something that was done about a loss is still in force."""
    known = history.mitigations.values()
    return any(math.isinf(each.ended_s) and isinstance(each.measure, RECOVERING) for each in known)


def _follow(stand: Stand, seconds: float) -> None:
    stand.history.follow(seconds, lambda: False)
