"""What control has ready when it starts: what is in force, what was on its way, and what an upgrade changes of it."""

from dataclasses import dataclass, replace

from holdfast.model.resource import Snapshot
from holdfast.model.state import State
from holdfast.runtime.compiled import Compiled
from holdfast.runtime.compiler import Compiler
from holdfast.runtime.kept import KeptSnapshots
from holdfast.runtime.prover import Base, Prover, Unready


@dataclass(frozen=True, slots=True)
class TakenUp:
    """`base` is in force, `coming` was on its way. `lost` says why it can't be taken up again, if so.

    With `is_compiled_otherwise`, `base` is what another version of Holdfast made of that revision: edges have it.
    """

    base: Compiled | None = None
    coming: Compiled | None = None
    lost: str = ""
    is_compiled_otherwise: bool = False


def take_up(prover: Prover, compiler: Compiler, kept: KeptSnapshots | None, state: State) -> TakenUp | Unready:
    """All that the state speaks of, ready for the edges; Unready if the revision in force can't be."""
    if state.in_force is None:
        return TakenUp()
    compiled = prover.compile_in_force(state.revisions[state.in_force].revision, state)
    if isinstance(compiled, Unready):
        return compiled
    base = _restore(compiler, kept, compiled)
    is_otherwise = base is not compiled
    if state.rollout is None:
        return TakenUp(base, is_compiled_otherwise=is_otherwise)
    coming = prover.compile_coming(state.rollout, state, Base(base.intent, base.snapshots))
    if isinstance(coming, Unready):
        return TakenUp(base, lost=coming.why, is_compiled_otherwise=is_otherwise)
    return TakenUp(base, coming, is_compiled_otherwise=is_otherwise)


def _restore(compiler: Compiler, kept: KeptSnapshots | None, compiled: Compiled) -> Compiled:
    """The revision in force as edges have it, where that isn't what this version makes of it; else as it is."""
    snapshots = kept.load(compiled.number, compiled.snapshots) if kept else None
    if kept is None or snapshots is None:
        return compiled
    changed = kept.list_changed(compiled.number)
    had = {
        location: _renew(compiler, snapshots[location], snapshot, changed)
        for location, snapshot in compiled.snapshots.items()
    }
    return compiled if had == compiled.snapshots else replace(compiled, snapshots=had)


def _renew(compiler: Compiler, kept: Snapshot, compiled: Snapshot, services: frozenset[str]) -> Snapshot:
    """What was kept, but for these services, of which it is too old."""
    old = {key: each for key, each in kept.items() if compiler.find_service_of(each) not in services}
    new = {key: each for key, each in compiled.items() if compiler.find_service_of(each) in services}
    return {**old, **new}
