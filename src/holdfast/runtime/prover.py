"""Makes revisions ready: reads their text, compiles it, finds its way out, and asks a canary Envoy about the result."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from holdfast.engine.facts import PlatformFacts
from holdfast.engine.owners import reset_owner_limits
from holdfast.model.diagnostic import Severity
from holdfast.model.intent import Intent, Walls
from holdfast.model.platform import Platform
from holdfast.model.ports import Canary, Journal
from holdfast.model.recovery import Endpoint
from holdfast.model.resource import Snapshot, index_resources
from holdfast.model.revision import Revision
from holdfast.model.rollout import Cohorts, Rollout
from holdfast.model.state import State
from holdfast.rollout.passages import Passages, find_passages
from holdfast.rollout.waves import assign_cohorts, order_waves
from holdfast.runtime.compiled import Compiled, Course
from holdfast.runtime.compiler import Compiler
from holdfast.runtime.publisher import concerns
from holdfast.runtime.reading import PlatformReader

Discovered = Mapping[str, tuple[Endpoint, ...]]
"""Endpoints that were learnt, by cluster."""
COMPLAINTS_SHOWN = 5
SHARED_FIELDS: Final = ("mode", "clients", "locations", "access_log")
"""What a platform says that no service's own resources carry."""


@dataclass(frozen=True, slots=True)
class Unready:
    """Why a revision can't be given to the edges."""

    why: str


@dataclass(frozen=True, slots=True)
class Base:
    """What a revision takes over from: the intent of now, and by location what edges have of the revision in force."""

    intent: Intent
    snapshots: Mapping[str, Snapshot]


class Prover:
    """Compiles revisions, in any thread, and has them proved."""

    def __init__(
        self,
        journal: Journal,
        reader: PlatformReader,
        compiler: Compiler,
        canary: Canary,
        discovered: Discovered = MappingProxyType({}),
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._compiler = compiler
        self._canary = canary
        self._discovered = discovered

    def compile_proposed(self, revision: Revision, state: State, base: Base | None) -> Compiled | Unready:
        """A revision that is to take over from the one in force, with the way that it goes."""
        old = base.intent if base else None
        platform = self._read(revision)
        if isinstance(platform, Unready):
            return platform
        intent, facts = self._make_successor(platform, state, old)
        intent = replace(intent, settled=dict(self._compiler.settle_walls(old, intent)))
        compiled = self._compile(revision, intent, facts)
        return compiled.along(self._find_course(base, compiled, str(revision.number)) if base else None)

    def compile_in_force(self, revision: Revision, state: State) -> Compiled | Unready:
        """The revision that was in force when control ended, exactly as the edges have it."""
        platform = self._read(revision)
        if isinstance(platform, Unready):
            return platform
        intent = _make_intent(platform, state, state.settled).discovering(self._discovered)
        return self._compile(revision, intent, PlatformFacts.of(intent))

    def compile_coming(self, rollout: Rollout, state: State, base: Base) -> Compiled | Unready:
        """The revision that was on its way when control ended, on the same way."""
        revision = state.revisions[rollout.number].revision
        platform = self._read(revision)
        if isinstance(platform, Unready):
            return platform
        try:
            cohorts = Cohorts.model_validate_json(self._journal.load_text(rollout.cohorts)).cohorts
        except (KeyError, ValueError):
            return Unready("which services are in which wave is not in the journal")
        intent, facts = self._make_successor(platform, state, base.intent)
        compiled = self._compile(revision, replace(intent, settled=dict(rollout.settled)), facts)
        passages = self._find_passages(base, compiled)
        strangers = _list_services(passages.values()) - {name for cohort in cohorts for name in cohort}
        if strangers:
            return Unready(f"this version of Holdfast makes something else of {len(strangers)} more services")
        return compiled.along(Course(cohorts, rollout.waves, passages))

    async def ask_canary(self, compiled: Compiled) -> Unready | None:
        """What the canary has against a revision."""
        for location in compiled.snapshots:
            try:
                proof = await self._canary.prove(compiled.at(location))
            except (OSError, TimeoutError) as error:
                return Unready(f"the canary for {location} could not be asked: {error}")
            if not proof.proved:
                complaints = [nack.message for nack in proof.nacks[:COMPLAINTS_SHOWN]]
                return Unready(f"Envoy refuses it at {location}: {'; '.join(complaints)}")
        return None

    def _find_course(self, base: Base, compiled: Compiled, seed: str) -> Course:
        passages = self._find_passages(base, compiled)
        old, new = base.intent, compiled.intent
        touched = _list_services(passages.values())
        shared = any(None in each for each in passages.values()) or any(
            getattr(old.platform, name) != getattr(new.platform, name) for name in SHARED_FIELDS
        )
        cohorts = assign_cohorts(old, new, touched, seed, old.platform.waves.first)
        return Course(cohorts, order_waves(cohorts, passages.keys(), shared=shared, seed=seed), passages)

    def _find_passages(self, base: Base, compiled: Compiled) -> Mapping[str, Passages]:
        return {
            location: find_passages(base.snapshots[location], snapshot, self._compiler.find_service_of)
            for location, snapshot in compiled.snapshots.items()
            if location in base.snapshots
        }

    def _make_successor(self, platform: Platform, state: State, old: Intent | None) -> tuple[Intent, PlatformFacts]:
        """Without owners' choices that can't hold in it."""
        facts = PlatformFacts.of(Intent(platform))
        before = None if old is None else PlatformFacts.of(old)
        reset = {name for name, _ in reset_owner_limits(state.owner_limits, before, facts)}
        chosen = {name: limits for name, limits in state.owner_limits.items() if name not in reset}
        intent = _make_intent(platform, replace(state, owner_limits=chosen), {})
        return intent.discovering(self._discovered if old is None else old.discovered), facts

    def _read(self, revision: Revision) -> Platform | Unready:
        platform = self._reader.recall(revision.content)
        if platform is not None:
            return platform
        try:
            checked = self._reader.check(self._journal.load_text(revision.content), revision.file)
        except KeyError:
            return Unready("its text is not in the journal")
        if checked.platform is not None:
            return checked.platform
        errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR][:COMPLAINTS_SHOWN]
        complaints = "; ".join(f"{d.file}:{d.line}:{d.column} {d.code} {d.message}" for d in errors)
        return Unready(f"its text doesn't pass the checks of this version: {complaints}")

    def _compile(self, revision: Revision, intent: Intent, facts: PlatformFacts) -> Compiled:
        snapshots, mitigations = {}, {}
        for location in intent.platform.locations:
            whole = self._compiler.compile_snapshot(intent, location)
            mitigations[location] = index_resources(self._compiler.compile_mitigations(intent, location))
            snapshots[location] = {key: each for key, each in whole.items() if key not in mitigations[location]}
        return Compiled(revision.number, intent, facts, snapshots, mitigations)


def write_cohorts(course: Course) -> str:
    """The text that a course's cohorts are kept as."""
    return json.dumps(Cohorts(cohorts=course.cohorts).model_dump(mode="json"))


def _list_services(passages: Iterable[Passages]) -> frozenset[str]:
    return frozenset(name for each in passages for name in each if name is not None)


def _make_intent(platform: Platform, state: State, settled: Mapping[str, Walls]) -> Intent:
    intent = Intent(platform, owner_limits=state.owner_limits, settled=settled)
    return intent.under(tuple(m for m in state.mitigations.values() if concerns(intent, m)))
