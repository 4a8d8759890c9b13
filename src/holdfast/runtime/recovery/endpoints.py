"""Reads the feeds of endpoints, and hands what changed to the edges; a feed that is dead or broken changes nothing."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from holdfast.adapters.endpoints import FeedReader, FeedUnreadable, keep_endpoints
from holdfast.model.intent import Intent
from holdfast.model.ports import Clock
from holdfast.model.recovery import Endpoint, EndpointFeed
from holdfast.model.state import State
from holdfast.recover.feeds import Learnt, find_loops, remember, take_failure, take_list
from holdfast.runtime.due_readings import DueReadings
from holdfast.runtime.recovery.upstreams import list_fed, list_listens

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 0.25
"""Between two looks at what is due; a file is looked at each time, and read only when it has changed."""
Discovered = Mapping[str, tuple[Endpoint, ...]]
Reading = tuple[Endpoint, ...] | str
"""What a feed said, or what is wrong with it."""


class Publishing(Protocol):
    """What is needed of control."""

    @property
    def intent(self) -> Intent | None:
        """What the edges are compiled from, if anything is in force."""

    @property
    def state(self) -> State:
        """What is decided."""

    def discover(self, discovered: Discovered) -> frozenset[str]:
        """Have requests sent to these endpoints, by cluster; the services that it concerns."""


@dataclass(frozen=True, slots=True)
class FeedStanding:
    """How a cluster's feed is: when it was last read well (Unix, in seconds), and what is wrong with it since when."""

    source: str
    endpoints: int
    read_at: float | None
    problem: str
    problem_at: float | None


class EndpointFeeds:
    """Learns endpoints. `known` is what was learnt in an earlier life; what is learnt is kept at `path`."""

    def __init__(self, control: Publishing, clock: Clock, path: Path, known: Discovered) -> None:
        self._control = control
        self._clock = clock
        self._path = path
        self._earlier = dict(known)
        self._told = dict(known)
        self._learnt: dict[str, tuple[EndpointFeed, Learnt]] = {}
        self._readings = DueReadings[EndpointFeed, Reading](clock, _find_pause)
        self._fed: tuple[Intent | None, Mapping[str, EndpointFeed]] = (None, {})

    @property
    def standing(self) -> Mapping[str, FeedStanding]:
        """How each cluster's feed is."""
        now = self._clock()
        return {cluster: _show(feed, learnt, now) for cluster, (feed, learnt) in self._learnt.items()}

    async def run(self) -> None:
        """Until cancelled."""
        async with FeedReader() as reader:
            try:
                while True:
                    await self.look(reader)
                    await asyncio.sleep(LOOK_S)
            finally:
                self._readings.end()

    async def look(self, reader: FeedReader) -> None:
        """Read what is due, and hand over what changed."""
        intent = self._control.intent
        if intent is None:
            return
        fed = self._list_fed(intent)
        self._learnt = {cluster: self._take_up(cluster, feed) for cluster, feed in fed.items()}
        feeds = frozenset(fed.values())
        reader.forget_others(feeds)
        readings = await self._readings.look(feeds, partial(_read, reader), LOOK_S)
        listens = list_listens(intent.platform) if readings else frozenset()
        for cluster, (feed, learnt) in self._learnt.items():
            if feed in readings:
                self._learnt[cluster] = (feed, self._take(cluster, learnt, readings[feed], listens))
        await self._hand_over()

    def _list_fed(self, intent: Intent) -> Mapping[str, EndpointFeed]:
        """What a platform says of feeds; worked out once for each platform."""
        before, fed = self._fed
        if before is None or before.services is not intent.services:
            fed = list_fed(intent)
            self._fed = (intent, fed)
        return fed

    def _take_up(self, cluster: str, feed: EndpointFeed) -> tuple[EndpointFeed, Learnt]:
        """What is known of a cluster: of another feed than before, the endpoints hold until the new one is read."""
        if cluster not in self._learnt:
            return feed, remember(self._earlier.pop(cluster, ()))
        before, learnt = self._learnt[cluster]
        return (feed, learnt) if feed == before else (feed, remember(learnt.list_endpoints(self._clock())))

    def _take(self, cluster: str, learnt: Learnt, reading: Reading, listens: frozenset[str]) -> Learnt:
        now = self._clock()
        if not isinstance(reading, str) and (loops := find_loops(reading, listens)):
            reading = f"{', '.join(loops[:3])} is where an edge listens"
        after = take_failure(learnt, reading, now) if isinstance(reading, str) else take_list(learnt, reading, now)
        if after.problem and after.problem != learnt.problem:
            count = len(after.list_endpoints(now))
            LOG.error("endpoints of %s: %s; the %s known last hold on", cluster, after.problem, count)
        elif learnt.problem and not after.problem:
            LOG.warning("endpoints of %s: the feed is well again", cluster)
        return after

    async def _hand_over(self) -> None:
        now = self._clock()
        found = {cluster: learnt.list_endpoints(now) for cluster, (_, learnt) in self._learnt.items()}
        discovered = {cluster: endpoints for cluster, endpoints in found.items() if endpoints}
        if discovered == self._told:
            return
        self._control.discover(discovered)
        self._told = discovered
        try:
            await asyncio.to_thread(keep_endpoints, self._path, discovered)
        except OSError as error:
            LOG.warning("the endpoints that were learnt can't be kept: %s", error)


async def _read(reader: FeedReader, feed: EndpointFeed) -> Reading:
    try:
        return await reader.read(feed)
    except FeedUnreadable as problem:
        return str(problem)


def _find_pause(feed: EndpointFeed) -> float:
    return LOOK_S if feed.file is not None else feed.every


def _show(feed: EndpointFeed, learnt: Learnt, now: float) -> FeedStanding:
    source = feed.file or (feed.url or "").partition("?")[0]
    return FeedStanding(source, len(learnt.list_endpoints(now)), learnt.read_at, learnt.problem, learnt.problem_at)
