"""The switches of all services at work: what acceptance asks, what delivery notes, what control says."""

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from holdfast.model.spool import Backlog, SpoolStore
from holdfast.spool.switching import (
    FEW,
    HELD_S_MAX,
    SOON,
    Hold,
    Load,
    Phase,
    Position,
    Switch,
    look_at_load,
    resume_switch,
    take_arrival,
    take_failure,
    take_position,
)
from holdfast.spooler.durable_file import write_durably

LOG: Final = logging.getLogger(__name__)
FEW_S: Final = 0.5
"""What is delivered in so long is few."""
Clock = Callable[[], float]


class OpenServices:
    """Which services' switches are open, in a file that survives a crash of the machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.names: frozenset[str] = _read_names(path)

    def keep(self, names: frozenset[str]) -> None:
        """Write them durably; OSError if that can't be done, and then nothing has changed."""
        write_durably(self._path, json.dumps(sorted(names)))
        self.names = names


class Switches:
    """One switch for each service that was ever spooled. All of it belongs to one event loop.

    `on_change` is called when control should hear of something. Times by `clock`, which needn't be the wall's.
    """

    def __init__(self, store: SpoolStore, kept: OpenServices, clock: Clock = time.monotonic) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._store = store
        self._kept = kept
        self._clock = clock
        self._switches: dict[str, Switch] = {}
        self._positions: dict[str, tuple[Position, int]] = {}
        self._closing_at: dict[str, float] = {}
        self._opened: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._held: defaultdict[str, dict[object, float]] = defaultdict(dict)
        """Since when acknowledgements wait, by service, the oldest first."""
        self._latest = 0.0
        """The latest that the wall's clock ever said: one that is set back must not make anything look newer."""

    @property
    def all(self) -> Mapping[str, Switch]:
        """Every service that isn't simply direct, and some that are."""
        return self._switches

    def resume(self, backlogs: Mapping[str, Backlog]) -> None:
        """Take up what was left behind by an earlier process."""
        now = self._clock()
        for service in self._kept.names | set(backlogs):
            ordered = backlogs[service].ordered if service in backlogs else 0
            switch = resume_switch(was_open=service in self._kept.names, waiting=ordered, now=now)
            self._switches[service] = switch
            if switch.turn:
                LOG.info("%s: %s", service, switch.phase)
            self._note(service)

    def hold(self, service: str, message_id: str, *, ordered: bool) -> Awaitable[None] | None:
        """What the acknowledgement of a durable message waits for, if for anything: see `spooler.switch`."""
        self._see_time()
        switch, hold = take_arrival(self._switches.get(service, Switch()), self._clock(), ordered=ordered)
        self._move(service, switch)
        return None if hold is Hold.NOTHING else self._wait(service, message_id)

    def take_failure(self, service: str) -> None:
        """Note that a message wasn't taken."""
        if service in self._switches:
            self._move(service, take_failure(self._switches[service], self._clock()))

    def take_position(self, service: str, position: Position, turn: int, *, pinned: bool) -> None:
        """Hear from control how edges are switched."""
        switch = self._switches.get(service, Switch())
        self._positions[service] = (position, turn)
        self._move(service, take_position(switch, position, turn, self._clock(), pinned=pinned))

    def forget_positions(self) -> None:
        """Control is gone: what it said last may be otherwise when it returns."""
        self._positions.clear()

    def look(self, backlogs: Mapping[str, Backlog], is_failing: Mapping[str, bool], rates: Mapping[str, float]) -> None:
        """Go on towards direct routing as far as what waits allows; `rates` are of delivery, in messages a second."""
        for service, switch in list(self._switches.items()):
            if switch.phase is Phase.DIRECT:
                continue
            backlog, rate = backlogs.get(service), rates.get(service, 0.0)
            load = Load(
                waiting=backlog.waiting if backlog else 0,
                owed=self._count_owed(service, backlog),
                held=len(self._held[service]),
                is_failing=is_failing.get(service, False),
                few=max(FEW, int(FEW_S * rate)),
                ordered=backlog.ordered if backlog else 0,
                soon=max(SOON, int(HELD_S_MAX / 2 * rate)),
                held_for_s=self._clock() - next(iter(self._held[service].values()), self._clock()),
            )
            position, turn = self._positions.get(service, (None, -1))
            known = position if turn == switch.turn else None
            self._move(service, look_at_load(switch, load, known, self._clock()))

    def _count_owed(self, service: str, backlog: Backlog | None) -> int:
        """What was acknowledged before closing began, and has an order; too many rather than too few."""
        if backlog is None or backlog.ordered == 0:
            return 0
        began = self._closing_at.get(service)
        is_newer = began is not None and backlog.oldest_at is not None and backlog.oldest_at > began
        return 0 if is_newer else backlog.ordered

    async def _wait(self, service: str, message_id: str) -> None:
        """What the store raises where it can't say whether the message is settled: that is no yes."""
        wait = object()
        self._held[service][wait] = self._clock()
        settled = asyncio.ensure_future(self._store.wait_until_settled(message_id))
        opened = asyncio.ensure_future(self._opened[service].wait())
        try:
            await asyncio.wait({settled, opened}, return_when=asyncio.FIRST_COMPLETED)
            if settled.done():
                settled.result()
        finally:
            del self._held[service][wait]
            settled.cancel()
            opened.cancel()

    def _move(self, service: str, after: Switch) -> None:
        """Change a switch. What must be remembered first is written here and now: it is rare, and all waits for it."""
        before = self._switches.get(service, Switch())
        if after == before:
            return
        if after.is_open != before.is_open and not self._remember(service, is_open=after.is_open):
            return
        self._switches[service] = after
        if after.phase is not before.phase:
            LOG.info("%s: %s", service, after.phase)
            self._note(service)
        self.on_change()

    def _note(self, service: str) -> None:
        phase = self._switches[service].phase
        if phase is Phase.CLOSING:
            self._closing_at[service] = self._see_time()
        if phase is Phase.SPOOLING:
            self._opened[service].set()
        else:
            self._opened[service].clear()

    def _see_time(self) -> float:
        self._latest = max(self._latest, time.time())
        return self._latest

    def _remember(self, service: str, *, is_open: bool) -> bool:
        names = self._kept.names
        try:
            self._kept.keep(names | {service} if is_open else names - {service})
        except OSError as error:
            LOG.warning("that the switch of %s moves can't be written down, so it doesn't: %s", service, error)
            return False
        return True


def _read_names(path: Path) -> frozenset[str]:
    """ValueError if the file isn't what was written."""
    try:
        names = json.loads(path.read_text())
    except FileNotFoundError:
        return frozenset()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path} isn't a list of services")
    return frozenset(names)
