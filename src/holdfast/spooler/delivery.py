"""Delivers what waits, through the edges, until it is told to stop.

At least once: a message is settled after its answer, and whoever dies in between delivers it again with the same key.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from holdfast.model.inner import CAUSE_HEADER
from holdfast.model.recovery import Deferral
from holdfast.model.spool import (
    Backlog,
    Dead,
    Delivered,
    Message,
    NotInSpool,
    Outcome,
    Retry,
    SpoolStore,
    SpoolUnavailable,
)
from holdfast.spool.turns import Turns
from holdfast.spool.verdicts import Answer, Failed, HeldUp, Rejected, Taken, Verdict, judge_answer, read_retry_after
from holdfast.spooler.edge_client import Broken, EdgeAnswer, Edges, Unreachable
from holdfast.spooler.edge_pulse import EdgePulse
from holdfast.spooler.lane import Lane
from holdfast.spooler.request import write_request
from holdfast.spooler.settings import SpooledService, SpoolSettings
from holdfast.spooler.switches import Switches

LOG: Final = logging.getLogger(__name__)
IN_FLIGHT_MAX: Final = 256
"""Towards all services together."""
CLAIM_BYTES_MAX: Final = 4 * 1024**2
CLAIMED_BYTES_MAX: Final = 32 * 1024**2
"""Of all services together: beyond it nothing more is claimed ahead."""
ANSWER_S_MAX: Final = 120.0
"""An edge gives up sooner, by the route's own timeout."""
SETTLE_AGAIN_S: Final = 0.5
LOOK_S: Final = 0.1
BURY_S: Final = 2.0
EXPIRED_MAX: Final = 500
IDLE_S: Final = 1.0
"""The longest that anything that became due by itself waits for being noticed."""
_UNKNOWN_SERVICE: Final = SpooledService(tenant="")
_UNKNOWN_ROUTE: Final = Deferral()


