"""What a change would do, found out on scratch Envoys: nothing here touches an edge or an upstream."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

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
from holdfast.runtime.effects import EffectsUnknown, EffectTrials

REQUESTS_MAX: Final = 20_000
NOTHING_KNOWN: Final = PlatformUsage()


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
    diagnostics: tuple[Diagnostic, ...]


class Planner:
    """Finds out what a change would do. One plan is made at a time."""

    def __init__(self, compiler: Compiler, canary: Canary, effects: EffectTrials) -> None:
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
    ) -> Plan:
        """What `platform` would do in place of `old`, to these requests among others, and to what is usual.

        The most important `REQUESTS_MAX` requests are asked about. `dead` are endpoints that refused a connection.
        """
        async with self._turn:
            new = Intent(platform, owner_limits=old.owner_limits)
            changes = find_changes(old, new)
            if not changes:
                return Plan(diagnostics, changes)
            plain = old.under(())
            snapshots = await asyncio.to_thread(self._compile_both, plain, new)
            nacks = (await self._canary.prove(snapshots[1])).nacks
            if nacks:
                return Plan(diagnostics, changes, nacks=nacks)
            known = _Known(plain, new, changes, snapshots, tuple(requests), usage, dead, tuple(diagnostics))
            return await self._try_out(known)

    def _compile_both(self, old: Intent, new: Intent) -> tuple[Snapshot, Snapshot]:
        """Both sides at the new one's first location; the old side at its own first, if it hasn't that."""
        location = next(iter(new.platform.locations))
        before = location if location in old.platform.locations else next(iter(old.platform.locations))
        return self._compiler.compile_snapshot(old, before), self._compiler.compile_snapshot(new, location)

    async def _try_out(self, known: _Known) -> Plan:
        old, new, changes = known.old, known.new, known.changes
        differing = _find_differing(*known.snapshots)
        touched = changes.mentioned | differing
        probes = tuple(_list_probes(new, touched))
        asked = (*_choose_requests(old, new, touched, known.requests), *probes)
        try:
            outcomes = await self._ask_both(known, touched, asked)
        except EffectsUnknown as unknown:
            why = Danger("effects-unknown", f"what the change does couldn't be tried: {unknown}")
            return Plan(known.diagnostics, changes, dangers=(why,), nacks=unknown.nacks)
        differences = tuple(find_differences(asked, *outcomes))
        change = Change(
            old,
            new,
            changes,
            tuple(d for d in differences if d.request.expect is None),
            tuple(_find_failing(probes, outcomes[1][len(asked) - len(probes) :])),
            known.requests,
            known.usage,
            known.dead,
        )
        strangers = () if changes.shared else _name_strangers(differing - changes.mentioned)
        dangers = (*strangers, *find_dangers(change))
        return Plan(known.diagnostics, changes, differences, dangers, asked=len(asked))

    async def _ask_both(
        self, known: _Known, touched: frozenset[str], asked: Sequence[RecordedRequest]
    ) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...]]:
        sides = zip(("old", "new"), (known.old, known.new), known.snapshots, strict=True)
        trials = [self._effects.try_requests(*side, touched, asked) for side in sides]
        before, after = await asyncio.gather(*trials)
        return before, after


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
