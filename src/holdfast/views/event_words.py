"""Journalled events in a few words, the same wherever they are shown."""

from typing import assert_never

from holdfast.model.day import format_span
from holdfast.model.event import (
    ChangeNoted,
    ChangesFrozen,
    ChangesThawed,
    ComponentSwitched,
    Event,
    FindingClosed,
    FindingEvent,
    FindingOpened,
    FindingUpdated,
    MitigationAdjusted,
    MitigationEnded,
    MitigationEvent,
    MitigationStarted,
    MitigationSuggested,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
    RevisionRolledBack,
    RolloutBegan,
    RolloutEvent,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    TenantTold,
    WaveBegan,
)
from holdfast.model.finding import Finding
from holdfast.model.incident_event import IncidentEvent
from holdfast.model.rollout import Wave
from holdfast.views.incident_words import tell_incident_event
from holdfast.views.live_history import EntryKind
from holdfast.views.measures import describe_measure
from holdfast.views.told import Told

FROZEN = "changes"
"""What a freeze is about."""


def tell_event(event: Event) -> Told:  # noqa: C901, PLR0911 - one for each event
    """What an event says."""
    if isinstance(event, RolloutEvent):
        return _tell_rollout(event)
    if isinstance(event, MitigationEvent):
        return _tell_mitigation(event)
    if isinstance(event, FindingEvent):
        return _tell_finding_event(event)
    if isinstance(event, IncidentEvent):
        return tell_incident_event(event)
    match event:
        case RevisionProposed() | RevisionRefused() | RevisionInForce():
            return _tell_revision(event)
        case MitigationSuggested():
            title = describe_measure(event.measure)
            return Told(EntryKind.SUGGESTION, event.finding, title, event.reason, event.measure.service)
        case TenantTold():
            detail = f"could not be told: {event.error}" if event.error else ""
            title = f"{event.tenant} was told of {event.mitigation}"
            return Told(EntryKind.TENANT, event.mitigation, title, detail, tenant=event.tenant)
        case ComponentSwitched():
            return Told(EntryKind.COMPONENT, event.component, _tell_switch(event), event.why)
        case ChangeNoted():
            only = event.services[0] if len(event.services) == 1 else None
            return Told(EntryKind.NOTE, event.kind.value, _tell_note(event), event.why, only)
        case OwnerLimitsSet():
            title = f"limits of {event.service} {'set by its owner' if event.limits else 'as in the file again'}"
            return Told(EntryKind.LIMITS, event.service, title, event.why, event.service)
    assert_never(event)


def _tell_revision(event: RevisionProposed | RevisionRefused | RevisionInForce) -> Told:
    match event:
        case RevisionProposed(revision=revision):
            of = revision.rollback_of or revision.recompiles
            how = f" as revision {of} was" if revision.rollback_of else " for this version of Holdfast"
            return Told(EntryKind.REVISION, str(revision.number), f"proposed{how if of else ''}", revision.reason)
        case RevisionRefused():
            return Told(EntryKind.REVISION, str(event.number), "refused", event.why)
        case RevisionInForce():
            return Told(EntryKind.REVISION, str(event.number), "in force")


def _tell_rollout(event: RolloutEvent) -> Told:  # noqa: PLR0911 - one for each event
    match event:
        case ChangesFrozen():
            return Told(EntryKind.FREEZE, FROZEN, "nothing new goes out", event.why)
        case ChangesThawed():
            return Told(EntryKind.FREEZE, FROZEN, "changes may go out again", event.why)
        case RolloutBegan(waves=waves):
            title = f"goes out, to {_tell_wave(waves[0])}" if waves else "goes out"
            return Told(EntryKind.REVISION, str(event.number), f"{title} first; waves: {len(waves)}")
        case WaveBegan():
            return Told(EntryKind.REVISION, str(event.number), f"wave {event.wave + 1} began", event.why)
        case RolloutPaused():
            return Told(EntryKind.REVISION, str(event.number), "paused", event.why)
        case RolloutResumed():
            return Told(EntryKind.REVISION, str(event.number), "goes on", event.why)
        case RolloutPromoted():
            return Told(EntryKind.REVISION, str(event.number), "given to everybody at once", event.why)
        case RevisionRolledBack():
            detail = "; ".join((event.why, *event.evidence))
            return Told(EntryKind.REVISION, str(event.number), f"rolled back in wave {event.wave + 1}", detail)
    assert_never(event)


def _tell_wave(wave: Wave) -> str:
    where = f" at {', '.join(wave.locations)}" if wave.locations else ""
    if wave.cohort is None:
        return f"what services share{where}"
    return f"{wave.services:,} {'service' if wave.services == 1 else 'services'}{where}"


def _tell_mitigation(event: MitigationEvent) -> Told:
    match event:
        case MitigationStarted(mitigation=started):
            title = describe_measure(started.measure)
            return Told(EntryKind.MITIGATION, started.id, title, started.reason, started.measure.service)
        case MitigationAdjusted():
            title = f"now: {describe_measure(event.measure)}"
            return Told(EntryKind.MITIGATION, event.id, title, event.why, event.measure.service)
        case MitigationEnded():
            return Told(EntryKind.MITIGATION, event.id, "ended", event.why)


def _tell_finding_event(event: FindingEvent) -> Told:
    match event:
        case FindingOpened():
            return _tell_finding(event.id, event.finding, "found")
        case FindingUpdated():
            return _tell_finding(event.id, event.finding, "more is known")
        case FindingClosed():
            return Told(EntryKind.FINDING, event.id, "over", event.why)


def _tell_finding(id_: str, finding: Finding, what: str) -> Told:
    about = finding.service or finding.edge or finding.location or finding.site or "the platform"
    source = f" from {finding.source.describe()}" if finding.source else ""
    numbers = f"{finding.evidence.now:,.4g}, usually {finding.evidence.usual:,.4g}"
    return Told(EntryKind.FINDING, id_, f"{what}: {finding.kind} of {about}", f"{numbers}{source}", finding.service)


def _tell_switch(event: ComponentSwitched) -> str:
    version = f", version {event.component_version}" if event.component_version else ""
    return f"{event.component} switched {'on' if event.on else 'off'}{version}"


def _tell_note(event: ChangeNoted) -> str:
    named = ", ".join(event.services[:3])
    more = f" and {len(event.services) - 3} more" if len(event.services) > 3 else ""
    told = f"{event.kind} of {named}{more}" if named else f"{event.kind}, of no service in particular"
    if event.ends is not None:
        return f"{told}: what {event.ends} began is over"
    return told if event.until is None else f"{told}, for {format_span(event.until - event.at)}"
