"""Sees to it that the spooler runs, knows what it must, and has the edges switched as it needs.

The spooler says for which services all that is deferrable should come to it, and control says when every edge does so,
or none any more. An edge that is away counts as one that may route as it did, until it has been away for so long that
it serves nobody: its agent would have been started again.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from holdfast.agent.settings import inner_socket
from holdfast.engine.command import AdjustMitigation, Command, EndMitigation, Mitigate
from holdfast.model.edge import EdgeState, EdgeStatus
from holdfast.model.mitigation import Mitigation, Spool
from holdfast.model.platform import Platform
from holdfast.model.token import SYSTEM
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.spool_settings import make_settings
from holdfast.runtime.recovery.spooler_link import SpoolerLink
from holdfast.runtime.recovery.spooler_process import find_spooler, has_spooled, start_spooler
from holdfast.spool.switching import Position
from holdfast.spooler.protocol import Configure, EdgesStand, Positions
from holdfast.spooler.settings import SpoolSettings, control_socket
from holdfast.views.spool import SpoolDocument, SpooledServiceDocument

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 0.5
MOVING_LOOK_S: Final = 0.02
"""Between two looks while edges are being switched: clients wait for that."""
START_AGAIN_S: Final = 1.0
START_AGAIN_S_MAX: Final = 30.0
AWAY_S_MAX: Final = 10.0
SWITCHED_S: Final = 7 * 86_400.0
"""For so long a switch stays, should control be gone; while it is there, it prolongs it."""
OPEN_REASON: Final = "the upstream doesn't take what may be deferred: it is kept in order until it does"
PROLONG_REASON: Final = "what is kept isn't delivered yet"
CLOSE_REASON: Final = "all that was kept in order is delivered"


class Spooling:
    """Drives the spooler in `folder`, whose edges' folders are below `edges`."""

    def __init__(self, control: Control, folder: Path, edges: Path) -> None:
        self.link = SpoolerLink(control_socket(folder))
        self._control = control
        self._folder = folder
        self._edges = edges
        self._said_settings: SpoolSettings | None = None
        self._made: tuple[tuple[Platform, ...], SpoolSettings] | None = None
        """The latest settings, with what they were made from: that takes a while where there are many services."""
        self._said: dict[str, EdgesStand] = {}
        self._start_at = 0.0
        self._start_again_s = START_AGAIN_S

    @property
    def standing(self) -> SpoolDocument:
        """How the spooler stands."""
        return self.link.standing or SpoolDocument(running=False)

    async def run(self) -> None:
        """Drive until cancelled."""
        try:
            while True:
                await self._tend()
                await self._switch()
                await self._rest()
        finally:
            await self.link.close()

    async def _rest(self) -> None:
        is_moving = any(stand.position is Position.MOVING for stand in self._said.values())
        try:
            async with asyncio.timeout(MOVING_LOOK_S if is_moving else LOOK_S):
                await self.link.heard.wait()
        except TimeoutError:
            return
        self.link.heard.clear()

    async def _tend(self) -> None:
        """Have the spooler run, be connected, and know what it must."""
        settings = self._make_settings()
        if settings is None:
            return
        if not self.link.is_up:
            self._said, self._said_settings = {}, None
            self._start(settings)
            if not await self.link.connect():
                return
            self._start_again_s = START_AGAIN_S
        if settings is not self._said_settings:
            await self.link.say(Configure(settings=settings))
            self._said_settings = settings

    def _make_settings(self) -> SpoolSettings | None:
        """What the spooler should go by; None if there is nothing for it to do."""
        compiled = (self._control.publisher.base, self._control.publisher.coming)
        platforms = tuple(each.intent.platform for each in compiled if each is not None)
        if not platforms:
            return None
        if self._made is None or not _are_same(self._made[0], platforms):
            self._made = platforms, make_settings(platforms, self._list_edges(platforms))
        settings = self._made[1]
        return settings if settings.services or has_spooled(self._folder) else None

    def _list_edges(self, platforms: Iterable[Platform]) -> dict[str, str]:
        places = (place for platform in platforms for place in platform.locations.values())
        names = dict.fromkeys(edge.name for place in places for edge in place.edges)
        return {name: str(inner_socket(self._edges / name)) for name in names}

    def _start(self, settings: SpoolSettings) -> None:
        """Start it if it doesn't run, but not again and again at once if it ends by itself."""
        now = asyncio.get_running_loop().time()
        if find_spooler(self._folder) is not None or now < self._start_at:
            return
        self._start_at = now + self._start_again_s
        self._start_again_s = min(START_AGAIN_S_MAX, 2 * self._start_again_s)
        try:
            start_spooler(self._folder, settings)
        except OSError as error:
            LOG.warning("the spooler can't be started: %s", error)

    async def _switch(self) -> None:
        """Do what the spooler wants of the edges, then tell it how they stand."""
        spool = self.link.standing
        if spool is None:
            return
        known = self._control.intent.services if self._control.intent else {}
        services = {each.service: each for each in spool.services if each.service in known}
        held = self._find_held()
        for name in held.keys() - services.keys():
            services[name] = SpooledServiceDocument(service=name, tenant="", phase="direct")
        for wish in services.values():
            await self._follow(wish, held.get(wish.service, []))
        held = self._find_held()
        stands = {name: self._see(wish, held.get(name, [])) for name, wish in services.items()}
        news = {name: stand for name, stand in stands.items() if self._said.get(name) != stand}
        self._said = stands
        if news:
            await self.link.say(Positions(services=news))

    async def _follow(self, wish: SpooledServiceDocument, held: Sequence[Mitigation]) -> None:
        own = [m for m in held if m.author == SYSTEM]
        now = self._control.world.clock()
        if wish.wants_open and not own:
            await self._submit(Mitigate(SYSTEM, Spool(service=wish.service), SWITCHED_S, OPEN_REASON))
        elif wish.wants_open and own[0].expires_at - now < SWITCHED_S / 2:
            kept = own[0]
            await self._submit(AdjustMitigation(SYSTEM, kept.id, kept.measure, PROLONG_REASON, for_s=SWITCHED_S))
        elif not wish.wants_open:
            for each in own:
                await self._submit(EndMitigation(SYSTEM, each.id, CLOSE_REASON))

    def _see(self, wish: SpooledServiceDocument, held: Sequence[Mitigation]) -> EdgesStand:
        """How the edges stand, as of this wish. What was once switched everywhere stays so while it is in force."""
        wanted = Position.OPEN if held else Position.CLOSED
        said = self._said.get(wish.service)
        is_there = said is not None and said.position is wanted and said.turn == wish.turn
        position = wanted if is_there or self._have_all_switched() else Position.MOVING
        return EdgesStand(position=position, turn=wish.turn, pinned=any(m.author != SYSTEM for m in held))

    def _have_all_switched(self) -> bool:
        now = self._control.world.clock()
        return not any(may_route_otherwise(status, now) for status in self._control.world.fleet.statuses())

    def _find_held(self) -> dict[str, list[Mitigation]]:
        """The switches in force, by service."""
        held: dict[str, list[Mitigation]] = {}
        for mitigation in self._control.state.mitigations.values():
            if isinstance(mitigation.measure, Spool):
                held.setdefault(mitigation.measure.service, []).append(mitigation)
        return held

    async def _submit(self, command: Command) -> None:
        ticket = await self._control.submit(command, 0.0)
        if ticket.refusal is not None:
            LOG.warning("%s was refused: %s", type(command).__name__, ticket.refusal.message)


def _are_same(some: Sequence[Platform], others: Sequence[Platform]) -> bool:
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


def may_route_otherwise(status: EdgeStatus, now: float) -> bool:
    """Whether an edge may still route as it did before the latest change."""
    if status.state is EdgeState.CONNECTED:
        return status.pending > 0
    return now - status.since < AWAY_S_MAX
