"""People and channels that take pages, or don't, in virtual time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from holdfast.incidents.escalation import Case, Escalation, PageOrder, Reachable, plan_pages
from holdfast.model.letter import LetterState, LetterStatus
from holdfast.model.paging import NEXT_ON_CALL, ON_CALL, WHOLE_TEAM, EscalationPolicy, Step

LATER_S = 1_800.0
"""After so long a page that nobody takes is given up."""


@dataclass(frozen=True)
class Way:
    """How a channel is: it takes pages after a while (`takes_s`), or refuses them (`refuses_s`); never, if neither."""

    takes_s: float | None = None
    refuses_s: float | None = None

    def settle(self, letter: LetterState, now: float) -> LetterState:
        """What became of a letter meanwhile."""
        for after_s, status, error in (
            (self.takes_s, LetterStatus.SENT, None),
            (self.refuses_s, LetterStatus.FAILED, "it refuses"),
            (LATER_S, LetterStatus.FAILED, "not taken in time"),
        ):
            if after_s is not None and now >= letter.put_at + after_s:
                return replace(letter, status=status, changed_at=letter.put_at + after_s, error=error)
        return letter


TAKES, REFUSES, HANGS = Way(takes_s=0.1), Way(refuses_s=0.1), Way()


@dataclass
class Town:
    """Who can be paged, what became of every page, and the time. Every key is put once, or the test fails."""

    ways: dict[tuple[str, str], Way]
    people: dict[str, list[str]]
    """The people whom a step's words mean, in order."""
    policy: EscalationPolicy
    case: Case = field(default_factory=lambda: Case("i-1", 0.0))
    now: float = 0.0
    letters: dict[str, LetterState] = field(default_factory=dict)
    orders: list[tuple[float, PageOrder]] = field(default_factory=list)
    ordered: dict[str, PageOrder] = field(default_factory=dict)

    def find_people(self, page: str, _at: float) -> Sequence[Reachable]:
        names = self.people.get(page, [])
        return [Reachable(name, tuple(c for p, c in self.ways if p == name)) for name in names]

    def look(self) -> Escalation:
        """What is planned now; it is put."""
        found: dict[str, LetterState | None] = {key: self._read(key) for key in self.letters}
        while True:
            plan = plan_pages(self.case, self.policy, self.find_people, found, self.now)
            if not plan.ask:
                break
            found |= {key: self._read(key) for key in plan.ask}
        for order in plan.put:
            assert order.key not in self.letters, order.key
            self.letters[order.key] = LetterState(order.key, LetterStatus.WAITING, 0, self.now, self.now)
            self.orders.append((self.now, order))
            self.ordered[order.key] = order
        return plan

    def play(self, until: float, step_s: float = 0.5, stop: Callable[[], bool] = lambda: False) -> Escalation:
        """Let time go on; a look every `step_s`, or when one is due if that is later."""
        plan = self.look()
        while self.now < until and not stop() and not plan.exhausted:
            due = plan.next_at if plan.next_at > self.now else inf
            self.now = min(self.now + step_s, max(due, self.now + step_s), until)
            plan = self.look()
        return plan

    def sent(self) -> list[tuple[str, str]]:
        """Who was reached by what, in the order in which it was put."""
        return [(o.person, o.channel) for _, o in self.orders if self._read_known(o.key).status is LetterStatus.SENT]

    def put(self) -> list[tuple[float, str, str]]:
        """When who was tried by what."""
        return [(round(at, 1), order.person, order.channel) for at, order in self.orders]

    def _read(self, key: str) -> LetterState | None:
        return self._read_known(key) if key in self.letters else None

    def _read_known(self, key: str) -> LetterState:
        order = self.ordered[key]
        return self.ways[order.person, order.channel].settle(self.letters[key], self.now)


def make_policy(
    *, repeat: int = 1, taken_within: float = 30.0, again_after: float | None = 3_600.0
) -> EscalationPolicy:
    """On call, then next, then the team, with five minutes each."""
    steps = tuple(Step(page=page, wait=300.0) for page in (ON_CALL, NEXT_ON_CALL, WHOLE_TEAM))
    return EscalationPolicy(steps=steps, repeat=repeat, taken_within=taken_within, again_after=again_after)


def make_town(ways: dict[tuple[str, str], Way], policy: EscalationPolicy | None = None) -> Town:
    """Ann is on call, Bob is next, and both with Cat are the team."""
    people = {ON_CALL: ["ann"], NEXT_ON_CALL: ["bob"], WHOLE_TEAM: ["ann", "bob", "cat"]}
    return Town(ways, people, policy or make_policy())
