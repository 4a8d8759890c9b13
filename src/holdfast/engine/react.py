"""Events into effects: what must happen in the world because something was decided."""

from dataclasses import dataclass
from typing import assert_never

from holdfast.model.event import (
    Event,
    MitigationEvent,
    OwnerLimitsSet,
    ProtectiveEvent,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
    RevisionRolledBack,
    RolloutBegan,
    RolloutEvent,
    WaveBegan,
)
from holdfast.model.revision import RevisionNumber
from holdfast.model.state import State


@dataclass(frozen=True, slots=True)
class ProveRevision:
    """Compile the revision and ask a canary about it."""

    number: RevisionNumber


@dataclass(frozen=True, slots=True)
class PublishRevision:
    """Give every edge the revision that is in force, under the mitigations of now."""

    number: RevisionNumber


@dataclass(frozen=True, slots=True)
class PublishWaves:
    """Give whom the rollout's waves have reached the revision that rolls out, and everybody else the one in force."""


@dataclass(frozen=True, slots=True)
class PublishMitigations:
    """Give every edge the mitigations of now."""


@dataclass(frozen=True, slots=True)
class PublishServices:
    """Give every edge these services anew."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WakeAt:
    """A mitigation expires then (Unix time, in seconds): tick."""

    at: float


Effect = ProveRevision | PublishRevision | PublishWaves | PublishMitigations | PublishServices | WakeAt
"""Everything that the runtime does for the engine."""


def react(state: State, event: Event) -> tuple[Effect, ...]:  # noqa: PLR0911 - one for each event
    """What is to be done after an event; `state` is the one after it."""
    if isinstance(event, MitigationEvent):
        return (PublishMitigations(), *_wake(state))
    if isinstance(event, ProtectiveEvent):
        return ()
    if isinstance(event, RolloutEvent):
        return (PublishWaves(),) if isinstance(event, RolloutBegan | WaveBegan | RevisionRolledBack) else ()
    match event:
        case RevisionProposed():
            return (ProveRevision(event.revision.number),)
        case RevisionRefused():
            return ()
        case RevisionInForce():
            return (PublishRevision(event.number),)
        case OwnerLimitsSet():
            return (PublishServices((event.service,)),)
    assert_never(event)


def resume(state: State) -> tuple[Effect, ...]:
    """What is to be done when control starts with a replayed state: all that a dead control may have left undone."""
    publish = () if state.in_force is None else (PublishRevision(state.in_force),)
    reach = () if state.rollout is None else (PublishWaves(),)
    prove = () if state.proving is None else (ProveRevision(state.proving),)
    return (*publish, *reach, *prove, *_wake(state))


def _wake(state: State) -> tuple[Effect, ...]:
    if not state.mitigations:
        return ()
    return (WakeAt(min(mitigation.expires_at for mitigation in state.mitigations.values())),)
