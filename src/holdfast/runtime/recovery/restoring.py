"""Brings services back: looks each second how they are, and acts on their holds, by commands as people give them.

If this dies, those that are held stay held, and whoever is let in stays so, until their holds run out.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from holdfast.compile import names
from holdfast.engine.command import AdjustMitigation, EndMitigation
from holdfast.model.intent import Intent, OwnedService
from holdfast.model.mitigation import Hold
from holdfast.model.platform import Criticality, Service
from holdfast.model.reading import ServiceReading
from holdfast.model.recorded import Usage
from holdfast.model.restoration import Place, Returning, Sight, Standing
from holdfast.model.telemetry import SLOW_S, Metric
from holdfast.model.token import SYSTEM
from holdfast.recover.readiness.answers import SAFE
from holdfast.recover.restoration.advance import HOLD_S, Clocks, Situation, advance, read_returning
from holdfast.recover.restoration.steps import EndHold, LetIn, Prolong, Step
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.asking import Elsewhere, ask_cluster
from holdfast.runtime.recovery.readiness import FindUsage
from holdfast.views.restoration import RestorationDocument, show_restoration

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 1.0
PROBE_S: Final = 4.0
"""Between two times that a service is asked how it is."""
PROBED_AT_ONCE_MAX: Final = 10
USAGE_S: Final = 60.0
DECISION_S_MAX: Final = 0.05
"""How long a step waits for its record; it takes effect before."""
RANKS: Final = {criticality: rank for rank, criticality in enumerate(Criticality)}
"""From the most critical class to the least."""
_SLOW: Final = dict(zip(SLOW_S, (Metric.SLOW, Metric.SLOWER, Metric.SLOWEST), strict=True))
ReadServices = Callable[[Iterable[str]], Sequence[ServiceReading]]
"""How services are now, of those that are watched."""


class Restorer:
    """Brings back whoever is held. Belongs to control's event loop."""

    def __init__(self, control: Control, read_services: ReadServices, find_usage: FindUsage, edges: Path) -> None:
        self.standings: tuple[Standing, ...] = ()
        self._control = control
        self._read_services = read_services
        self._find_usage = find_usage
        self._edges = edges
        self._clocks: Clocks = {}
        self._usage: Mapping[str, Usage] = {}
        self._usage_at = float("-inf")
        self._answers: dict[str, tuple[bool | None, str]] = {}
        self._asked_at: dict[str, float] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look_once()
            await asyncio.sleep(LOOK_S)

    async def look_once(self) -> None:
        """See how everybody is, and do what follows."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        intent, returning = self._control.intent, self.find_returning()
        if intent is None or not returning:
            self._forget()
            return
        now = self._control.world.clock()
        await self._learn_usage(now)
        places = find_places(intent, returning, self._usage)
        self._probe(intent, places, now)
        sights = self._see(places)
        seen = advance(Situation(now, returning, places, sights, list_capacity(intent)), self._clocks)
        self._clocks, self.standings = seen.clocks, seen.standings
        for step in seen.steps:
            await self._do(step)

    def find_returning(self) -> dict[str, Returning]:
        """Whoever is on the way back."""
        intent, mitigations = self._control.intent, self._control.state.mitigations.values()
        found = read_returning(mitigations)
        return {name: each for name, each in found.items() if intent is not None and name in intent.services}

    def show(self, tenant: str | None = None) -> RestorationDocument:
        """Who comes back when, and what they wait for: all, or one tenant's services."""
        intent, returning = self._control.intent, self.find_returning()
        if tenant is not None and intent is not None:
            returning = {n: each for n, each in returning.items() if intent.services[n].tenant == tenant}
        places = find_places(intent, returning, self._usage) if intent else {}
        now = self._control.world.clock()
        return show_restoration(intent, returning, self.standings, places, self._see(places), now)

    def find_place(self, service: str) -> Place:
        """What is declared of a service, and known of it; of no consequence if there is no such service."""
        intent = self._control.intent
        return find_places(intent, (service,), self._usage).get(service, Place(0)) if intent else Place(0)

    def _forget(self) -> None:
        self._clocks, self.standings = {}, ()
        self._answers.clear()
        self._asked_at.clear()

    async def _learn_usage(self, now: float) -> None:
        if now - self._usage_at < USAGE_S:
            return
        self._usage_at = now
        try:
            self._usage = (await self._find_usage()).services
        except Exception:
            LOG.exception("what services are usually asked for isn't known")

    def _see(self, places: Mapping[str, Place]) -> dict[str, Sight]:
        readings = {reading.service: reading for reading in self._read_services(places)}
        sights = {name: read_sight(readings.get(name), *self._answers.get(name, (None, ""))) for name in places}
        intent = self._control.intent
        pending = {n for n in places if intent and n not in self._answers and has_probes(intent.services[n].service)}
        return {name: replace(sight, is_pending=name in pending) for name, sight in sights.items()}

    def _probe(self, intent: Intent, places: Mapping[str, Place], now: float) -> None:
        """Ask some of those that have probes and weren't asked for a while; nobody waits for the answers."""
        self._asking = {name: task for name, task in self._asking.items() if not task.done()}
        due = (
            name
            for name in sorted(places, key=lambda name: self._asked_at.get(name, 0.0))
            if name not in self._asking
            and now - self._asked_at.get(name, 0.0) >= PROBE_S
            and has_probes(intent.services[name].service)
        )
        for name in islice(due, max(0, PROBED_AT_ONCE_MAX - len(self._asking))):
            self._asked_at[name] = now
            self._asking[name] = asyncio.create_task(self._ask(intent, name))

    async def _ask(self, intent: Intent, name: str) -> None:
        """Ask what leads to a service's own upstream; probes that lead elsewhere say nothing about it."""
        service = intent.services[name].service
        edges = [self._edges / edge.name for place in intent.platform.locations.values() for edge in place.edges]
        host = service.hosts[0].replace("*", "probe")
        found: tuple[bool | None, str] = (None, "")
        for probe in (each for each in service.probes if each.method in SAFE):
            reply = await ask_cluster(edges, names.cluster_of(name, None), host, probe)
            if isinstance(reply, Elsewhere):
                continue
            if reply is None or reply.status != probe.expect:
                said = "no answer" if reply is None else f"{reply.status}"
                self._answers[name] = False, f"{probe.method} {probe.path}: {said}, expected {probe.expect}"
                return
            found = True, ""
        self._answers[name] = found

    async def _do(self, step: Step) -> None:
        returning = step.returning
        command: AdjustMitigation | EndMitigation
        match step:
            case LetIn():
                hold = Hold(service=returning.service, requests_per_s=step.rps)
                command = adjust_hold(returning, hold, step.why)
            case Prolong():
                rate, pinned = returning.let_in_rps, returning.pinned
                hold = Hold(service=returning.service, requests_per_s=rate, pinned=pinned)
                command = adjust_hold(returning, hold, step.why)
            case EndHold():
                command = EndMitigation(SYSTEM, returning.hold, step.why)
        ticket = await self._control.submit(command, DECISION_S_MAX)
        if ticket.refusal is not None:
            LOG.warning("a step of the restoration was refused: %s", ticket.refusal.message)


