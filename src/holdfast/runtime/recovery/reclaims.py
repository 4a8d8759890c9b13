"""Drains machines that their provider takes back, as far as the others can take over from them, until they are gone."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from holdfast.adapters.endpoints import NoticeReader, NoticeUnreadable
from holdfast.compile import list_drained
from holdfast.engine.command import EndMitigation, Mitigate
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Drain
from holdfast.model.recovery import Endpoint, Reclaims
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.token import SYSTEM
from holdfast.recover.drains import plan_drain
from holdfast.recover.reclaims import NOTICE_S, Reclaim, find_over
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.upstreams import find_upstreams, index_machines
from holdfast.views.reclaims import ReclaimedService, ReclaimsDocument

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 0.5
RECORD_S: Final = 2.0
RECLAIMS_MAX: Final = 1_000
"""Machines that may be known to be taken back at the same time."""
MACHINES_MAX: Final = 1_000
"""Machines that are asked whether they are taken back."""
ASKED_AT_ONCE_MAX: Final = 32
DRAIN_S_MIN: Final = 60.0


class ReclaimWatch:
    """Hears of machines that are taken back, from themselves, from people, or by asking."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._reclaims: dict[tuple[str, str | None, str | None], Reclaim] = {}
        self._kept: dict[str, frozenset[str]] = {}
        self._index: tuple[object, object, Mapping[str, Mapping[str, frozenset[str]]]] | None = None
        self._asked_at = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        async with NoticeReader() as reader:
            try:
                while True:
                    await self.look_once()
                    self._ask_when_due(reader)
                    await asyncio.sleep(LOOK_S)
            finally:
                if self._asking is not None:
                    self._asking.cancel()

    async def report(
        self, author: str, host: str, address: str | None, at: float | None, tenant: str | None
    ) -> ReclaimsDocument | Refusal:
        """Somebody says that a machine is taken back, NOTICE_S from now if it isn't said when."""
        now, intent = self._control.world.clock(), self._control.intent
        if intent is None:
            return Refusal(RefusalCode.NOTHING_IN_FORCE, "no revision is in force yet, so there are no endpoints")
        reclaim = Reclaim(host.lower(), now + NOTICE_S if at is None else at, author, address, tenant)
        concerned = self._find_concerned(intent, reclaim)
        if not concerned:
            return Refusal(RefusalCode.ENDPOINT_UNKNOWN, f"no endpoint that you may drain is at {address or host}")
        if not self._note(reclaim):
            return Refusal(RefusalCode.BUSY, f"{RECLAIMS_MAX} machines are being taken back already")
        await self._drain(intent, reclaim)
        intent = self._control.intent or intent
        services = []
        for name, leaving in concerned.items():
            drained = list_drained(intent, name) & leaving
            services.append(ReclaimedService(name=name, drained=_order(drained), kept=_order(leaving - drained)))
        return ReclaimsDocument(machine=address or host, at=reclaim.at, services=tuple(services))

    async def look_once(self) -> None:
        """Drain what may be drained by now, and end what is over."""
        intent, now = self._control.intent, self._control.world.clock()
        if intent is None:
            return
        self._reclaims = {key: each for key, each in self._reclaims.items() if each.ends_at > now}
        await self._end_over(intent)
        for reclaim in tuple(self._reclaims.values()):
            await self._drain(self._control.intent or intent, reclaim)

    def _ask_when_due(self, reader: NoticeReader) -> None:
        """Begin to ask the machines, unless that is still going on."""
        intent, now = self._control.intent, self._control.world.clock()
        reclaims = intent.platform.reclaims if intent is not None else None
        is_asking = self._asking is not None and not self._asking.done()
        if intent is not None and reclaims is not None and not is_asking and now >= self._asked_at + reclaims.every:
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask_all(reader, reclaims, intent))

    def _note(self, reclaim: Reclaim) -> bool:
        key = (reclaim.host, reclaim.address, reclaim.tenant)
        if key not in self._reclaims and len(self._reclaims) >= RECLAIMS_MAX:
            return False
        self._reclaims[key] = reclaim
        return True

    def _find_concerned(self, intent: Intent, reclaim: Reclaim) -> Mapping[str, frozenset[str]]:
        """By service, the endpoints that are on a machine."""
        if self._index is None or self._index[0] is not intent.services or self._index[1] is not intent.discovered:
            self._index = (intent.services, intent.discovered, index_machines(intent))
        found = {
            name: frozenset(filter(reclaim.concerns, addresses))
            for name, addresses in self._index[2].get(reclaim.host, {}).items()
            if reclaim.tenant in {None, intent.services[name].tenant}
        }
        return {name: addresses for name, addresses in found.items() if addresses}

    async def _drain(self, intent: Intent, reclaim: Reclaim) -> None:
        now = self._control.world.clock()
        for name, leaving in self._find_concerned(intent, reclaim).items():
            plan = plan_drain(leaving, list_drained(intent, name), find_upstreams(intent, name))
            self._tell_kept(name, reclaim, frozenset(plan.kept))
            if plan.drained:
                drain = Drain(service=name, endpoints=plan.drained)
                for_s = max(DRAIN_S_MIN, reclaim.ends_at - now)
                ticket = await self._control.submit(Mitigate(SYSTEM, drain, for_s, reclaim.reason), RECORD_S)
                if ticket.refusal is not None:
                    LOG.error("%s isn't drained: %s", ", ".join(plan.drained), ticket.refusal.message)

    def _tell_kept(self, service: str, reclaim: Reclaim, kept: frozenset[str]) -> None:
        key = f"{service} {reclaim.reason}"
        if kept and kept != self._kept.get(key):
            shown = ", ".join(sorted(kept))
            LOG.error("%s: %s goes on serving as long as it lives: the others couldn't take over", service, shown)
        self._kept[key] = kept
        if not kept:
            del self._kept[key]

    async def _end_over(self, intent: Intent) -> None:
        drains = [m for m in self._control.state.mitigations.values() if isinstance(m.measure, Drain)]
        services = {m.measure.service for m in drains if isinstance(m.measure, Drain)}
        upstreams = (each for name in services if name in intent.services for each in find_upstreams(intent, name))
        present = {each.address for upstream in upstreams for each in upstream.endpoints}
        for over in find_over(drains, present):
            await self._control.submit(EndMitigation(SYSTEM, over.id, "the machine is gone"), RECORD_S)

    async def _ask_all(self, reader: NoticeReader, reclaims: Reclaims, intent: Intent) -> None:
        hosts = sorted(_list_hosts(intent))[:MACHINES_MAX]
        room = asyncio.Semaphore(ASKED_AT_ONCE_MAX)

        async def ask(host: str) -> None:
            async with room:
                try:
                    notice = await reader.read(reclaims, host)
                except NoticeUnreadable as problem:
                    LOG.debug("%s", problem)
                    return
            if notice is not None and (host, None, None) not in self._reclaims:
                now = self._control.world.clock()
                at = now + NOTICE_S if notice.at is None else notice.at
                LOG.warning("the provider takes %s back", host)
                self._note(Reclaim(host, at, SYSTEM))

        await asyncio.gather(*map(ask, hosts))


def _order(addresses: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(addresses))


def _list_hosts(intent: Intent) -> frozenset[str]:
    """The machines that may be taken back."""
    endpoints: list[Endpoint] = [
        each for name in intent.services for upstream in find_upstreams(intent, name) for each in upstream.endpoints
    ]
    return frozenset(each.address.rpartition(":")[0].strip("[]").lower() for each in endpoints if each.ephemeral)
