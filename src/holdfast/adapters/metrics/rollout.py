"""Metrics of the revision on its way, and of those that went back."""

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.model.state import State


class RollbackTally:
    """Revisions that went back: those that are remembered when control starts, and all since."""

    def __init__(self) -> None:
        self.count = 0
        self._seen: frozenset[RevisionNumber] = frozenset()

    def take(self, state: State) -> None:
        """Count what went back since the last time."""
        now = frozenset(n for n, entry in state.revisions.items() if entry.status is RevisionStatus.ROLLED_BACK)
        self.count += len(now - self._seen)
        self._seen = now


def expose_rollout(page: Exposition, reading: MetricsReading, rollbacks: RollbackTally) -> None:
    """How far the revision on its way is; all zero if none is."""
    rollout = reading.state.rollout
    page.add("rollout_wave", rollout.wave + 1 if rollout else 0)
    page.add("rollout_waves", len(rollout.waves) if rollout else 0)
    page.add("rollout_paused", bool(rollout and rollout.paused))
    page.add("rollout_wave_since_seconds", rollout.since if rollout else 0)
    page.add("rollout_bake_seconds", reading.intent.platform.waves.bake if reading.intent else 0)
    page.add("rollouts_rolled_back_total", rollbacks.count)
