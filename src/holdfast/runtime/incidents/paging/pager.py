"""Wakes people: puts the pages that are due, follows what becomes of them, and notes it on the incident's timeline."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import Final, Protocol

from holdfast.engine.incident_command import NotePage
from holdfast.incidents.escalation import FIRST, Case, Escalation, PageOrder, name_prefix, name_series, plan_pages
from holdfast.incidents.maintenance import is_muted
from holdfast.incidents.on_call import Schedules, choose_team, make_finder
from holdfast.incidents.paging_words import read_alert_team, write_page
from holdfast.model.incident import Incident, Page
from holdfast.model.letter import LetterState, LetterStatus, Outbox, OutboxFull, OutboxUnavailable
from holdfast.model.paging import Loudness, Paging
from holdfast.model.state import IncidentRecord, State
from holdfast.model.token import SYSTEM
from holdfast.runtime.control import Control

LOG: Final = logging.getLogger(__name__)
FOLLOW_S: Final = 0.5
"""Between two looks at what became of pages on their way."""
LOOK_S: Final = 1.0
"""The longest between two looks while anything is open: schedules, announced work and the paging file change too."""
NOTE_S: Final = 0.2
"""The longest that a page's record is waited for."""
FOLLOWED_S: Final = 3_600.0
"""How long after an incident's last change its pages are followed: longer than any is worth sending."""
CANCELLED: Final = "cancelled"
"""The outbox's word for what was given up since somebody asked for it."""
CANCELLING_S: Final = 60.0
"""The longest that a letter may be on its way all the same after that."""


class Book(Protocol):
    """Who is paged, as it is now."""

    @property
    def paging(self) -> Paging:
        """What the paging file says."""

    @property
    def schedules(self) -> Schedules:
        """Who is on call."""


MakeLink = Callable[[str, str], str | None]
"""Where a person acknowledges an incident."""


@dataclass(slots=True)
class _Followed:
    """What is known of an incident's pages: keys of those that were put; `over` if nothing more can come of them."""

    series: str | None = None
    put: set[str] = field(default_factory=set)
    over: bool = False
    plan: Escalation = field(default_factory=Escalation)
    seen: tuple[object, ...] = ()
    looked_at: float = 0.0

    def is_due(self, seen: tuple[object, ...], now: float) -> bool:
        """Whether anything may be another than when it was looked at last."""
        same = len(seen) == len(self.seen) and all(a is b for a, b in zip(seen, self.seen, strict=True))
        return not (same and self.looked_at <= now < self.plan.next_at)


@dataclass(frozen=True, slots=True)
class PagingStanding:
    """How paging is now: what is wrong with it, and open incidents that all steps and repetitions are over for."""

    problem: str = ""
    problem_at: float | None = None
    exhausted: tuple[str, ...] = ()


