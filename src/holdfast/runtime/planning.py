"""What a change would do, found out on scratch Envoys: nothing here touches an edge or an upstream."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from holdfast.compile import owner_of, service_of
from holdfast.model.diagnostic import Diagnostic
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.ports import Canary
from holdfast.model.recorded import PlatformUsage, RecordedRequest
from holdfast.model.resource import ResourceType, Snapshot, diff_snapshots
from holdfast.rollout.changes import PlatformChange, find_changes
from holdfast.rollout.danger import Change, Danger
from holdfast.rollout.dangers import find_dangers
from holdfast.rollout.hosts import find_service, index_hosts
from holdfast.rollout.outcomes import Outcome, find_differences
from holdfast.rollout.plan import Plan
from holdfast.runtime.compiler import Compiler
from holdfast.runtime.effects import EffectsUnknown
from holdfast.runtime.memory import collect_later

REQUESTS_MAX: Final = 20_000
NOTHING_KNOWN: Final = PlatformUsage()
NOTHING_UNFIT: Final[Mapping[str, str]] = {}


class Trials(Protocol):
    """Tries requests on a configuration, far from every edge and upstream; see `EffectTrials`."""

    async def try_requests(
        self,
        name: str,
        intent: Intent,
        snapshot: Snapshot,
        services: Collection[str],
        requests: Sequence[RecordedRequest],
    ) -> tuple[Outcome, ...]:
        """What becomes of each request; EffectsUnknown if that can't be told."""


@dataclass(frozen=True)
class _Known:
    """What was found out of a change before it is tried out."""

    old: Intent
    new: Intent
    changes: PlatformChange
    snapshots: tuple[Snapshot, Snapshot]
    requests: tuple[RecordedRequest, ...]
    usage: PlatformUsage
    dead: frozenset[str]
    unfit: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class _Questions:
    """What is to be asked of both sides: `asked` ends with the probes. `differing` are compiled to something else."""

    differing: frozenset[str]
    touched: frozenset[str]
    asked: tuple[RecordedRequest, ...]
    probes: tuple[RecordedRequest, ...]


_Both = tuple[tuple[Outcome, ...], tuple[Outcome, ...]]
"""What became of each request before and after."""


class Planner:
    """Finds out what a change would do. One plan is made at a time."""

    def __init__(self, compiler: Compiler, canary: Canary, effects: Trials) -> None:
        self._compiler = compiler
        self._canary = canary
        self._effects = effects
        self._turn = asyncio.Lock()

    async def plan(
        self,
        old: Intent,
        platform: Platform,
        requests: Sequence[RecordedRequest],
        usage: PlatformUsage = NOTHING_KNOWN,
        dead: frozenset[str] = frozenset(),
        diagnostics: Sequence[Diagnostic] = (),
        unfit: Mapping[str, str] = NOTHING_UNFIT,
    ) -> Plan:
        """What `platform` would do in place of `old`, to these requests among others, and to what is usual.

        The most important `REQUESTS_MAX` requests are asked about. `dead` are endpoints that took no connection.
        """
        async with self._turn:
            with collect_later():
                plain = old.under(())
                new, changes = await asyncio.to_thread(self._compare, plain, platform)
                if not changes:
                    return Plan(diagnostics, changes)
                after = await asyncio.to_thread(self._compile, new, new)
                proving = asyncio.create_task(self._canary.prove(after))
                try:
                    snapshots = await asyncio.to_thread(self._compile, plain, new), after
                    known = _Known(
                        plain, new, changes, snapshots, tuple(requests), usage, dead, unfit, tuple(diagnostics)
                    )
                    plan = await self._try_out(known)
                    nacks = (await proving).nacks
                finally:
                    proving.cancel()
                return Plan(diagnostics, changes, nacks=nacks) if nacks else plan

    def _compare(self, old: Intent, platform: Platform) -> tuple[Intent, PlatformChange]:
        """The intent that would take over, as control would make it of the one in force, and what it changes."""
        new = Intent(platform, owner_limits=old.owner_limits, watched=old.watched)
        new = replace(new, settled=dict(self._compiler.settle_walls(old, new)))
        return new, find_changes(old, new)

    def _compile(self, side: Intent, new: Intent) -> Snapshot:
        """One side at the new one's first location; the old side at its own first, if it hasn't that."""
        location = next(iter(new.platform.locations))
        own = side.platform.locations
        return self._compiler.compile_snapshot(side, location if location in own else next(iter(own)))

    async def _try_out(self, known: _Known) -> Plan:
        questions = await asyncio.to_thread(_choose_questions, known)
        try:
            outcomes = await self._ask_both(known, questions.touched, questions.asked)
        except EffectsUnknown as unknown:
            why = Danger("effects-unknown", f"what the change does couldn't be tried: {unknown}")
            return Plan(known.diagnostics, known.changes, dangers=(why,), nacks=unknown.nacks)
        return await asyncio.to_thread(_judge, known, questions, outcomes)

    async def _ask_both(self, known: _Known, touched: frozenset[str], asked: Sequence[RecordedRequest]) -> _Both:
        sides = zip(("old", "new"), (known.old, known.new), known.snapshots, strict=True)
        trials = [self._effects.try_requests(*side, touched, asked) for side in sides]
        before, after = await asyncio.gather(*trials)
        return before, after