class Delivery:
    """Everything on its way from the store to the upstreams. All of it belongs to one event loop."""

    def __init__(self, store: SpoolStore, switches: Switches, chance: random.Random | None = None) -> None:
        self.lanes: dict[str, Lane] = {}
        self._store = store
        self._switches = switches
        self._edges = Edges()
        self._turns = Turns()
        self._services: Mapping[str, SpooledService] = {}
        self._chance = chance or random.Random()  # noqa: S311 - so that not everybody comes again at once
        self._wake = asyncio.Event()
        self._tasks = set[asyncio.Task[None]]()

    def configure(self, settings: SpoolSettings) -> None:
        """Take what control says of services and edges."""
        self._services = settings.services
        self._edges.know(settings.edges.values())
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is on its way then may be delivered again later."""
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._listen, self._look_around, self._bury, self._deliver):
                    group.create_task(_outlive(work))
                group.create_task(EdgePulse(lambda: self._edges.all).run())
        finally:
            for task in self._tasks:
                task.cancel()
            self._edges.close()

    async def _listen(self) -> None:
        """Wake up when something came that may be delivered."""
        while True:
            await self._store.wait_for_arrival()
            for lane in self.lanes.values():
                lane.has_work = True
            if not self.lanes:
                await self._know_lanes()
            self._wake.set()

    async def _look_around(self) -> None:
        """Keep up with the store and the switches."""
        while True:
            backlogs = {backlog.service: backlog for backlog in await self._know_lanes()}
            for lane in self.lanes.values():
                lane.has_work = lane.has_work or lane.service in backlogs
            is_failing = {lane.service: lane.is_failing for lane in self.lanes.values()}
            rates = {lane.service: lane.rate for lane in self.lanes.values()}
            self._switches.look(backlogs, is_failing, rates)
            self._wake.set()
            await asyncio.sleep(LOOK_S)

    async def _know_lanes(self) -> Sequence[Backlog]:
        figures = await self._store.figures()
        tenants = {backlog.service: backlog.tenant for backlog in figures.backlogs}
        if not tenants.keys() <= self.lanes.keys():
            self.lanes |= {service: Lane(service) for service in tenants if service not in self.lanes}
            tenants |= {name: service.tenant for name, service in self._services.items()}
            self._turns.know(tenants)
        return figures.backlogs

    async def _bury(self) -> None:
        """Give what waits the time back in which we kept it waiting; then see what is too old all the same."""
        while True:
            for lane in list(self.lanes.values()):
                lost_s = lane.take_lost_s(time.monotonic())
                if lost_s:
                    await self._store.postpone_expiry(lane.service, lost_s)
                if not lane.held_up:
                    await self._bury_expired(lane)
            await asyncio.sleep(BURY_S)

    async def _bury_expired(self, lane: Lane) -> None:
        for message_id in await self._store.claim_expired(lane.service, time.time(), EXPIRED_MAX):
            self._start(self._settle(lane, Dead(message_id, "not delivered in time", time.time())))

    async def _deliver(self) -> None:
        while True:
            self._wake.clear()
            now = time.monotonic()
            free = IN_FLIGHT_MAX - sum(lane.in_flight for lane in self.lanes.values())
            self._claim_ahead(now)
            ready = {name for name, lane in self.lanes.items() if lane.claimed and lane.has_room(now)}
            service = self._turns.pick(ready) if free > 0 else None
            if service is None:
                await self._rest(now)
            else:
                self._send_next(self.lanes[service])

    async def _rest(self, now: float) -> None:
        pauses = (lane.paused_until - now for lane in self.lanes.values() if lane.paused_until > now)
        try:
            async with asyncio.timeout(min(IDLE_S, *pauses, IDLE_S)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _claim_ahead(self, now: float) -> None:
        wanting = [lane for lane in self.lanes.values() if lane.wants_more(now)]
        if not wanting or sum(lane.claimed_bytes for lane in self.lanes.values()) > CLAIMED_BYTES_MAX:
            return
        for lane in wanting:
            lane.is_claiming, lane.has_work = True, False
            self._start(self._claim(lane))

    async def _claim(self, lane: Lane) -> None:
        count = lane.claims
        try:
            messages = await self._store.claim(lane.service, time.time(), count, CLAIM_BYTES_MAX)
        except SpoolUnavailable as error:
            LOG.warning("nothing can be claimed now: %s", error)
            return
        finally:
            lane.is_claiming = False
        lane.claimed.extend(messages)
        if messages:
            lane.has_work = True
            self._wake.set()

    def _send_next(self, lane: Lane) -> None:
        message = lane.claimed.popleft()
        lane.in_flight += 1
        self._start(self._deliver_one(lane, message))

    async def _deliver_one(self, lane: Lane, message: Message) -> None:
        began, in_flight = time.monotonic(), lane.in_flight
        rest_s = 0.0
        try:
            verdict = await self._ask(message)
            now = time.monotonic()
            if isinstance(verdict, Taken | Rejected):
                lane.note_taken(message, now - began, in_flight, now)
                rest_s = lane.ramp.rest_s(now - began)
        finally:
            lane.in_flight -= 1
            lane.resting += 1
            asyncio.get_running_loop().call_later(rest_s, self._free_slot, lane)
        outcome = self._conclude(lane, message, verdict, now)
        await self._settle(lane, outcome)

    def _free_slot(self, lane: Lane) -> None:
        lane.resting -= 1
        self._wake.set()

    async def _ask(self, message: Message) -> Verdict:
        service = self._services.get(message.service, _UNKNOWN_SERVICE)
        deferral = service.routes.get(message.route, _UNKNOWN_ROUTE)
        try:
            request = write_request(message, service.idempotency_header)
            answer = await self._edges.send(request, ANSWER_S_MAX)
        except (Unreachable, Broken) as error:
            return HeldUp(str(error))
        return judge_answer(_read(answer), deferral.also_on)

    def _conclude(self, lane: Lane, message: Message, verdict: Verdict, now: float) -> Outcome:
        chance = self._chance.random()
        match verdict:
            case Taken(status):
                lane.delivered += 1
                return Delivered(message.id, status, time.time())
            case Rejected(why):
                return Dead(message.id, why, time.time())
            case HeldUp(_, is_crowded):
                lane.note_held_up(now, chance, is_crowded=is_crowded)
                self._switches.take_failure(message.service)
                return Retry(message.id, 0.0, counted=False)
            case Failed(why, retry_after_s):
                due_s = lane.note_failed(message, retry_after_s, now, chance)
                self._switches.take_failure(message.service)
                return Retry(message.id, time.time() + due_s, why)

    async def _settle(self, lane: Lane, outcome: Outcome) -> None:
        lane.unsettled += 1
        try:
            is_settled = await self._try_settling(outcome)
            if not is_settled:
                await self._settle_later(outcome)
        finally:
            lane.unsettled -= 1
            lane.has_work = True
            self._wake.set()

    async def _settle_later(self, outcome: Outcome) -> None:
        while True:
            await asyncio.sleep(SETTLE_AGAIN_S)
            if await self._try_settling(outcome):
                return

    async def _try_settling(self, outcome: Outcome) -> bool:
        try:
            await self._store.settle(outcome)
        except SpoolUnavailable as error:
            LOG.warning("what became of %s can't be written down now: %s", outcome.id, error)
            return False
        except NotInSpool:
            LOG.exception("%s was settled twice", outcome.id)
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            LOG.error("a delivery failed by a bug; its message stays claimed until a restart", exc_info=error)


async def _outlive(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin again what a failing disk ended."""
    while True:
        try:
            await work()
        except SpoolUnavailable as error:
            LOG.warning("the store can't be used now: %s", error)
            await asyncio.sleep(SETTLE_AGAIN_S)


def _read(answer: EdgeAnswer) -> Answer:
    headers = answer.headers
    return Answer(answer.status, headers.get(CAUSE_HEADER), read_retry_after(headers.get("retry-after")))
