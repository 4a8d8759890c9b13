"""One change of the corpus, forced past its plan into a Holdfast with traffic: how far it gets, and whom it hurts."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.drills.bad_changes.editing import BadEdit
from holdfast.drills.bad_changes.peers.placing import Places
from holdfast.drills.bad_changes.peers.world import merge_world
from holdfast.drills.bad_changes.waves_platform import NotPlaceable, list_edge_ports, write_placed
from holdfast.drills.bad_changes.waves_traffic import Tally, Traffic, leave_out_odd, plan_traffic
from holdfast.drills.bad_changes.waves_world import BusyWorld
from holdfast.drills.bad_route_push.operator import UNCONFIRMED, Operator
from holdfast.drills.broken import DrillBroken
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import Cores
from holdfast.model.event import RevisionInForce, RevisionRolledBack, RolloutBegan, WaveBegan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from holdfast.drills.bad_changes.corpus import Case
    from holdfast.drills.bad_route_push.operator import Answer
    from holdfast.model.rollout import Wave
    from holdfast.runtime.state_dir import StateDir

_LOOK_S: Final = 0.25
_UNDIVIDED: Final = Cores(frozenset(), frozenset())
_AFTER_S: Final = 5.0
"""Traffic is watched for so much longer once the change is over."""
_STANDS_S: Final = 15.0
"""A rollout that hasn't gone on for so long after its wave has baked, and says that there is harm, stands still."""
_HARM: Final = ("this to end", "what harms everybody")
"""How Holdfast begins to say that it waits for harm to end."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a case is tried: the waves' baking, how long what is usual is learnt, and all requests a second."""

    bake_s: float = 10.0
    learn_s: float = 45.0
    rps: float = 200.0
    rollout_s_max: float = 120.0
    seed: int = 1


@dataclass
class Went:
    """What became of a change. Waves count from 0; `wave` is the last that had it."""

    case: Case
    failed: str | None = None
    """Why the case couldn't be tried."""
    refused: str | None = None
    """Why control didn't take it although all dangers were confirmed."""
    confirmed: tuple[str, ...] = ()
    waves: tuple[Wave, ...] = ()
    wave: int | None = None
    wave_s: float | None = None
    """How long its last wave had begun when it went back or reached everybody."""
    rolled_back: str | None = None
    evidence: tuple[str, ...] = ()
    stands: str | None = None
    """What it waited for at last, if that is harm."""
    in_force: bool = False
    before: Tally = field(default_factory=Tally)
    during: Tally = field(default_factory=Tally)
    rps: float = 0.0
    left_out: int = 0
    unsent: int = 0

    @property
    def outcome(self) -> str:
        """`first wave`, `later wave`, `not caught`, `no harm` done to anybody, `refused`, or `broken`: not tried."""
        if self.failed is not None:
            return "broken"
        if self.refused is not None:
            return "refused"
        if self.rolled_back is None and self.stands is None:
            return "not caught" if list_hurt(self) else "no harm"
        last = self.waves[self.wave or 0]
        return "first wave" if last.cohort == self.waves[0].cohort else "later wave"


async def try_waves(case: Case, form: Form) -> Went:
    """Have one Holdfast serve a case's platform, push its first change whatever the plan says, and look on."""
    places = Places()
    went = Went(case)
    try:
        await _try(went, places, form)
    except (BadEdit, NotPlaceable, DrillBroken, OSError) as failure:
        went.failed = str(failure)
    finally:
        places.close()
    return went


async def _try(went: Went, places: Places, form: Form) -> None:
    case = went.case
    before, after = (write_placed(files, places, form.bake_s) for files in next(case.each_step()))
    recorded_s = {r.path.partition("?")[0]: r.latency_s for r in case.requests if r.latency_s is not None}
    had = dict(case.base.world["endpoints"])
    world = BusyWorld(places, had, recorded_s, form.seed)
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        try:
            await world.follow()
            holdfast = await asyncio.to_thread(HoldfastProcess, Path(folder) / "site", before, _UNDIVIDED)
            try:
                async with _keep_asking(went, list_edge_ports(before), form) as traffic:
                    await asyncio.sleep(form.learn_s)
                    await world.follow(merge_world(had, case.raw.get("world", {}).get("endpoints", {})))
                    went.before = traffic.begin_tally()
                    await asyncio.to_thread(_push_and_look_on, went, holdfast.places, after, form)
                    await asyncio.sleep(_AFTER_S)
                    went.during, went.unsent = traffic.begin_tally(), traffic.unsent
            finally:
                await asyncio.to_thread(holdfast.stop)
            _read_journal(went, holdfast.places)
        finally:
            world.close()


