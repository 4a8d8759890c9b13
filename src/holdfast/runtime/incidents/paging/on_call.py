"""Who is on call now and for the next weeks: from the paging file, and from the calendars that it names."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from holdfast.adapters.calendars import (
    CalendarReader,
    CalendarUnreadable,
    KeptCalendar,
    keep_calendar,
    load_calendar,
    read_calendar,
)
from holdfast.incidents.on_call import Read, Schedules, read_entries
from holdfast.model.on_call import Gap, Schedule
from holdfast.model.paging import CalendarFeed, Paging
from holdfast.model.ports import Clock
from holdfast.runtime.due_readings import DueReadings
from holdfast.runtime.incidents.paging.file import PagingFile
from holdfast.spec.paging_shifts import list_schedule

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 1.0
"""Between two looks at the paging file, and at which feeds are due."""
BEHIND_S: Final = 2 * 86_400.0
AHEAD_S: Final = 35 * 86_400.0
"""What schedules are made of: so far back and ahead."""
FORESEEN_S: Final = 28 * 86_400.0
"""How far ahead gaps are told of."""
RENEW_S: Final = 3_600.0
"""Schedules are made again this often, since time goes on."""
_SPAN: Final = f"{FORESEEN_S / 86_400:.0f} days"


@dataclass(frozen=True, slots=True)
class FeedStanding:
    """How a team's calendar is: when it was fetched last (Unix, in seconds), what is wrong with it since when.

    `strange` are events that name nobody who is known.
    """

    source: str
    fetched_at: float | None = None
    problem: str = ""
    problem_at: float | None = None
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamStanding:
    """Who is on call for a team: `gaps` of the next weeks, and its feed, if it has one.

    Where nobody `takes_turns`, everybody is on call.
    """

    schedule: Schedule
    gaps: tuple[Gap, ...]
    feed: FeedStanding | None
    takes_turns: bool = True


Teams = Mapping[str, TeamStanding]


class Roster:
    """Keeps track of who is on call. Belongs to control's event loop; `folder` keeps calendars."""

    def __init__(self, file: PagingFile, folder: Path, clock: Clock) -> None:
        self.file = file
        self._folder = folder
        self._clock = clock
        self._fetched: dict[CalendarFeed, KeptCalendar] = {}
        self._feeds: dict[CalendarFeed, FeedStanding] = {}
        self._readings = DueReadings[CalendarFeed, None](clock, lambda feed: feed.every)
        self._made_at = 0.0
        self.teams: Teams = {}
        self.schedules: Schedules = {}
        """Who is on call, by team; another object whenever that changes."""
        self._load_kept()
        self._renew()

    @property
    def paging(self) -> Paging:
        """What the paging file says."""
        return self.file.paging

    async def run(self) -> None:
        """Until cancelled."""
        async with CalendarReader() as reader:
            try:
                while True:
                    await self.look(reader)
                    await asyncio.sleep(LOOK_S)
            finally:
                self._readings.end()

    async def look(self, reader: CalendarReader) -> None:
        """Read what has changed or is due. What is slow keeps nobody waiting."""
        if await asyncio.to_thread(self.file.look):
            self._load_kept()
            self._made_at = 0.0
        now = self._clock()
        if await self._readings.look(self._list_feeds(), partial(self._fetch, reader), LOOK_S):
            self._made_at = 0.0
        if not 0.0 <= now - self._made_at < RENEW_S:
            await asyncio.to_thread(self._renew)

    async def _fetch(self, reader: CalendarReader, feed: CalendarFeed) -> None:
        now = self._clock()
        standing = self._feeds.get(feed, FeedStanding(_show_source(feed)))
        try:
            data = await reader.fetch(feed)
            if data is not None and (feed not in self._fetched or self._fetched[feed].data != data):
                await asyncio.to_thread(read_calendar, data, now - BEHIND_S, now + AHEAD_S)
            kept = KeptCalendar(self._fetched[feed].data if data is None else data, now)
        except (CalendarUnreadable, KeyError) as error:
            problem = str(error) if isinstance(error, CalendarUnreadable) else "it says nothing new of what isn't known"
            reader.forget(feed)
            if problem != standing.problem:
                LOG.warning("calendar %s: %s; what was read last holds on", standing.source, problem)
            standing = replace(standing, problem=problem, problem_at=standing.problem_at or now)
        else:
            self._fetched[feed] = kept
            standing = replace(standing, fetched_at=now, problem="", problem_at=None)
            await self._keep(feed, kept)
        self._feeds[feed] = standing

    async def _keep(self, feed: CalendarFeed, kept: KeptCalendar) -> None:
        try:
            await asyncio.to_thread(keep_calendar, self._folder, feed, kept)
        except OSError as error:
            LOG.warning("a calendar can't be kept: %s", error)

    def _load_kept(self) -> None:
        """Begin with the calendars that were kept by an earlier control."""
        for feed in self._list_feeds():
            kept = None if feed in self._fetched else load_calendar(self._folder, feed)
            if kept is not None:
                self._fetched[feed] = kept
                self._feeds[feed] = FeedStanding(_show_source(feed), kept.fetched_at)

    def _list_feeds(self) -> list[CalendarFeed]:
        feeds = (team.on_call.feed for team in self.paging.teams.values())
        return list(dict.fromkeys(feed for feed in feeds if feed is not None))

    def _renew(self) -> None:
        now, paging = self._clock(), self.paging
        before = self.teams
        self.teams = {name: self._make_team(paging, name, now) for name in paging.teams}
        self._made_at = now
        self.schedules = {name: team.schedule for name, team in self.teams.items()}
        for name, team in self.teams.items():
            if team.gaps and (name not in before or before[name].gaps != team.gaps):
                LOG.warning("team %s has nobody on call at times in the next %s", name, _SPAN)

    def _make_team(self, paging: Paging, name: str, now: float) -> TeamStanding:
        on_call = paging.teams[name].on_call
        begins_at, ends_at = now - BEHIND_S, now + AHEAD_S
        read, feed = Read((), ()), on_call.feed
        standing = None if feed is None else self._feeds.get(feed, FeedStanding(_show_source(feed)))
        if feed is not None and standing is not None and feed in self._fetched:
            try:
                entries = read_calendar(self._fetched[feed].data, begins_at, ends_at)
                read = read_entries(entries, paging.people)
            except CalendarUnreadable as error:
                standing = replace(standing, problem=str(error), problem_at=standing.problem_at or now)
            standing = replace(standing, strange=read.strange)
        schedule = list_schedule(on_call, read.shifts, begins_at, ends_at)
        takes_turns = feed is not None or bool(on_call.rotations)
        gaps = schedule.list_gaps(now, now + FORESEEN_S) if takes_turns else ()
        return TeamStanding(schedule, gaps, standing, takes_turns)


def _show_source(feed: CalendarFeed) -> str:
    """Where a calendar is, without what may be a secret of its URL."""
    if feed.url is None:
        return feed.file or ""
    parts = urlsplit(feed.url.get_secret_value())
    return f"{parts.scheme}://{parts.hostname}/…"
