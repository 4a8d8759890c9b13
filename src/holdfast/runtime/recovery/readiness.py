"""Proves again and again that standbys could take over: slowly, each in its turn, through the edges.

If this dies, proofs get old, and are said to be.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Final

from holdfast.compile import names
from holdfast.model.asset_store import StoreStanding
from holdfast.model.intent import Intent
from holdfast.model.platform import Service
from holdfast.model.readiness import Outcome, Proof, ProofKind, StandbyName, Verdict
from holdfast.model.recorded import PlatformUsage, Usage
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.route import Probe
from holdfast.model.upstream import Upstream
from holdfast.recover.readiness import judge_standby
from holdfast.recover.readiness.answers import (
    Asked,
    Reply,
    list_questions,
    prove_lag,
    prove_parity,
    prove_probes,
)
from holdfast.recover.readiness.headroom import Moves, Sites, prove_headroom, sum_peaks
from holdfast.recover.readiness.judging import GOOD_FOR_S
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.asking import Elsewhere, ask_cluster
from holdfast.runtime.recovery.drills_seen import DrillsSeen
from holdfast.runtime.recovery.proof_book import ProofBook
from holdfast.views.readiness import CopiesDocument, ReadinessDocument, show_readiness

LOG: Final = logging.getLogger(__name__)
EVERY_S: Final = 60.0
"""Each standby is asked so often, where there are few enough of them."""
PER_S_MAX: Final = 5.0
"""Standbys that are asked in a second, at most."""
QUESTIONS_MAX: Final = 5
"""Of a service's probes, so many are asked each time."""
USAGE_S: Final = 60.0
"""Between two looks at what services are usually asked for."""
SAVE_S: Final = 30.0
AT_ONCE_MAX: Final = 20
REASONS_TOLD: Final = 2
FindUsage = Callable[[], Awaitable[PlatformUsage]]


