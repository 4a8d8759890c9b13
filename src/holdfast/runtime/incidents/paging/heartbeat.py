"""Proves the way that pages go, again and again, and tells people another way when it isn't proved."""

import asyncio
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from holdfast.adapters.heartbeat import Unanswered, ask
from holdfast.incidents.heartbeat import Beat, Break, find_beat, find_break, find_proved, list_alarms, list_beats
from holdfast.incidents.on_call import list_members
from holdfast.incidents.paging_words import write_alarm, write_beat
from holdfast.model.letter import Outbox, OutboxFull, OutboxUnavailable
from holdfast.model.paging import Heartbeat
from holdfast.model.ports import Clock
from holdfast.runtime.incidents.paging.pager import Book

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 1.0
CONFIRM_S: Final = 5.0
"""Between two questions whether a heartbeat came through."""


@dataclass(frozen=True, slots=True)
class HeartbeatStanding:
    """How heartbeats are. Times are Unix times, in seconds; `broken_since` is when the last one was proved."""

    sent_at: float | None = None
    proved_at: float | None = None
    broken_since: float | None = None
    problem: str = ""
    alive_at: float | None = None
    alive_problem: str = ""


class HeartbeatKeeper:
    """Sends heartbeats and asks whether they came through. What was proved is kept at `path`."""

    def __init__(self, book: Book, outbox: Outbox, path: Path, clock: Clock) -> None:
        self._book = book
        self._outbox = outbox
        self._path = path
        self._clock = clock
        self._started_at = clock()
        self._sent: set[str] = set()
        self._told: Break | None = None
        self._alive_due, self._ask_due = 0.0, 0.0
        self.standing = _load(path)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._stay_alive())

    async def look(self) -> None:
        """Send the beat that is due, see which are proved, and tell people if none was for too long."""
        heartbeat = self._book.paging.heartbeat
        if heartbeat is None or heartbeat.to is None:
            self.standing = replace(self.standing, broken_since=None, problem="")
            return
        now = self._clock()
        try:
            await self._send(heartbeat, find_beat(heartbeat, now), now)
            problem = await self._prove(heartbeat, list_beats(heartbeat, now))
            await self._judge(heartbeat, now)
        except (OutboxUnavailable, OutboxFull) as error:
            problem = f"heartbeats can't be kept: {error}"
        self.standing = replace(self.standing, problem=problem)

    async def _beat(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def _send(self, heartbeat: Heartbeat, beat: Beat, now: float) -> None:
        if heartbeat.to is None or beat.key in self._sent:
            return
        await self._outbox.put([write_beat(beat.key, heartbeat.to, now, now + heartbeat.overdue_after)])
        self._sent = {beat.key}
        self.standing = replace(self.standing, sent_at=now)

    async def _prove(self, heartbeat: Heartbeat, beats: Sequence[Beat]) -> str:
        """Note the newest beat that is proved; what is wrong with the newest one that isn't."""
        states = await self._outbox.look_up([beat.key for beat in beats])
        newest = max(states, key=lambda state: state.put_at, default=None)
        problem = (newest.error or "") if newest else ""
        proved_at = find_proved(beats, states, None)
        if heartbeat.confirm is None or proved_at is None or proved_at <= (self.standing.proved_at or 0.0):
            self._note_proved(proved_at)
            return problem
        if self._clock() < self._ask_due:
            return self.standing.problem
        self._ask_due = self._clock() + CONFIRM_S
        try:
            self._note_proved(find_proved(beats, states, await ask(heartbeat.confirm)))
        except Unanswered as error:
            return f"whether they came through can't be asked: {error}"
        return problem

    def _note_proved(self, at: float | None) -> None:
        if at is None or at <= (self.standing.proved_at or 0.0):
            return
        if self.standing.broken_since is not None:
            LOG.warning("heartbeats come through again")
        self.standing = replace(self.standing, proved_at=at, broken_since=None)
        self._told = None
        self._keep()

    def _keep(self) -> None:
        try:
            _keep(self._path, self.standing)
        except OSError as error:
            LOG.warning("when a heartbeat was proved can't be kept: %s", error)

    async def _judge(self, heartbeat: Heartbeat, now: float) -> None:
        known_at = self.standing.broken_since or max(self.standing.proved_at or 0.0, self._started_at)
        broken = find_break(heartbeat, known_at, now)
        if broken is None or broken == self._told:
            return
        paging = self._book.paging
        team = paging.default_team
        schedule = self._book.schedules.get(team)
        alarms = list_alarms(paging, broken, schedule.find(now) if schedule else None, list_members(paging, team))
        letters = [
            write_alarm(alarm.key, paging.people[alarm.person].channels[alarm.channel], broken.since, now)
            for alarm in alarms
        ]
        await self._outbox.put(letters)
        LOG.error("no heartbeat was proved since %s; people are told another way", broken.since)
        self._told = broken
        self.standing = replace(self.standing, broken_since=broken.since)
        self._keep()

    async def _stay_alive(self) -> None:
        while True:
            heartbeat = self._book.paging.heartbeat
            if heartbeat is not None and heartbeat.alive_url is not None and self._clock() >= self._alive_due:
                self._alive_due = self._clock() + heartbeat.alive_every
                await self._say_alive(heartbeat.alive_url)
            await asyncio.sleep(LOOK_S)

    async def _say_alive(self, url: SecretStr) -> None:
        try:
            await ask(url)
        except Unanswered as error:
            if str(error) != self.standing.alive_problem:
                LOG.warning("whoever watches over control can't be told that it is alive: %s", error)
            self.standing = replace(self.standing, alive_problem=str(error))
        else:
            self.standing = replace(self.standing, alive_at=self._clock(), alive_problem="")


def _load(path: Path) -> HeartbeatStanding:
    try:
        kept = json.loads(path.read_bytes())
        proved_at, broken_since = (None if kept[k] is None else float(kept[k]) for k in ("proved_at", "broken_since"))
        return HeartbeatStanding(proved_at=proved_at, broken_since=broken_since)
    except FileNotFoundError:
        return HeartbeatStanding()
    except (OSError, ValueError, KeyError, TypeError) as error:
        LOG.warning("%s can't be read: %s", path, type(error).__name__)
        return HeartbeatStanding()


def _keep(path: Path, standing: HeartbeatStanding) -> None:
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - for the mode
        file.write(json.dumps({"proved_at": standing.proved_at, "broken_since": standing.broken_since}).encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
