"""Who is to be paged next for an incident, by which channel, and when to look again.

Nothing is remembered: everything follows from the incident, the policy, who is on call, and what became of the letters
that were put before. So whatever is killed, the same pages bear the same keys, and none is put twice.

A series is a run through a policy's steps. The first begins when the incident opens and ends when somebody
acknowledges; another begins when it is opened again, and whenever nobody has written a word about an acknowledged
incident for the policy's time.
A step that nobody looked at for longer than it lasts isn't over before the channels that are left were tried.
A step in which nobody can be reached is over at once; a repetition begins no sooner than the first step's wait after
the run before it began, so that channels that fail at once don't use up all repetitions at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final

from holdfast.model.letter import LetterState, LetterStatus
from holdfast.model.paging import EscalationPolicy

FIRST: Final = "first"
"""The series that an incident begins with."""
AGAIN: Final = "again-"
"""What the names of series begin with that are begun because an incident was forgotten."""
Outcomes = Mapping[str, LetterState | None]
"""What became of letters by key; None where no such letter was put. A key that is missing hasn't been looked up."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """A person with the names of the channels to try, in order; who has none is passed over."""

    person: str
    channels: tuple[str, ...]


FindPeople = Callable[[str, float], Sequence[Reachable]]
"""Whom a step's `page` means at a moment (Unix time, in seconds)."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is escalated: `id` names the incident; times are Unix times, in seconds.

    `reopened_at` is when it was opened again last, with nobody working on it. `word_at` is when somebody last wrote
    about it, acknowledging included; None before it is acknowledged.
    """

    id: str
    opened_at: float
    acknowledged: bool = False
    word_at: float | None = None
    reopened_at: float | None = None


@dataclass(frozen=True, slots=True)
class PageOrder:
    """A page to put. `step` counts from 1 through all repetitions; `again` is set where the incident was forgotten."""

    key: str
    person: str
    channel: str
    step: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """What is to be done now. `ask` are keys to be looked up before anything else can be said.

    `orders` are all pages of the series so far, and `put` those of them that are to be put now. `next_at` is when to
    look again though nothing changes. `exhausted`: all steps and repetitions are over.
    """

    ask: tuple[str, ...] = ()
    put: tuple[PageOrder, ...] = ()
    orders: tuple[PageOrder, ...] = ()
    next_at: float = inf
    exhausted: bool = False


def plan_pages(
    case: Case, policy: EscalationPolicy, find_people: FindPeople, outcomes: Outcomes, now: float
) -> Escalation:
    """What is to be done about a case at a moment (Unix time, in seconds)."""
    if not case.acknowledged:
        began_at = case.opened_at if case.reopened_at is None else case.reopened_at
        return _Series(case, name_series(case), began_at, policy, find_people, outcomes, now).plan()
    if policy.again_after is None or case.word_at is None:
        return Escalation()
    due_at = case.word_at + policy.again_after
    if now < due_at:
        return Escalation(next_at=due_at)
    return _Series(case, name_series(case), due_at, policy, find_people, outcomes, now).plan()


def name_series(case: Case) -> str:
    """What a case's series is called: another after every word that somebody writes, and after every reopening."""
    if case.acknowledged:
        return f"{AGAIN}{round((case.word_at or 0.0) * 1000)}"
    return FIRST if case.reopened_at is None else f"reopened-{round(case.reopened_at * 1000)}"


def name_prefix(incident: str, series: str | None = None) -> str:
    """What the keys of all pages for an incident begin with, or of one series."""
    return f"page/{incident}/{series}/" if series else f"page/{incident}/"


def bound_pages(policy: EscalationPolicy, people: int, channels: int) -> int:
    """The most pages of one series, if a step means so many people with so many channels."""
    return (policy.repeat + 1) * len(policy.steps) * people * channels