class ReadinessProver:
    """Keeps the proofs, and says which standbys could take over. Belongs to control's event loop.

    `find_store` says how the store of last good copies is.
    """

    def __init__(
        self,
        control: Control,
        find_usage: FindUsage,
        edges: Path,
        kept: Path,
        find_store: Callable[[], StoreStanding] = StoreStanding,
    ) -> None:
        self._find_store = find_store
        self._control = control
        self._find_usage = find_usage
        self._edges = edges
        self._book = ProofBook(kept)
        self._drills = DrillsSeen()
        self._followed: Intent | None = None
        self._names: tuple[StandbyName, ...] = ()
        self._next = 0
        self._usage: Mapping[str, Usage] = {}
        self._peaks: tuple[Sites, Moves] = ({}, {})
        self._usage_at = float("-inf")
        self._saved_at = control.world.clock()
        self._chance = random.Random()  # noqa: S311 - so that not all are asked at once

    async def run(self) -> None:
        """Prove until cancelled. One that doesn't answer keeps nobody else waiting: a site may be lost just now."""
        turns = asyncio.Semaphore(AT_ONCE_MAX)

        async def prove() -> None:
            async with turns:
                await self.prove_next()

        async with asyncio.TaskGroup() as group:
            while True:
                if not turns.locked():
                    group.create_task(prove())
                pause_s = max(1 / PER_S_MAX, EVERY_S / max(1, len(self._names)))
                await asyncio.sleep(min(pause_s, EVERY_S / 4) * self._chance.uniform(0.8, 1.2))

    def close(self) -> None:
        """Keep what was proved."""
        self._book.save(self._book.write_down())

    async def prove_next(self) -> None:
        """Prove what can be of the next standby in turn."""
        intent = self._follow()
        if intent is None or not self._names:
            return
        name = self._names[self._next % len(self._names)]
        self._next += 1
        await self._prove(intent, name)
        now = self._control.world.clock()
        if now - self._saved_at >= SAVE_S:
            self._saved_at = now
            await asyncio.to_thread(self._book.save, self._book.write_down())

    async def prove(self, service: str) -> ReadinessDocument | Refusal:
        """Prove all standbys of a service now."""
        intent = self._follow()
        if intent is None or service not in intent.services:
            return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service {service}")
        turns = asyncio.Semaphore(AT_ONCE_MAX)

        async def prove(name: StandbyName) -> None:
            async with turns:
                await self._prove(intent, name)

        await asyncio.gather(*(prove(name) for name in self._names if name.service == service))
        return self.show(service)

    def show(self, service: str | None, tenant: str | None = None) -> ReadinessDocument:
        """The verdicts on the standbys of one service, of one tenant's, or of all."""
        intent, now = self._follow(), self._control.world.clock()
        if intent is None:
            return show_readiness((), (), now)

        def is_asked_for(name: str) -> bool:
            return (
                service in {None, name} and name in intent.services and tenant in {None, intent.services[name].tenant}
            )

        shown = [name for name in self._names if is_asked_for(name.service)]
        without = [
            name
            for name, owned in intent.services.items()
            if service == name and not any(upstream.standbys for _, upstream in owned.service.each_upstream())
        ]
        store = self._find_store()
        static = tuple(name for name in store.services if is_asked_for(name))
        copies = CopiesDocument(services=static, problem=store.problem) if static else None
        return show_readiness(tuple(self._judge(name, now) for name in shown), tuple(without), now, copies)

    def find_unready(self, service: str, upstream: str | None, standby: str) -> str:
        """Why a standby can't take over; empty if nothing speaks against it.

        That its site has no room for everybody at their peaks is no reason: failover knows what comes now, and who goes
        first.
        """
        name, now = StandbyName(service, upstream, standby), self._control.world.clock()
        proofs = [proof for proof in self._book.proofs_of(name) if proof.kind is not ProofKind.HEADROOM]
        verdict = judge_standby(name, proofs, self._book.since(name, now), now)
        return "" if verdict.may_take_over else "; ".join(verdict.reasons[:REASONS_TOLD])

    def judge(self, name: StandbyName) -> Verdict:
        """The verdict on one standby now."""
        return self._judge(name, self._control.world.clock())

    def judge_all(self) -> tuple[Verdict, ...]:
        """The verdicts on all standbys now."""
        self._follow()
        now = self._control.world.clock()
        return tuple(self._judge(name, now) for name in self._names)

    def _judge(self, name: StandbyName, now: float) -> Verdict:
        return judge_standby(name, self._book.proofs_of(name), self._book.since(name, now), now)

    def _follow(self) -> Intent | None:
        """Know the standbys of the platform in force, and what the journal says of drills."""
        intent, now = self._control.intent, self._control.world.clock()
        if intent is None:
            return None
        if self._followed is None or self._followed.services is not intent.services:
            self._names = tuple(list_standbys(intent))
            self._book.follow(self._names, now)
        self._followed = intent
        new = list(takewhile(lambda each: each.sequence > self._book.known, reversed(self._control.recent)))
        for name, proof in self._drills.read(reversed(new), intent):
            self._book.add(name, (proof,))
        self._book.known = new[0].sequence if new else self._book.known
        return intent

    async def _prove(self, intent: Intent, name: StandbyName) -> None:
        owned = intent.services.get(name.service)
        if owned is None:
            return
        upstream = owned.service.upstream if name.upstream is None else owned.service.upstreams[name.upstream]
        asked = await self._ask(intent, owned.service, upstream, name)
        now = self._control.world.clock()
        await self._learn_usage(now)
        standby = upstream.standbys[name.standby]
        proofs = [
            prove_parity(upstream, standby, asked or (), now),
            prove_headroom(intent, self._usage, self._peaks, upstream.site, standby.site, now),
            _prove_certificates(now),
        ]
        if asked is not None:
            proofs.append(prove_probes(asked, now))
        if (lag := await self._prove_lag(intent, owned.service, name)) is not None:
            proofs.append(lag)
        self._book.add(name, [self._stretch(proof) for proof in proofs])

    async def _ask(
        self, intent: Intent, service: Service, upstream: Upstream, name: StandbyName
    ) -> tuple[Asked, ...] | None:
        """What primary and standby say to probes; None if it couldn't be asked."""
        questions = list_questions(service.probes, upstream.standbys[name.standby])[:QUESTIONS_MAX]
        clusters = names.cluster_of(name.service, name.upstream), names.standby_of(*name)
        asked = list[Asked]()
        for probe in questions:
            ours, theirs = await asyncio.gather(*(self._ask_one(intent, name, each, probe) for each in clusters))
            if not isinstance(theirs, Elsewhere):
                asked.append(Asked(probe, None if isinstance(ours, Elsewhere) else ours, theirs))
            if theirs is None:
                break
        return None if questions and not asked else tuple(asked)

    async def _ask_one(self, intent: Intent, name: StandbyName, cluster: str, probe: Probe) -> Reply | Elsewhere | None:
        host = intent.services[name.service].service.hosts[0].replace("*", "probe")
        edges = [edge.name for place in intent.platform.locations.values() for edge in place.edges]
        return await ask_cluster([self._edges / edge for edge in edges], cluster, host, probe)

    async def _prove_lag(self, intent: Intent, service: Service, name: StandbyName) -> Proof | None:
        lag = service.failover.lag
        if lag is None:
            return prove_lag(None, None, self._control.world.clock())
        reply = await self._ask_one(intent, name, names.standby_of(*name), Probe(path=lag.path))
        return None if isinstance(reply, Elsewhere) else prove_lag(lag, reply, self._control.world.clock())

    async def _learn_usage(self, now: float) -> None:
        if now - self._usage_at < USAGE_S or self._followed is None:
            return
        self._usage_at = now
        try:
            self._usage = (await self._find_usage()).services
        except Exception:
            LOG.exception("what services are usually asked for isn't known")
        self._peaks = sum_peaks(self._followed, self._usage)

    def _stretch(self, proof: Proof) -> Proof:
        """Where there are so many standbys that a round takes longer, proofs are good for as long as three rounds."""
        round_s = len(self._names) / PER_S_MAX
        return proof.model_copy(update={"good_for_s": max(proof.good_for_s, 3 * round_s)})


def list_standbys(intent: Intent) -> Iterator[StandbyName]:
    """Every standby of a platform."""
    for service, owned in intent.services.items():
        for name, upstream in owned.service.each_upstream():
            for standby in upstream.standbys:
                yield StandbyName(service, name, standby)


def _prove_certificates(now: float) -> Proof:
    kind = ProofKind.CERTIFICATES
    told = "edges speak to upstreams without TLS"
    return Proof(kind=kind, outcome=Outcome.UNUSED, at=now, told=told, good_for_s=GOOD_FOR_S[kind])
