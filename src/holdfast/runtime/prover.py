"""Makes revisions ready: reads their text, compiles it, and asks a canary Envoy about the result."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from holdfast.engine.facts import PlatformFacts
from holdfast.engine.owners import reset_owner_limits
from holdfast.model.diagnostic import Severity
from holdfast.model.intent import Intent, Walls
from holdfast.model.platform import Platform
from holdfast.model.ports import Canary, Journal
from holdfast.model.revision import Revision
from holdfast.model.state import State
from holdfast.runtime.compiler import Compiler
from holdfast.runtime.publisher import Compiled, concerns
from holdfast.runtime.reading import PlatformReader

COMPLAINTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Unready:
    """Why a revision can't be given to the edges."""

    why: str


class Prover:
    """Compiles revisions, in any thread, and has them proved."""

    def __init__(self, journal: Journal, reader: PlatformReader, compiler: Compiler, canary: Canary) -> None:
        self._journal = journal
        self._reader = reader
        self._compiler = compiler
        self._canary = canary

    def compile_proposed(self, revision: Revision, state: State, old: Intent | None) -> Compiled | Unready:
        """A revision that is to take over from the intent in force."""
        platform = self._read(revision)
        if isinstance(platform, Unready):
            return platform
        facts = PlatformFacts.of(Intent(platform))
        before = None if old is None else PlatformFacts.of(old)
        reset = {name for name, _ in reset_owner_limits(state.owner_limits, before, facts)}
        chosen = {name: limits for name, limits in state.owner_limits.items() if name not in reset}
        intent = _make_intent(platform, replace(state, owner_limits=chosen), {})
        intent = replace(intent, settled=dict(self._compiler.settle_walls(old, intent)))
        return self._compile(revision, intent, facts)

    def compile_in_force(self, revision: Revision, state: State) -> Compiled | Unready:
        """The revision that was in force when control ended, exactly as the edges have it."""
        platform = self._read(revision)
        if isinstance(platform, Unready):
            return platform
        intent = _make_intent(platform, state, state.settled)
        return self._compile(revision, intent, PlatformFacts.of(intent))

    async def ask_canary(self, compiled: Compiled) -> Unready | None:
        """What the canary has against a revision."""
        for location, snapshot in compiled.snapshots.items():
            try:
                proof = await self._canary.prove(snapshot)
            except (OSError, TimeoutError) as error:
                return Unready(f"the canary for {location} could not be asked: {error}")
            if not proof.proved:
                complaints = [nack.message for nack in proof.nacks[:COMPLAINTS_SHOWN]]
                return Unready(f"Envoy refuses it at {location}: {'; '.join(complaints)}")
        return None

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
        locations = intent.platform.locations
        snapshots = {location: self._compiler.compile_snapshot(intent, location) for location in locations}
        return Compiled(revision.number, intent, facts, snapshots)


def _make_intent(platform: Platform, state: State, settled: Mapping[str, Walls]) -> Intent:
    intent = Intent(platform, owner_limits=state.owner_limits, settled=settled)
    return intent.under(tuple(m for m in state.mitigations.values() if concerns(intent, m)))