def has_probes(service: Service) -> bool:
    """Whether anything tells how a service is before its clients do."""
    return any(probe.method in SAFE for probe in service.probes)


def adjust_hold(returning: Returning, hold: Hold, why: str, author: str = SYSTEM) -> AdjustMitigation:
    """Have a hold be so from now on."""
    return AdjustMitigation(author, returning.hold, hold, why, edges=returning.edges, for_s=HOLD_S)


def find_places(intent: Intent, services: Iterable[str], usage: Mapping[str, Usage]) -> dict[str, Place]:
    """What is declared of services, and of all that they depend on, directly or not; and what they are asked for."""
    found: dict[str, Place] = {}
    rest = [name for name in services if name in intent.services]
    locations = tuple(intent.platform.locations)
    while rest:
        name = rest.pop()
        if name in found:
            continue
        owned = intent.services[name]
        needed = tuple(each for each in owned.service.depends_on if each in intent.services and each != name)
        usual = usage.get(name, Usage()).peak_rps
        found[name] = Place(RANKS[owned.criticality], needed, usual, (*locations, *_list_sites(owned)))
        rest.extend(needed)
    return found


def list_capacity(intent: Intent) -> dict[str, float]:
    """What locations and sites carry, in requests per second, as far as that is declared."""
    sites = {name: site.requests for name, site in intent.platform.sites.items() if site.requests is not None}
    locations = {name: place.capacity.requests for name, place in intent.platform.locations.items()}
    return {**locations, **{f"site {name}": rps for name, rps in sites.items()}}


def read_sight(reading: ServiceReading | None, answers: bool | None, why: str) -> Sight:
    """How a service is, from what edges count and what its probes say."""
    if reading is None:
        return Sight(answers=answers, why=why)
    rates = reading.rates
    admitted = rates.get(Metric.ADMITTED, 0.0)
    slow = rates.get(_SLOW.get(reading.slow_s, Metric.SLOWEST), 0.0)
    return Sight(
        answers=answers,
        why=why,
        offered_rps=rates.get(Metric.OFFERED, 0.0),
        admitted_rps=admitted,
        refused_rps=rates.get(Metric.MITIGATED, 0.0),
        failing=min(1.0, rates.get(Metric.FAILED, 0.0) / admitted) if admitted > 0 else 0.0,
        slow=min(1.0, slow / admitted) if admitted > 0 else 0.0,
    )


def _list_sites(owned: OwnedService) -> tuple[str, ...]:
    sites = (upstream.site for _, upstream in owned.service.each_upstream())
    return tuple(dict.fromkeys(f"site {site}" for site in sites if site is not None))
