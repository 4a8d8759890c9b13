"""Gives the edges what is in force, and a revision on its way to whom its waves have reached.

What this costs follows what changed.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, assert_never

from holdfast.compile import service_of
from holdfast.engine.facts import PlatformFacts
from holdfast.engine.owners import reset_owner_limits
from holdfast.engine.react import (
    Effect,
    ProveRevision,
    PublishMitigations,
    PublishRevision,
    PublishServices,
    PublishWaves,
    WakeAt,
)
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Drain, Mitigation
from holdfast.model.platform import Limits
from holdfast.model.ports import Fleet
from holdfast.model.recovery import Endpoint
from holdfast.model.resource import Resource, ResourceKey, Snapshot, SnapshotDelta, diff_snapshots, index_resources
from holdfast.model.revision import RevisionNumber
from holdfast.model.state import State
from holdfast.rollout.passages import Passages, invert_delta, join_deltas
from holdfast.runtime.compiled import Compiled, Reached
from holdfast.runtime.compiler import Compiler

_STAGED_MAX: Final = 2
"""When control starts: the revision in force, and the one on its way."""


class Publisher:
    """Holds the intent of now, and performs the engine's publishing effects on a fleet.

    A revision is staged before it goes out; what was mitigated or chosen meanwhile is put over it then.
    """

    def __init__(self, fleet: Fleet, compiler: Compiler) -> None:
        self.intent: Intent | None = None
        """Everything as the edges have it: while a revision goes out, its services as far as they are reached."""
        self.facts: PlatformFacts | None = None
        """Those of `intent`."""
        self.renewed: Callable[[tuple[str, ...]], None] = lambda _: None
        """Hears of services that edges have otherwise than the revision in force was kept with."""
        self._fleet = fleet
        self._compiler = compiler
        self._staged: dict[RevisionNumber, Compiled] = {}
        self._base: Compiled | None = None
        self._coming: Compiled | None = None
        self._reached: dict[str, Reached] = {}
        self._blends: dict[str, Intent] = {}
        self._blend: Intent | None = None
        self._kept: dict[str, dict[ResourceKey, Resource]] = {}
        self._mitigations: dict[str, Snapshot] = {}
        self._watched: frozenset[str] = frozenset()
        self._discovered: Mapping[str, tuple[Endpoint, ...]] = {}

    @property
    def base(self) -> Compiled | None:
        """The revision in force, as it was compiled."""
        return self._base

    @property
    def coming(self) -> Compiled | None:
        """The revision that goes out, if one does."""
        return self._coming

    @property
    def reached(self) -> Mapping[str, Reached]:
        """Who has the revision that goes out, by location."""
        return self._reached

    def copy_kept(self) -> Mapping[str, Snapshot]:
        """What edges have of the revision in force, by location, but for what depends on mitigations."""
        return {location: dict(snapshot) for location, snapshot in self._kept.items()}

    def stage(self, compiled: Compiled) -> None:
        """Have a revision ready until it is put on its way or in force."""
        self._staged[compiled.number] = compiled
        self._staged = {number: self._staged[number] for number in sorted(self._staged)[-_STAGED_MAX:]}

    def perform(self, state: State, effect: Effect) -> None:
        """Do what concerns the edges; all else is the caller's."""
        match effect:
            case PublishRevision(number):
                self._publish_revision(state, number)
            case PublishWaves():
                self._publish_waves(state)
            case PublishMitigations():
                self._publish_mitigations(state)
            case PublishServices(names):
                self._publish_services(state, names)
            case ProveRevision() | WakeAt():
                pass
            case _:
                assert_never(effect)

    def watch(self, state: State, services: frozenset[str]) -> None:
        """Have a larger share of these services' requests sampled, and of no others."""
        if self._base is not None and services != self._watched:
            self._watched = services
            self._publish_mitigations(state)

    def discover(self, state: State, discovered: Mapping[str, tuple[Endpoint, ...]]) -> frozenset[str]:
        """Have requests sent to these endpoints, by cluster, in place of those that were learnt before.

        The services that it concerns; nobody else is given anything.
        """
        before, self._discovered = self._discovered, discovered
        changed = [name for name in before.keys() | discovered.keys() if before.get(name) != discovered.get(name)]
        services = frozenset(service_of(name) for name in changed)
        self._renew_services(state, services)
        return services

    def _publish_revision(self, state: State, number: RevisionNumber) -> None:
        compiled = self._staged.pop(number, self._coming)
        if compiled is None or compiled.number != number:
            raise RuntimeError(f"revision {number} was put in force, but not staged")
        self._base, self._coming, self._reached = compiled, None, {}
        self._blend, self._blends = compiled.intent, dict.fromkeys(compiled.snapshots, compiled.intent)
        intent = self._update(state, compiled.intent)
        changed = _find_changed(compiled.intent, intent, intent.services)
        for location, snapshot in compiled.snapshots.items():
            services = index_resources(self._compiler.compile_services(intent, location, changed))
            self._kept[location] = {**snapshot, **services}
            self._mitigations[location] = index_resources(self._compiler.compile_mitigations(intent, location))
            self._fleet.replace(location, {**self._kept[location], **self._mitigations[location]})
        self._kept = {location: self._kept[location] for location in compiled.snapshots}
        self.intent, self.facts = intent, compiled.facts

    def _publish_waves(self, state: State) -> None:
        """Make the edges have what the state says of its rollout, if it has one, wherever they are on its way."""
        rollout = state.rollout
        if rollout is not None and self._coming is None:
            self._coming = self._staged.pop(rollout.number, None)
        base, coming = self._base, self._coming
        if base is None or coming is None or coming.course is None:
            return
        for location, passages in coming.course.passages.items():
            reached = coming.course.reach(rollout.wave, location) if rollout else Reached()
            if reached != self._reached.get(location, Reached()):
                self._move(state, location, passages, reached)
        self._know(state)
        if rollout is None:
            self._coming, self._reached = None, {}

    def _move(self, state: State, location: str, passages: Passages, reached: Reached) -> None:
        """Have those go over at a location who haven't yet, and those return who should not have."""
        had, kept = self._reached.get(location, Reached()), self._kept[location]
        self._reached[location] = reached
        self._blends[location] = self._make_blend(reached)
        intent = self._update(state, self._blends[location])
        going = _pick(passages, reached, had)
        staged = self._coming.intent if self._coming else intent
        changed = _find_changed(staged, intent, going)
        deltas = [
            *going.values(),
            SnapshotDelta(self._compiler.compile_services(intent, location, changed)),
            *(invert_delta(delta, kept) for delta in _pick(passages, had, reached).values()),
            self._renew_mitigations(intent, location),
        ]
        self._hand_over(location, join_deltas(deltas))

    def _publish_mitigations(self, state: State) -> None:
        if self._base is None:
            return
        for location in self._base.intent.platform.locations:
            intent = self._update(state, self._blends[location])
            self._hand_over(location, self._renew_mitigations(intent, location))
        before, self.intent = self.intent, self._update(state, self._blend or self._base.intent)
        if before is not None:
            self._renew_services(state, {drain.service for drain in _list_drains(before) ^ _list_drains(self.intent)})

    def _publish_services(self, state: State, names: Iterable[str]) -> None:
        base = self._base
        if base is None:
            return
        names = tuple(names)
        in_force = self._update(state, base.intent)
        for location in base.intent.platform.locations:
            kept = self._compile_known(in_force, location, names)
            self._kept[location] |= {resource.key: resource for resource in kept}
            is_reached = not self._reached.get(location, Reached()).services.isdisjoint(names)
            blend = self._update(state, self._blends[location])
            given = self._compile_known(blend, location, names) if is_reached else kept
            self._hand_over(location, SnapshotDelta(given))
        self.intent = self._update(state, self._blend or base.intent)

    def _renew_services(self, state: State, names: Collection[str]) -> None:
        """Give edges these services anew because of something that no revision says."""
        if names:
            self._publish_services(state, sorted(names))
            self.renewed(tuple(sorted(names)))

    def _compile_known(self, intent: Intent, location: str, names: Sequence[str]) -> tuple[Resource, ...]:
        return self._compiler.compile_services(intent, location, [name for name in names if name in intent.services])

    def _hand_over(self, location: str, delta: SnapshotDelta) -> None:
        if delta:
            self._fleet.publish(location, delta)

    def _renew_mitigations(self, intent: Intent, location: str) -> SnapshotDelta:
        new = index_resources(self._compiler.compile_mitigations(intent, location))
        delta = diff_snapshots(self._mitigations[location], new)
        self._mitigations[location] = new
        return delta

    def _know(self, state: State) -> None:
        """What is to be known of the platform now that others are reached."""
        if self._base is None:
            return
        reached = self._reached_anywhere()
        self._blend = self._make_blend(reached)
        self.intent = self._update(state, self._blend)
        tenants = {name: owned.tenant for name, owned in self.intent.services.items()}
        self.facts = replace(self._base.facts, tenants=tenants) if reached.services else self._base.facts

    def _reached_anywhere(self) -> Reached:
        each = self._reached.values()
        return Reached(frozenset().union(*(r.services for r in each)), bool(each) and all(r.shared for r in each))

    def _make_blend(self, reached: Reached) -> Intent:
        """The revision in force, but for those who have the coming one: all of it, once they have what they share."""
        if self._base is None:
            raise RuntimeError("nothing is in force")
        base, coming = self._base.intent, self._coming
        if coming is None or reached == Reached():
            return base
        return coming.intent if reached.shared else base.taking(coming.intent, reached.services)

    def _update(self, state: State, intent: Intent) -> Intent:
        """The same services under the mitigations and owners' choices of now; costs nothing for each."""
        chosen = state.owner_limits
        if self._base is not None and self._coming is not None:
            chosen = _drop_reset(chosen, self._base.facts, self._coming.facts, intent, self._base.intent)
        active = tuple(m for m in state.mitigations.values() if concerns(intent, m))
        return intent.under(active).with_owner_limits(chosen).watching(self._watched).discovering(self._discovered)