@dataclass(slots=True)
class _Series:
    """One run through the steps, played again from its beginning up to now."""

    case: Case
    name: str
    began_at: float
    policy: EscalationPolicy
    find_people: FindPeople
    outcomes: Outcomes
    now: float
    ask: list[str] = field(default_factory=list)
    put: list[PageOrder] = field(default_factory=list)
    orders: list[PageOrder] = field(default_factory=list)
    next_at: float = inf

    def plan(self) -> Escalation:
        at, round_at, steps = self.began_at, self.began_at, len(self.policy.steps)
        for number in range(1, steps * (self.policy.repeat + 1) + 1):
            if number > 1 and number % steps == 1 % steps:
                at = round_at = max(at, round_at + self.policy.steps[0].wait)
            if at > self.now:
                self._look_at(at)
                return self._conclude()
            over_at = self._play_step(number, at)
            if over_at is None:
                return Escalation(ask=tuple(self.ask)) if self.ask else self._conclude()
            at = over_at
        return replace(self._conclude(), exhausted=True)

    def _conclude(self) -> Escalation:
        return Escalation((), tuple(self.put), tuple(self.orders), self.next_at)

    def _play_step(self, number: int, at: float) -> float | None:
        """When a step that begins at a moment was over; None if it isn't yet, or not all is known."""
        step = self.policy.steps[(number - 1) % len(self.policy.steps)]
        people = self._find_people(number, step.page, at)
        began_at = self._find_beginning(number, people, at)
        if self.ask:
            return None
        lost_at = [self._play_person(number, person, began_at) for person in people]
        if self.ask:
            return None
        if all(lost is not None for lost in lost_at):
            return max([at, *(lost for lost in lost_at if lost is not None)])
        grace_s = min(step.wait, self.policy.taken_within)
        over_at = self._extend(began_at + step.wait, grace_s, number, people)
        if over_at <= self.now and not self.put:
            return over_at
        if over_at > self.now:
            self._look_at(over_at)
        return None

    def _extend(self, over_at: float, grace_s: float, number: int, people: Sequence[Reachable]) -> float:
        """When a step is over that should be at a moment: channels that were only tried after that get their time."""
        states = [self._look_up(self._order(number, p, name)) for p in people for name in p.channels]
        late = (state.put_at for state in states if state is not None and state.put_at >= over_at)
        return max((put_at + grace_s for put_at in late), default=over_at)

    def _find_people(self, number: int, page: str, at: float) -> Sequence[Reachable]:
        """Whom the step means when it begins: those who are on call then, once each."""
        moment = at if any(self._known(number, p) for p in self.find_people(page, at)) else max(at, self.now)
        found = {person.person: person for person in self.find_people(page, moment) if person.channels}
        return tuple(found.values())

    def _known(self, number: int, person: Reachable) -> bool:
        return any(self._look_up(self._order(number, person, name)) is not None for name in person.channels)

    def _find_beginning(self, number: int, people: Sequence[Reachable], at: float) -> float:
        """When the step's first page was put; now if none was: who was dead meanwhile doesn't skip steps."""
        states = [self._look_up(self._order(number, p, name)) for p in people for name in p.channels]
        return min((state.put_at for state in states if state is not None), default=max(at, self.now))

    def _play_person(self, number: int, person: Reachable, began_at: float) -> float | None:
        """When it was known that none of somebody's channels works; None while one may, or has."""
        at = began_at
        for name in person.channels:
            order = self._order(number, person, name)
            state = self._look_up(order)
            self.orders.append(order)
            if state is None:
                self.put.append(order)
                self._look_at(self.now + self.policy.taken_within)
                return None
            if state.status is LetterStatus.SENT:
                return None
            late_at = state.put_at + self.policy.taken_within
            if state.status is LetterStatus.FAILED:
                at = max(at, min(state.changed_at, late_at))
            elif self.now < late_at:
                self._look_at(late_at)
                return None
            else:
                at = max(at, late_at)
        return at

    def _look_up(self, order: PageOrder) -> LetterState | None:
        if order.key not in self.outcomes:
            if order.key not in self.ask:
                self.ask.append(order.key)
            return None
        return self.outcomes[order.key]

    def _order(self, number: int, person: Reachable, channel: str) -> PageOrder:
        key = f"{name_prefix(self.case.id, self.name)}{number}/{person.person}/{channel}"
        return PageOrder(key, person.person, channel, number, again=self.name.startswith(AGAIN))

    def _look_at(self, at: float) -> None:
        self.next_at = min(self.next_at, at)
