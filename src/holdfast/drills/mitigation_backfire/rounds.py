"""Plays rounds: a sane mitigation, then a mistake, refused by prediction and then forced past it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from holdfast.drills.instruments import LoadResult, LoadRun
    from holdfast.drills.mitigation_backfire.cast import Mistake
    from holdfast.drills.mitigation_backfire.scenario import Form
    from holdfast.drills.stage.control_api import ControlApi, Proposal
    from holdfast.drills.stage.history import History
    from holdfast.model.mitigation import Measure

FOR_S: Final = 600.0
"""What is proposed would last so long, if nobody ended it."""
PREDICTION_HARMFUL: Final = "prediction_harmful"


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything that runs, and who keeps asking."""

    form: Form
    api: ControlApi
    usual: LoadRun
    history: History


@dataclass(frozen=True, slots=True)
class Trial:
    """Something that was in force, in seconds since the traffic's start: from the call to its end.

    `ended_by_watch` says that Holdfast ended it; `decided_s` is when it decided so, else infinite.
    """

    called_s: float
    over_s: float
    decided_s: float
    why_ended: str = ""

    @property
    def ended_by_watch(self) -> bool:
        """Whether Holdfast ended it by itself."""
        return math.isfinite(self.decided_s)


@dataclass(frozen=True, slots=True)
class RoundRun:
    """One round as it was. `harmless` is None where none was proposed, or where it was refused (`harmless_refused`)."""

    mistake: Mistake
    harmless: Trial | None
    harmless_refused: str
    stopped: bool
    forced: Trial | None
    forced_refused: str
    quiet_until_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All that happened."""

    usual: LoadResult
    rounds: tuple[RoundRun, ...]
    history: History


def play_round(stand: Stand, mistake: Mistake, tell: Callable[[str], None]) -> RoundRun:
    """Play one round. Raises ControlUnreachable."""
    tell(f"{mistake.service}: a {mistake.measure.kind} that {mistake.kind}")
    harmless, harmless_refused = None, ""
    if stand.form.harmless is not None:
        proposal = stand.api.propose(mistake.meant, FOR_S, "drill: what was meant")
        harmless_refused = proposal.code
        harmless = _follow(stand, proposal, stand.form.harmless)
    stopped = _is_stopped(stand, mistake.measure)
    tell("stopped by its prediction" if stopped else "not stopped by its prediction")
    proposal = stand.api.propose(mistake.measure, FOR_S, f"drill: {mistake.kind}", force=True)
    forced = _follow(stand, proposal, stand.form.watched)
    if forced is not None:
        tell(f"forced, and reverted: {forced.why_ended}" if forced.ended_by_watch else "forced, and not reverted")
    stand.history.follow(stand.form.after, lambda: False)
    return RoundRun(
        mistake, harmless, harmless_refused, stopped, forced, proposal.code, quiet_until_s=stand.history.now_s()
    )


def _is_stopped(stand: Stand, measure: Measure) -> bool:
    """Whether a mistake is refused for what it would do; what is let through is ended at once."""
    proposal = stand.api.propose(measure, FOR_S, "drill: in a hurry")
    if proposal.id is not None:
        stand.api.end(proposal.id)
    return proposal.code == PREDICTION_HARMFUL


def _follow(stand: Stand, proposal: Proposal, seconds: float) -> Trial | None:
    """Wait so long, and end what hasn't been ended by itself; None for what was refused."""
    if proposal.id is None:
        return None
    called_s = (proposal.called_ns - stand.usual.started_ns) / 1e9
    left_s = called_s + seconds - (time.monotonic_ns() - stand.usual.started_ns) / 1e9
    stand.history.follow(max(0.0, left_s), lambda: False)
    past = stand.history.mitigations.get(proposal.id)
    if past is not None and math.isfinite(past.ended_s):
        return Trial(called_s, stand.history.now_s(), past.ended_s, past.why_ended)
    stand.api.end(proposal.id)
    return Trial(called_s, stand.history.now_s(), math.inf)
