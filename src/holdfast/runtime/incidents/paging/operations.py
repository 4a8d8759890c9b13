"""What people ask of paging: who is on call, a test page, an acknowledgement by link."""

from collections.abc import Callable
from typing import Final

from holdfast.adapters.api.page_links import LINK_S, PageLink, PageLinks
from holdfast.adapters.metrics.reading import OnCallReading, PagingReading
from holdfast.engine.incident_command import AcknowledgeIncident, NoteIncident
from holdfast.incidents.on_call import list_members
from holdfast.incidents.paging_words import write_test
from holdfast.model.letter import OutboxFigures, OutboxFull
from holdfast.model.ports import Clock
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.paging.heartbeat import HeartbeatKeeper, HeartbeatStanding
from holdfast.runtime.incidents.paging.on_call import FeedStanding, Roster, TeamStanding
from holdfast.runtime.incidents.paging.pager import Pager
from holdfast.runtime.incidents.paging.straight import StraightOutbox
from holdfast.views.paging import (
    FeedDocument,
    GapDocument,
    HeartbeatDocument,
    LettersDocument,
    LinkedIncidentDocument,
    OnCallDocument,
    OnCallTeamDocument,
    ShiftDocument,
    TestPageDocument,
)

RECORD_S: Final = 2.0
"""The longest that an acknowledgement waits for its record."""
STRANGE_SHOWN_MAX: Final = 20
GAPS_SHOWN_MAX: Final = 20
STILL_AT_IT: Final = "still at it (by the link in a page)"


class Linker:
    """Makes the links in pages, as long as people can reach control at all (`find_base`)."""

    def __init__(self, links: PageLinks, find_base: Callable[[], str | None], clock: Clock) -> None:
        self._links = links
        self._find_base = find_base
        self._clock = clock

    def make_link(self, incident: str, person: str) -> str | None:
        """Where a person acknowledges an incident."""
        base = self._find_base()
        if base is None:
            return None
        return f"{base.rstrip('/')}/page/{self._links.sign(PageLink(incident, person, self._clock() + LINK_S))}"


class PagingOperations:
    """All of it, over what is at work; without a paging file there is a `roster` of None, and nobody is paged."""

    def __init__(
        self,
        control: Control,
        links: PageLinks,
        roster: Roster | None = None,
        pager: Pager | None = None,
        heartbeat: HeartbeatKeeper | None = None,
        outbox: StraightOutbox | None = None,
        find_figures: Callable[[], OutboxFigures] = OutboxFigures,
    ) -> None:
        self._control = control
        self._links = links
        self._roster = roster
        self._pager = pager
        self._heartbeat = heartbeat
        self._outbox = outbox
        self._find_figures = find_figures

    def show(self) -> OnCallDocument:
        """Who is on call, and how paging is."""
        now, roster = self._control.world.clock(), self._roster
        if roster is None:
            return OnCallDocument(now=now)
        file = roster.file.standing
        figures = self._find_figures()
        return OnCallDocument(
            now=now,
            file=file.file,
            read_at=file.read_at,
            mistakes=file.mistakes,
            warnings=file.warnings,
            problem=self._find_problem(),
            teams=tuple(_show_team(roster, name, team, now) for name, team in roster.teams.items()),
            heartbeat=_show_heartbeat(self._heartbeat, roster, now),
            letters=LettersDocument(
                waiting=figures.waiting,
                oldest_s=figures.oldest_s,
                failed={str(kind): count for kind, count in figures.failed.items()},
            ),
            exhausted=self._pager.standing.exhausted if self._pager else (),
        )

    def read(self) -> PagingReading | None:
        """How paging is, as it is counted; None without a paging file."""
        roster, pager, heartbeat = self._roster, self._pager, self._heartbeat
        if roster is None or pager is None or heartbeat is None:
            return None
        now, beating = self._control.world.clock(), roster.paging.heartbeat
        return PagingReading(
            mistaken=bool(roster.file.standing.mistakes),
            failing=bool(self._find_problem()),
            unanswered=len(pager.standing.exhausted),
            teams=tuple(_read_team(name, team, now) for name, team in roster.teams.items()),
            beats=beating is not None and beating.to is not None,
            proved_at=heartbeat.standing.proved_at,
            broken=heartbeat.standing.broken_since is not None,
        )

    async def test(self, author: str, person: str) -> TestPageDocument | Refusal:
        """Send somebody a test page by every channel."""
        known = None if self._roster is None else self._roster.paging.people.get(person)
        if known is None or self._outbox is None:
            return Refusal(RefusalCode.PERSON_UNKNOWN, f"the paging file has no person {person}")
        now = self._control.world.clock()
        key = f"test/{person}/{round(now * 1000)}"
        letters = [
            write_test(f"{key}/{name}", channel, person, author, now) for name, channel in known.channels.items()
        ]
        try:
            await self._outbox.put(letters)
        except OutboxFull as error:
            return Refusal(RefusalCode.BUSY, f"the page can't be kept: {error}")
        return TestPageDocument(person=person, channels=tuple(known.channels), key=key)

    def _find_problem(self) -> str:
        troubles = (self._pager.standing.problem if self._pager else "", self._outbox.problem if self._outbox else "")
        return next((trouble for trouble in troubles if trouble), "")

    def find_link(self, token: str) -> LinkedIncidentDocument | None:
        """What the link with this token is for, if it is good and its incident is remembered."""
        link = self._links.read(token, self._control.world.clock())
        record = None if link is None else self._control.state.incidents.get(link.incident)
        if link is None or record is None:
            return None
        incident = record.incident
        return LinkedIncidentDocument(
            incident=incident.id,
            person=link.person,
            title=incident.title,
            impact=incident.impact,
            phase=incident.phase,
            acknowledged_by=incident.acknowledged_by,
            drill=incident.drill,
        )

    async def follow_link(self, token: str) -> LinkedIncidentDocument | None:
        """Acknowledge the incident of a link in its person's name; say so again, if that was done before."""
        linked = self.find_link(token)
        if linked is None:
            return None
        command = (
            AcknowledgeIncident(linked.person, linked.incident)
            if linked.acknowledged_by is None
            else NoteIncident(linked.person, linked.incident, STILL_AT_IT)
        )
        await self._control.submit(command, RECORD_S)
        return self.find_link(token)


