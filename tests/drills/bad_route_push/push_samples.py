"""Made-up runs of the drill: what clients were answered around a push."""

from dataclasses import dataclass, field

from drills.load_samples import Stretch, make_result
from holdfast.drills.bad_route_push.answers import Answers, collect_answers
from holdfast.drills.bad_route_push.pushes import Push
from holdfast.drills.bad_route_push.rollouts import PastRollout
from holdfast.drills.bad_route_push.timing import DrillClock

FIRST = frozenset(f"tenant-{n:02}" for n in range(1, 51))
OTHERS = frozenset(f"tenant-{n:02}" for n in range(51, 61))
NAMES = tuple(sorted(FIRST | OTHERS))
RPS = 10.0
END_S = 100.0


@dataclass
class Traffic:
    """Everybody is answered well, but for `wrong`: services, from when to when, and with which status."""

    wrong: list[tuple[frozenset[str], float, float, int]] = field(default_factory=list)

    def lose(self, services: frozenset[str], start_s: float, end_s: float, status: int = 404) -> "Traffic":
        """Requests of these services that are due within a time go wrong, at as many a second as go well."""
        self.wrong.append((services, start_s, end_s, status))
        return self

    def answer(self) -> Answers:
        """All of it, half at each of two edges."""
        stretches = [Stretch(name, 0, END_S, RPS / 2) for name in NAMES]
        stretches += [Stretch(n, a, b, RPS / 2, status=s) for names, a, b, s in self.wrong for n in sorted(names)]
        results = [make_result(*stretches), make_result(*stretches)]
        return collect_answers(results, NAMES, DrillClock.since(0))


def make_push(called_s: float = 40.0, told_s: float = 47.0, quiet_s: float = 60.0, number: int = 3) -> Push:
    """A push that was forced past its plan."""
    return Push(number, called_s, told_s, quiet_s)


def make_rollout(began_s: float = 42.0, rolled_back_s: float = 46.0, wave: int = 0) -> PastRollout:
    """The rollout that it began."""
    return PastRollout(began_s, FIRST, 3, wave, rolled_back_s=rolled_back_s, why="it does harm")