class Pager:
    """Pages people for incidents. Belongs to control's event loop."""

    def __init__(self, control: Control, book: Book, outbox: Outbox, make_link: MakeLink) -> None:
        self._control = control
        self._book = book
        self._outbox = outbox
        self._make_link = make_link
        self._followed: dict[str, _Followed] = {}
        self._settled: dict[str, LetterState] = {}
        self._noted: set[str] = set()
        self.standing = PagingStanding()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            incidents = self._control.state.incidents
            wait_s = await self.look()
            await self._control.until(partial(_is_other, incidents), wait_s)

    async def look(self) -> float:
        """Do what is due; how long nothing will be, in seconds, unless something changes."""
        state, now = self._control.state, self._control.world.clock()
        waits, exhausted, problem = [LOOK_S], list[str](), ""
        for record in list(state.incidents.values()):
            try:
                plan = await self._tend(state, record, now)
            except (OutboxUnavailable, OutboxFull) as error:
                problem = f"pages can't be kept: {error}"
                continue
            except Exception:
                LOG.exception("pages for %s failed", record.incident.id)
                problem = f"pages for {record.incident.id} failed: the log says more"
                continue
            if plan is not None:
                waits.append(max(0.0, plan.next_at - now))
                if plan.exhausted and record.incident.is_open:
                    exhausted.append(record.incident.id)
        self._forget_others(state)
        self._stand(problem, tuple(exhausted), now)
        return min(waits)

    async def _tend(self, state: State, record: IncidentRecord, now: float) -> Escalation | None:
        incident = record.incident
        followed = self._followed.setdefault(incident.id, _Followed())
        if followed.over and not incident.is_open:
            return None
        if not incident.is_open:
            followed.over = await self._end(record, now)
            return None
        followed.over = False
        loudness = self._find_loudness(state, incident, now)
        seen = (record, loudness, self._book.paging, self._book.schedules)
        if not followed.is_due(seen, now):
            return followed.plan
        followed.plan = await self._escalate(record, loudness, now)
        followed.seen, followed.looked_at = seen, now
        return followed.plan

    async def _escalate(self, record: IncidentRecord, loudness: Loudness, now: float) -> Escalation:
        """Do what is due for an open incident; `next_at` of what comes of it is when something may be again."""
        incident, case = record.incident, _make_case(record)
        if loudness is Loudness.NOBODY:
            return Escalation()
        plan = await self._plan(incident, case, loudness, now)
        await self._cancel_others(self._followed[incident.id], case)
        await self._put(incident, plan.put, now)
        orders = await self._list_orders(incident, case, loudness, plan, now)
        await self._note_all(record, orders)
        waiting = bool(plan.put) or any(order.key not in self._settled for order in orders)
        return replace(plan, next_at=min(plan.next_at, now + FOLLOW_S if waiting else inf))

    def _find_loudness(self, state: State, incident: Incident, now: float) -> Loudness:
        paging = self._book.paging
        if incident.drill and not paging.drills:
            return Loudness.NOBODY
        if is_muted(incident, state.maintenances.values(), now):
            return Loudness.NOBODY
        return paging.impacts.get(incident.impact, Loudness.PAGE)

    async def _plan(self, incident: Incident, case: Case, loudness: Loudness, now: float) -> Escalation:
        paging = self._book.paging
        team = choose_team(paging, read_alert_team(incident.alert), incident.services, incident.components)
        find = make_finder(paging, self._book.schedules, team, loudness)
        known = self._followed[incident.id].put
        outcomes = dict(await self._look_up(list(known)))
        while True:
            plan = plan_pages(case, paging.find_policy(team), find, outcomes, now)
            if not plan.ask:
                return plan
            found = await self._look_up(plan.ask)
            known.update(key for key, state in found.items() if state is not None)
            outcomes.update(found)

    async def _look_up(self, keys: Sequence[str]) -> Mapping[str, LetterState | None]:
        """What became of letters; of those that nothing more can come of, the outbox is asked once."""
        found: dict[str, LetterState | None] = {key: self._settled.get(key) for key in keys}
        for state in await self._outbox.look_up([key for key, known in found.items() if known is None]):
            found[state.key] = state
            if _is_settled(state, self._control.world.clock()):
                self._settled[state.key] = state
        return found

    async def _put(self, incident: Incident, orders: Sequence[PageOrder], now: float) -> None:
        people = self._book.paging.people
        letters = [
            write_page(
                incident,
                order,
                people[order.person].channels[order.channel],
                self._make_link(incident.id, order.person),
                now,
            )
            for order in orders
        ]
        if letters:
            await self._outbox.put(letters)

    async def _cancel_others(self, followed: _Followed, case: Case) -> None:
        """Have nothing sent any more of a series that is over."""
        series = name_series(case)
        before = followed.series or FIRST
        if before != series:
            await self._outbox.cancel(name_prefix(case.id, before))
        followed.series = series

    async def _end(self, record: IncidentRecord, now: float) -> bool:
        """Have nothing more sent for a resolved incident; whether nothing more can come of what was."""
        incident = record.incident
        if now - (incident.resolved_at or 0.0) > FOLLOWED_S:
            return True
        await self._outbox.cancel(name_prefix(incident.id))
        orders = await self._list_orders(incident, _make_case(record), Loudness.PAGE, Escalation(), now)
        await self._note_all(record, orders)
        return all(order.key in self._settled for order in orders)

    async def _list_orders(
        self, incident: Incident, case: Case, loudness: Loudness, plan: Escalation, now: float
    ) -> Sequence[PageOrder]:
        """All pages that were put, of the series that goes on and of the one before anybody acknowledged."""
        if not case.acknowledged:
            orders = plan.orders or (await self._plan(incident, case, loudness, now)).orders
        else:
            unanswered = replace(case, acknowledged=False, word_at=None)
            first = await self._plan(incident, unanswered, loudness, now)
            orders = (*first.orders, *plan.orders)
        known = await self._look_up([order.key for order in orders])
        return [order for order in orders if known[order.key] is not None]

    async def _note_all(self, record: IncidentRecord, orders: Sequence[PageOrder]) -> None:
        for order in orders:
            state = self._settled.get(order.key)
            if state is None or order.key in self._noted:
                continue
            self._noted.add(order.key)
            if state.error != CANCELLED and not _is_noted(record.pages, order, state):
                await self._control.submit(
                    NotePage(record.incident.id, order.person, order.channel, order.step, state.error), NOTE_S
                )

    def _forget_others(self, state: State) -> None:
        gone = [id_ for id_ in self._followed if id_ not in state.incidents]
        for id_ in gone:
            del self._followed[id_]
            prefix = name_prefix(id_)
            self._settled = {key: value for key, value in self._settled.items() if not key.startswith(prefix)}
            self._noted = {key for key in self._noted if not key.startswith(prefix)}

    def _stand(self, problem: str, exhausted: tuple[str, ...], now: float) -> None:
        before = self.standing
        if problem and problem != before.problem:
            LOG.error("%s", problem)
        since = (before.problem_at or now) if problem else None
        self.standing = PagingStanding(problem, since, exhausted)


def _make_case(record: IncidentRecord) -> Case:
    incident = record.incident
    case = Case(incident.id, incident.opened_at, reopened_at=incident.reopened_at)
    if incident.acknowledged_at is None:
        return case
    words = [note.at for note in record.notes if note.author != SYSTEM]
    words += [post.at for post in record.posts if post.author != SYSTEM]
    return replace(case, acknowledged=True, word_at=max([incident.acknowledged_at, *words]))


def _is_settled(state: LetterState, now: float) -> bool:
    """Whether nothing more can come of a letter; one that was cancelled may have been on its way just then."""
    if state.status is LetterStatus.WAITING:
        return False
    return state.error != CANCELLED or now - state.changed_at > CANCELLING_S


def _is_noted(pages: Sequence[Page], order: PageOrder, state: LetterState) -> bool:
    """Whether the timeline has a page already, as after a restart."""
    return any(
        page.person == order.person
        and page.channel == order.channel
        and page.step == order.step
        and page.at >= state.put_at
        for page in pages
    )


def _is_other(incidents: object, state: State) -> bool:
    return state.incidents is not incidents