def _show_team(roster: Roster, name: str, standing: TeamStanding, now: float) -> OnCallTeamDocument:
    paging = roster.paging
    later = standing.schedule.find_next(now)
    return OnCallTeamDocument(
        name=name,
        default=name == paging.default_team,
        on_call=standing.schedule.find(now),
        next_on_call=ShiftDocument(person=later.person, begins_at=later.begins_at, ends_at=later.ends_at)
        if later
        else None,
        members=list_members(paging, name) if name in paging.teams else (),
        gaps=tuple(GapDocument(begins_at=g.begins_at, ends_at=g.ends_at) for g in standing.gaps[:GAPS_SHOWN_MAX]),
        feed=_show_feed(standing.feed, now),
        takes_turns=standing.takes_turns,
    )


def _read_team(name: str, standing: TeamStanding, now: float) -> OnCallReading:
    feed = standing.feed
    return OnCallReading(
        name=name,
        somebody=not standing.takes_turns or standing.schedule.find(now) is not None,
        gaps=len(standing.gaps),
        has_feed=feed is not None,
        feed_failing=feed is not None and bool(feed.problem),
        fetched_at=feed.fetched_at if feed else None,
    )


def _show_feed(feed: FeedStanding | None, now: float) -> FeedDocument | None:
    if feed is None:
        return None
    return FeedDocument(
        source=feed.source,
        age_s=_find_age(feed.fetched_at, now),
        problem=feed.problem,
        strange=feed.strange[:STRANGE_SHOWN_MAX],
    )


def _show_heartbeat(keeper: HeartbeatKeeper | None, roster: Roster, now: float) -> HeartbeatDocument | None:
    if keeper is None or roster.paging.heartbeat is None:
        return None
    standing: HeartbeatStanding = keeper.standing
    return HeartbeatDocument(
        sent_s=_find_age(standing.sent_at, now),
        proved_s=_find_age(standing.proved_at, now),
        broken_since=standing.broken_since,
        problem=standing.problem,
        alive_s=_find_age(standing.alive_at, now),
        alive_problem=standing.alive_problem,
    )


def _find_age(at: float | None, now: float) -> float | None:
    return None if at is None else max(0.0, now - at)