def _choose_questions(known: _Known) -> _Questions:
    differing = _find_differing(*known.snapshots)
    touched = known.changes.mentioned | differing
    probes = tuple(_list_probes(known.new, touched))
    chosen = _choose_requests(known.old, known.new, touched, known.requests)
    return _Questions(differing, touched, (*chosen, *probes), probes)


def _judge(known: _Known, questions: _Questions, outcomes: _Both) -> Plan:
    asked, probes, changes = questions.asked, questions.probes, known.changes
    differences = tuple(find_differences(asked, *outcomes))
    recorded = len(asked) - len(probes)
    change = Change(
        known.old,
        known.new,
        changes,
        tuple(d for d in differences if d.request.expect is None),
        tuple(_find_failing(probes, outcomes[1][recorded:])),
        known.requests,
        known.usage,
        known.dead,
        tried=tuple(zip(asked, *outcomes, strict=True))[:recorded],
        connections=known.usage.connections,
        operations=known.usage.operations,
        unfit=known.unfit,
    )
    strangers = () if changes.shared else _name_strangers(questions.differing - changes.mentioned)
    dangers = (*strangers, *find_dangers(change))
    return Plan(known.diagnostics, changes, differences, dangers, asked=len(asked))


def _name_strangers(services: Iterable[str]) -> tuple[Danger, ...]:
    names = tuple(sorted(services))
    if not names:
        return ()
    message = f"{len(names)} services aren't mentioned in the change, and edges would be given something else for them"
    return (Danger("stranger-compiled", message, names, names[:5]),)


def _find_differing(old: Snapshot, new: Snapshot) -> frozenset[str]:
    """The services that edges are given something else for."""
    delta = diff_snapshots(old, new)
    keys = [*(resource.key for resource in delta.upserts), *delta.removals]
    kinds = {ResourceType.CLUSTER, ResourceType.ENDPOINTS, ResourceType.ROUTES}
    return frozenset(service_of(key.name) for key in keys if key.type in kinds and owner_of(key.name) is None)


def _choose_requests(
    old: Intent, new: Intent, touched: frozenset[str], requests: Sequence[RecordedRequest]
) -> tuple[RecordedRequest, ...]:
    """Those that a touched service answers, before or after; the weightiest, if they are too many."""
    hosts = [index_hosts(intent) for intent in (old, new)]
    chosen = [r for r in requests if any(find_service(index, r.host) in touched for index in hosts)]
    return tuple(sorted(chosen, key=lambda r: -r.weight)[:REQUESTS_MAX])


def _list_probes(intent: Intent, services: Iterable[str]) -> Iterable[RecordedRequest]:
    for name in sorted(services):
        for probe in intent.services[name].service.probes if name in intent.services else ():
            hosts = intent.services[name].service.hosts
            yield RecordedRequest(
                method=probe.method,
                host=probe.host or hosts[0].replace("*", "probe"),
                path=probe.path,
                headers=tuple(probe.headers.items()),
                expect=probe.expect,
            )


def _find_failing(
    probes: Sequence[RecordedRequest], outcomes: Sequence[Outcome]
) -> Iterable[tuple[RecordedRequest, int]]:
    """Probes that an edge itself answers otherwise than it should; what an upstream would say isn't known here."""
    for probe, outcome in zip(probes, outcomes, strict=True):
        if not outcome.endpoints and outcome.status != probe.expect:
            yield probe, outcome.status
