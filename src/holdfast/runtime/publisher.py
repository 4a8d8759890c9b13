"""Gives the edges what is in force, at a cost that follows what changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from holdfast.engine.facts import PlatformFacts
from holdfast.engine.react import (
    Effect,
    ProveRevision,
    PublishMitigations,
    PublishRevision,
    PublishServices,
    WakeAt,
)
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Mitigation
from holdfast.model.ports import Fleet
from holdfast.model.resource import Snapshot, SnapshotDelta, diff_snapshots, index_resources
from holdfast.model.revision import RevisionNumber
from holdfast.model.state import State
from holdfast.runtime.compiler import Compiler


@dataclass(frozen=True)
class Compiled:
    """A revision ready for the edges: its intent, its facts, and a snapshot for every location."""

    number: RevisionNumber
    intent: Intent
    facts: PlatformFacts
    snapshots: Mapping[str, Snapshot]


class Publisher:
    """Holds the intent in force, and performs the engine's publishing effects on a fleet.

    A revision is staged before it is put in force; what was mitigated or chosen meanwhile is put over it then.
    """

    def __init__(self, fleet: Fleet, compiler: Compiler) -> None:
        self.intent: Intent | None = None
        self.facts: PlatformFacts | None = None
        self._fleet = fleet
        self._compiler = compiler
        self._staged: Compiled | None = None
        self._mitigations: dict[str, Snapshot] = {}

    def stage(self, compiled: Compiled) -> None:
        """Have a revision ready, in place of any other that was."""
        self._staged = compiled

    def perform(self, state: State, effect: Effect) -> None:
        """Do what concerns the edges; all else is the caller's."""
        match effect:
            case PublishRevision(number):
                self._publish_revision(state, number)
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
        if self.intent is not None and services != self.intent.watched:
            self.intent = self.intent.watching(services)
            self._publish_mitigations(state)

    def _publish_revision(self, state: State, number: RevisionNumber) -> None:
        staged, self._staged = self._staged, None
        if staged is None or staged.number != number:
            raise RuntimeError(f"revision {number} was put in force, but not staged")
        base = staged.intent
        intent = _update(base, state).watching(self.intent.watched if self.intent else frozenset())
        changed = [name for name in intent.services if _chosen(base, name) != _chosen(intent, name)]
        for location, snapshot in staged.snapshots.items():
            stale = {resource.key for resource in self._compiler.compile_mitigations(base, location)}
            services = index_resources(self._compiler.compile_services(intent, location, changed))
            kept = {key: resource for key, resource in snapshot.items() if key not in stale}
            mitigations = index_resources(self._compiler.compile_mitigations(intent, location))
            self._fleet.replace(location, kept | services | mitigations)
            self._mitigations[location] = mitigations
        self.intent, self.facts = intent, staged.facts

    def _publish_mitigations(self, state: State) -> None:
        if self.intent is None:
            return
        self.intent = _update(self.intent, state)
        for location in self.intent.platform.locations:
            new = index_resources(self._compiler.compile_mitigations(self.intent, location))
            delta = diff_snapshots(self._mitigations[location], new)
            self._mitigations[location] = new
            if delta:
                self._fleet.publish(location, delta)

    def _publish_services(self, state: State, names: Iterable[str]) -> None:
        if self.intent is None:
            return
        self.intent = _update(self.intent, state)
        known = [name for name in names if name in self.intent.services]
        for location in self.intent.platform.locations:
            upserts = self._compiler.compile_services(self.intent, location, known)
            if upserts:
                self._fleet.publish(location, SnapshotDelta(upserts))


def _update(intent: Intent, state: State) -> Intent:
    """The same platform under the mitigations and owners' choices of now."""
    active = tuple(m for m in state.mitigations.values() if concerns(intent, m))
    return intent.under(active).with_owner_limits(state.owner_limits)


def concerns(intent: Intent, mitigation: Mitigation) -> bool:
    """A mitigation outlives the revision that it was begun under, and so perhaps its service."""
    service = mitigation.measure.service
    return service is None or service in intent.services


def _chosen(intent: Intent, name: str) -> object:
    return intent.owner_limits.get(name)