@contextlib.asynccontextmanager
async def _keep_asking(went: Went, ports: list[int], form: Form) -> AsyncIterator[Traffic]:
    traffic = Traffic(ports, form.seed)
    streams = plan_traffic(went.case, form.rps)
    kept = await leave_out_odd(traffic, streams)
    went.left_out = len(streams) - len(kept)
    went.rps = sum(each.rps for each in kept)
    running = asyncio.create_task(traffic.run(kept))
    try:
        yield traffic
    finally:
        running.cancel()
        await asyncio.wait([running])


def _push_and_look_on(went: Went, places: StateDir, text: str, form: Form) -> None:
    """Push it as somebody who confirms everything, and wait until it is over or stands still."""
    with Operator(places) as operator:
        answer = _propose_past_plan(went, operator, text)
        if answer.number is None:
            went.refused = f"{answer.code} {answer.detail}"
            return
        _look_on(went, operator, answer.number, form)


def _propose_past_plan(went: Went, operator: Operator, text: str) -> Answer:
    answer = operator.propose(text)
    while answer.code == UNCONFIRMED and not set(answer.dangers) <= set(went.confirmed):
        went.confirmed = tuple(dict.fromkeys((*went.confirmed, *answer.dangers)))
        answer = operator.propose(text, went.confirmed)
    return answer


def _look_on(went: Went, operator: Operator, number: int, form: Form) -> None:
    deadline = time.monotonic() + form.rollout_s_max
    harmed_at = 0.0
    while time.monotonic() < deadline:
        status = operator.read_status()
        rollout = status.rollout
        ended = {each.number for each in (status.in_force, status.rolled_back) if each is not None}
        if rollout is None and number in ended:
            went.stands = None
            return
        if rollout is not None:
            harm = rollout.waits_for.startswith(_HARM)
            went.stands = rollout.waits_for if harm else None
            harmed_at = (harmed_at or time.monotonic()) if harm else 0.0
            baked = status.now - rollout.since > form.bake_s + _STANDS_S
            if harm and baked and time.monotonic() - harmed_at > _STANDS_S:
                return
        time.sleep(_LOOK_S)


def _read_journal(went: Went, places: StateDir) -> None:
    """What became of the last rollout, by the journal."""
    since = 0.0
    with closing(SqlJournal(places.journal)) as journal:
        for recorded in journal.read():
            match recorded.event:
                case RolloutBegan(waves=waves, at=since):
                    went.waves, went.wave = waves, 0
                case WaveBegan(wave=wave, at=since):
                    went.wave = wave
                case RevisionRolledBack(wave=wave, why=why, evidence=evidence, at=at):
                    went.wave, went.rolled_back, went.evidence, went.wave_s = wave, why, evidence, at - since
                case RevisionInForce(at=at) if went.waves:
                    went.in_force, went.wave_s = True, at - since


def list_hurt(went: Went) -> dict[str, tuple[int, int]]:
    """Services whose requests went wrong clearly more often than before: how many, and of how many.

    Clearly: at least three, at least 5 % of them, and three times the share that went wrong before.
    """
    return {
        service: (wrong, went.during.asked[service])
        for service, wrong in sorted(went.during.wrong.items())
        if wrong >= _HURT_MIN
        and wrong / went.during.asked[service] >= max(_HURT_SHARE_MIN, _HURT_TIMES * _find_share(went.before, service))
    }


def _find_share(tally: Tally, service: str) -> float:
    return tally.wrong[service] / tally.asked[service] if tally.asked[service] else 0.0


_HURT_MIN: Final = 3
_HURT_SHARE_MIN: Final = 0.05
_HURT_TIMES: Final = 3.0


def count_statuses(went: Went) -> Counter[str]:
    """What wrong requests of hurt services were answered, since the change was proposed."""
    hurt = list_hurt(went)
    counts: Counter[str] = Counter()
    for (service, status), count in went.during.statuses.items():
        if service in hurt:
            counts["no answer" if status is None else str(status)] += count
    return counts