def concerns(intent: Intent, mitigation: Mitigation) -> bool:
    """A mitigation outlives the revision that it was begun under, and so perhaps its service."""
    service = mitigation.measure.service
    return service is None or service in intent.services


def _drop_reset(
    chosen: Mapping[str, Limits], old: PlatformFacts, new: PlatformFacts, blend: Intent, base: Intent
) -> Mapping[str, Limits]:
    """Owners' choices but for those of services that have the newer revision, and can't hold in it."""
    gone_over = {n: limits for n, limits in chosen.items() if blend.services.get(n) is not base.services.get(n)}
    dropped = {name for name, _ in reset_owner_limits(gone_over, old, new)}
    return {name: limits for name, limits in chosen.items() if name not in dropped}


def _pick(passages: Passages, to: Reached, but: Reached) -> Passages:
    """The ways of those who are among the one and not among the other."""
    picked: dict[str | None, SnapshotDelta] = {n: passages[n] for n in to.services - but.services if n in passages}
    if to.shared and not but.shared and None in passages:
        picked[None] = passages[None]
    return picked


def _find_changed(one: Intent, other: Intent, names: Container[str | None]) -> list[str]:
    """Which of these services' own resources differ, by what owners chose, what is drained, and what was learnt."""
    chosen, newly = one.owner_limits, other.owner_limits
    differing = {name for name in chosen.keys() | newly.keys() if chosen.get(name) != newly.get(name)}
    differing |= {drain.service for drain in _list_drains(one) ^ _list_drains(other)}
    found, learnt = one.discovered, other.discovered
    differing |= {service_of(key) for key in found.keys() | learnt.keys() if found.get(key) != learnt.get(key)}
    return sorted(name for name in differing if name in names and name in other.services)


def _list_drains(intent: Intent) -> frozenset[Drain]:
    return frozenset(m.measure for m in intent.mitigations if isinstance(m.measure, Drain))
