"""What clients' answers say about a push. Pure: arrays in, numbers out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.bad_route_push.scenario import FAILING_MIN, WAVE_MIN

if TYPE_CHECKING:
    from holdfast.drills.bad_route_push.answers import Answers
    from holdfast.drills.bad_route_push.pushes import Push
    from holdfast.drills.bad_route_push.rollouts import PastRollout


@dataclass(frozen=True, slots=True)
class ScoredPush:
    """What came of a push that was forced past its plan, from the clients' side.

    `failed` of the first wave's requests got no good answer from its beginning until all was quiet; `asked` are those
    that the same services got in as long as a wave is watched, until the revision was back. `failing_share` is of those
    that were due while harm was done, `worst_share` the like of the service that lost most. `outside_failed` are
    requests of all others. Times in seconds; infinite for what never came, none where nobody was harmed.
    """

    push: Push
    rollout: PastRollout
    failed: int
    asked: int
    failing_share: float
    worst_share: float
    outside_failed: int
    harm_s: float | None
    rolled_back_s: float | None
    other_waves: int

    @property
    def failed_share(self) -> float:
        """Of the requests in as long as a wave is watched, 0 to 1."""
        return self.failed / self.asked if self.asked else 0.0

    @property
    def counts(self) -> bool:
        """Whether it is of the size that something is demanded of its time."""
        return len(self.rollout.first) >= WAVE_MIN and self.failing_share >= FAILING_MIN


def score_push(answers: Answers, push: Push, rollout: PastRollout, bake_s: float) -> ScoredPush:
    """Score one push."""
    while_under_way = answers.within(push.called_s, push.quiet_s)
    inside = while_under_way.of(rollout.first)
    first, others = while_under_way.select(inside), while_under_way.select(~inside)
    wrong = first.select(~first.is_good)
    if len(wrong) == 0:
        return ScoredPush(push, rollout, 0, 0, 0.0, 0.0, others.failed, None, None, rollout.wave)
    back_s = max(float(wrong.arrived_s.max()), push.told_s)
    harmed = first.within(float(wrong.due_s.min()), float(wrong.due_s.max()))
    watched = answers.within(min(back_s, push.quiet_s) - bake_s, back_s)
    return ScoredPush(
        push=push,
        rollout=rollout,
        failed=len(wrong),
        asked=int(np.count_nonzero(watched.of(rollout.first))),
        failing_share=harmed.failed / len(harmed) if len(harmed) else 1.0,
        worst_share=_find_worst(harmed),
        outside_failed=others.failed,
        harm_s=float(wrong.arrived_s.min()),
        rolled_back_s=back_s - float(wrong.arrived_s.min()),
        other_waves=rollout.wave,
    )


def find_p95(values_s: list[float]) -> float:
    """Nearest rank; infinite if there are none."""
    ordered = sorted(values_s)
    return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else math.inf


def _find_worst(answers: Answers) -> float:
    """The share of its requests that the service lost that lost most."""
    asked = np.bincount(answers.service, minlength=len(answers.names))
    lost = np.bincount(answers.service[~answers.is_good], minlength=len(answers.names))
    return float((lost / np.maximum(asked, 1)).max(initial=0.0))
