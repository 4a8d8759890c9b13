"""Lives in which revisions go out all the time: so that something goes wrong in every wave of a rollout."""

from holdfast.engine.command import (
    AdvanceRollout,
    Command,
    ProposeRevision,
    ResumeRollout,
    Rollback,
    SetOwnerLimits,
    ThawChanges,
)
from holdfast.model.platform import Limits
from holdfast.model.ports import JournalUnavailable
from simulation.run import Run

NAMES = tuple("abcdefghijklmnop")


class RolloutRun(Run):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.steps |= {self.command: 60, self.begin_write: 60, self.end_write: 60, self.prove: 60, self.crash: 4}

    def _draw_command(self) -> Command | None:
        author, state = self.random.choice(("ann", "bob")), self.control.core.state
        if self.random.random() < 0.5:
            return self._draw_anything(author)
        if state.rollout is None:
            waits = state.proving is not None or self.control.core.waiting
            return None if waits else self._propose_some(author)
        if state.rollout.paused and self.random.random() < 0.3:
            return ResumeRollout(author)
        return AdvanceRollout(state.rollout.number, state.rollout.wave)

    def _draw_anything(self, author: str) -> Command:
        match self.random.randrange(6):
            case 0 | 1:
                chosen = self.random.choice((None, Limits(requests=self.random.choice((5.0, 7.0, 1e6)))))
                return SetOwnerLimits(author, self.random.choice(NAMES), chosen)
            case 2:
                return self._draw_mitigating(author, self.random.choice(NAMES))
            case 3 if self.random.random() < 0.3:
                return Rollback(author)
            case 4:
                return ThawChanges(author)
            case _:
                return self._draw_steering(author)

    def _propose_some(self, author: str) -> ProposeRevision | None:
        names = self.random.sample(NAMES, self.random.randint(2, len(NAMES)))
        try:
            content = self.outside.journal.keep_text(" ".join(names))
        except JournalUnavailable:
            return None
        return ProposeRevision(author, content, "p.yaml", at_once=self.random.random() < 0.2)
