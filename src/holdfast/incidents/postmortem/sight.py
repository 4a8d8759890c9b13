"""What a postmortem is made from, and what of it concerns the incident."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from holdfast.incidents.opening.phases import belongs_to
from holdfast.model.downtime import Accounts
from holdfast.model.event import Event, MitigationEnded, MitigationStarted
from holdfast.model.finding import Finding, FindingId
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import Incident, Occasion
from holdfast.model.mitigation import REVERTED, Measure, Mitigation, Shed
from holdfast.model.platform import Platform
from holdfast.model.postmortem import SuspectedChange, TimelineEntry
from holdfast.model.state import EndedMitigation, IncidentRecord
from holdfast.model.token import SYSTEM

PAD_SHARE: Final = 0.4
"""How much of its length is shown before and after an incident, so that the usual can be seen beside it."""
PAD_S_MIN: Final = 180.0
PAD_S_MAX: Final = 6 * 3_600.0


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is told of (Unix times, in seconds): the incident itself, and what is shown around it."""

    began_at: float
    ended_at: float
    shown_from: float
    shown_until: float

    def has(self, at: float) -> bool:
        """Whether a time is shown."""
        return self.shown_from <= at <= self.shown_until


@dataclass(frozen=True, slots=True)
class Held:
    """A mitigation that was in force in the window; `ended_at` is None if it still is.

    `did_harm` if Holdfast took it back for that: then it is no cure, but a cause.
    """

    mitigation: Mitigation
    ended_at: float | None
    did_harm: bool = False


@dataclass(frozen=True, slots=True)
class PostmortemSight:
    """All that is known at `now` (Unix time, in seconds).

    `events` are those of the window, oldest first. `describe` says a measure in a few words. `owners` has every
    service's tenant. Without `accounts` nothing was measured.
    """

    now: float
    record: IncidentRecord
    events: Sequence[Event] = ()
    timeline: Sequence[TimelineEntry] = ()
    findings: Mapping[FindingId, Finding] = field(default_factory=dict)
    held: Sequence[Held] = ()
    suspects: Sequence[SuspectedChange] = ()
    ruled_out: Sequence[SuspectedChange] = ()
    follow_ups: Sequence[FollowUp] = ()
    platform: Platform | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    accounts: Accounts | None = None
    describe: Callable[[Measure], str] = lambda measure: measure.kind

    @property
    def incident(self) -> Incident:
        """What it is about."""
        return self.record.incident

    @property
    def own_findings(self) -> tuple[Finding, ...]:
        """The incident's findings, as far as they are remembered."""
        return tuple(self.findings[id_] for id_ in self.incident.findings if id_ in self.findings)

    @property
    def window(self) -> Window:
        """What is told of."""
        return find_window(self.incident, self.now)

    @property
    def services(self) -> tuple[str, ...]:
        """The services it is about: those named, or else those of its components, or else all."""
        return find_services(self.incident, self.platform)


def find_window(incident: Incident, now: float) -> Window:
    """From some time before it began until some time after it was resolved, or until now."""
    ended_at = now if incident.resolved_at is None else incident.resolved_at
    length_s = max(0.0, ended_at - incident.began_at)
    pad_s = min(max(PAD_S_MIN, length_s * PAD_SHARE), PAD_S_MAX)
    return Window(incident.began_at, ended_at, incident.began_at - pad_s, min(ended_at + pad_s, max(now, ended_at)))


def find_services(incident: Incident, platform: Platform | None) -> tuple[str, ...]:
    """Those that an incident names, or else those of its components, or else all that there are; in order."""
    if incident.services:
        return tuple(sorted(incident.services))
    if platform is None:
        return ()
    known = platform.status.components if platform.status else {}
    named = {name for each in incident.components if each in known for name in known[each].services}
    return tuple(sorted(named or (name for tenant in platform.tenants.values() for name in tenant.services)))


def list_held(
    events: Sequence[Event], in_force: Sequence[Mitigation], ended: Sequence[EndedMitigation], window: Window
) -> tuple[Held, ...]:
    """The mitigations of the window by when they began, from what is remembered and from what the journal says."""
    found = {e.mitigation.id: Held(e.mitigation, e.ended_at, _is_harm(e.author, e.why)) for e in ended}
    for event in events:
        if isinstance(event, MitigationStarted):
            found.setdefault(event.mitigation.id, Held(event.mitigation, None))
        elif isinstance(event, MitigationEnded) and event.id in found:
            found[event.id] = Held(found[event.id].mitigation, event.at, _is_harm(event.author, event.why))
    found |= {each.id: Held(each, None) for each in in_force}
    shown = (
        each
        for each in found.values()
        if each.mitigation.started_at <= window.shown_until
        and (each.ended_at is None or each.ended_at >= window.shown_from)
    )
    return tuple(sorted(shown, key=lambda each: (each.mitigation.started_at, each.mitigation.id)))


def _is_harm(author: str, why: str) -> bool:
    return author == SYSTEM and why.startswith(REVERTED)


def list_relevant(sight: PostmortemSight) -> tuple[Held, ...]:
    """The mitigations that concern the incident: for its findings, for its services, or for everything where it was."""
    services = frozenset(sight.services)
    return tuple(
        each
        for each in sight.held
        if belongs_to(each.mitigation, sight.incident)
        or (each.mitigation.measure.service is None and _is_there(each.mitigation, sight))
        or each.mitigation.measure.service in services
    )


def _is_there(mitigation: Mitigation, sight: PostmortemSight) -> bool:
    """Whether it may be in force where the incident is; nobody knows where one is that names no region."""
    measure, regions = mitigation.measure, sight.platform.each_region() if sight.platform else {}
    if not isinstance(measure, Shed) or not regions or not sight.incident.regions:
        return True
    return any(name in regions and measure.location in regions[name].locations for name in sight.incident.regions)


def list_cures(sight: PostmortemSight) -> tuple[Held, ...]:
    """Of those, what was in force while the incident lasted, and did no harm.

    What happened to Holdfast itself has no cure among them: they are for traffic.
    """
    if sight.incident.occasion is Occasion.COMPONENT and not sight.incident.findings:
        return ()
    return tuple(each for each in list_meanwhile(sight) if not each.did_harm)


def list_harmful(sight: PostmortemSight) -> tuple[Held, ...]:
    """Likewise what did harm, and was taken back."""
    return tuple(each for each in list_meanwhile(sight) if each.did_harm)


def list_meanwhile(sight: PostmortemSight) -> Iterator[Held]:
    """The mitigations that concern it and were in force while it lasted."""
    began_at, ended_at = sight.window.began_at, sight.window.ended_at
    for each in list_relevant(sight):
        if each.mitigation.started_at <= ended_at and (each.ended_at is None or each.ended_at >= began_at):
            yield each
