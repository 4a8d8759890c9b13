"""Signs that something is wrong: what is found, moved, kept for later, taken back or switched off, and for whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.finding import Finding, FindingId
from holdfast.model.incident import Incident, Occasion
from holdfast.model.intent import Intent
from holdfast.model.mitigation import REVERTED, FailOver, Mitigation, Spool
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.model.state import State
from holdfast.model.token import SYSTEM

WARN_AGAIN_S: Final = 6 * 3_600.0
FRESH_S: Final = 600.0
"""What happened longer ago, and is over or lasts, opens nothing any more: it is from before anybody looked."""


@dataclass(frozen=True, slots=True)
class Layout:
    """An intent, and the components that the public knows of each of its services."""

    intent: Intent
    by_service: Mapping[str, frozenset[str]]

    @staticmethod
    def of(intent: Intent) -> "Layout":
        """Costs something for each service of a component; is good for as long as the platform is the same."""
        found = dict[str, set[str]]()
        site = intent.platform.status
        for name, component in site.components.items() if site else ():
            for service in component.services:
                found.setdefault(service, set()).add(name)
        return Layout(intent, {service: frozenset(names) for service, names in found.items()})


@dataclass(frozen=True, slots=True)
class Exercise:
    """That somebody said a drill goes on, for these services (none: all), since when, until when.

    Times are Unix times, in seconds.
    """

    at: float
    until: float
    services: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known when it is decided about incidents; `now` is a Unix time, in seconds.

    `warnings` are findings of tier 1 that are worth an incident nobody outside hears of; None while nobody knows yet.
    """

    state: State
    layout: Layout
    now: float
    exercises: Sequence[Exercise] = ()
    warnings: Sequence[Finding] | None = None

    @property
    def intent(self) -> Intent:
        """What edges are compiled from."""
        return self.layout.intent


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that is wrong. Times are Unix times, in seconds; `ended_at` is None while it goes on.

    It is about `services`, or about everything at `locations` if it `is_wide`. Without locations nobody knows where.
    """

    key: str
    occasion: Occasion
    began_at: float
    ended_at: float | None = None
    services: frozenset[str] = frozenset()
    locations: frozenset[str] = frozenset()
    is_wide: bool = False
    finding: Finding | None = None
    mitigation: Mitigation | None = None
    revision: RevisionNumber | None = None

    @property
    def is_warning(self) -> bool:
        """Whether nobody suffers from it yet."""
        return self.key.startswith(WARNING)

    @property
    def is_apart(self) -> bool:
        """Whether it is an incident of its own whatever else goes on; its key stands in the incident's `alert`."""
        return self.key.startswith((WARNING, SWITCHED_OFF))


WARNING: Final = "headroom:"
"""How the key of a forecast begins; it stands in the incident's `alert`."""
SWITCHED_OFF: Final = "component:"
"""Likewise of a part of Holdfast that Holdfast switched off."""


@dataclass(frozen=True, slots=True)
class Known:
    """The signs that incidents were opened for, or that came to them, by key."""

    incidents: Mapping[str, Incident] = field(default_factory=dict)

    @staticmethod
    def of(state: State) -> "Known":
        """Of all incidents that are remembered."""
        found = dict[str, Incident]()
        for record in state.incidents.values():
            incident = record.incident
            found |= dict.fromkeys(list_keys(incident), incident)
        return Known(found)

    def has(self, sign: Sign, now: float) -> bool:
        """Whether a sign needs nothing more. What is forecast again long after it was resolved does."""
        incident = self.incidents.get(sign.key)
        if incident is None or not sign.is_warning or incident.resolved_at is None:
            return incident is not None
        return now - incident.resolved_at < WARN_AGAIN_S


def list_keys(incident: Incident) -> Iterator[str]:
    """The keys of an incident's signs."""
    yield from incident.findings
    yield from incident.mitigations
    if incident.revision is not None:
        yield name_revision(incident.revision)
    if incident.alert is not None and incident.alert.startswith((WARNING, SWITCHED_OFF)):
        yield incident.alert


def name_revision(number: RevisionNumber) -> str:
    """The key of a revision that was taken back."""
    return f"revision {number}"


def is_alert(incident: Incident) -> bool:
    """Whether another monitoring system raised it, or came to it."""
    return incident.alert is not None and not incident.alert.startswith((WARNING, SWITCHED_OFF))


def is_forecast(incident: Incident) -> bool:
    """Whether nobody suffers from it yet."""
    return incident.alert is not None and incident.alert.startswith(WARNING)


def gather_signs(scene: Scene) -> tuple[Sign, ...]:
    """All signs that are remembered, the oldest first; what is long over is left out unless it goes on."""
    signs = (
        *_list_findings(scene),
        *_list_moves(scene),
        *_list_reverted(scene),
        *_list_taken_back(scene),
        *_list_switched_off(scene),
        *_list_warnings(scene),
    )
    return tuple(sorted(signs, key=lambda sign: (sign.began_at, sign.key)))


def _list_findings(scene: Scene) -> Iterator[Sign]:
    for id_, finding in scene.state.findings.items():
        yield show_finding(id_, finding, None, scene.intent)
    for closed in scene.state.closed:
        yield show_finding(closed.id, closed.finding, closed.closed_at, scene.intent)


def show_finding(id_: FindingId, finding: Finding, ended_at: float | None, intent: Intent) -> Sign:
    """A finding as a sign."""
    at_site = intent.at_sites.get(finding.site, frozenset()) if finding.site else frozenset[str]()
    return Sign(
        key=id_,
        occasion=Occasion.FINDING,
        began_at=finding.began_at,
        ended_at=ended_at,
        services=frozenset({finding.service}) if finding.service else at_site,
        locations=frozenset({finding.location}) if finding.location else frozenset(),
        is_wide=finding.service is None and finding.edge is None,
        finding=finding,
    )


def _list_moves(scene: Scene) -> Iterator[Sign]:
    ended = ((each.mitigation, each.ended_at) for each in scene.state.ended)
    active = ((mitigation, None) for mitigation in scene.state.mitigations.values())
    for mitigation, ended_at in (*active, *ended):
        match mitigation.measure:
            case FailOver() as move:
                services, is_wide = scene.intent.find_services(move), move.service is None
                yield _show_move(mitigation, Occasion.FAILOVER, ended_at, services, is_wide=is_wide)
            case Spool(service=service):
                yield _show_move(mitigation, Occasion.DEFERRAL, ended_at, frozenset({service}), is_wide=False)


def _show_move(
    mitigation: Mitigation, occasion: Occasion, ended_at: float | None, services: frozenset[str], *, is_wide: bool
) -> Sign:
    began_at = mitigation.started_at
    return Sign(mitigation.id, occasion, began_at, ended_at, services, is_wide=is_wide, mitigation=mitigation)


def _list_reverted(scene: Scene) -> Iterator[Sign]:
    for each in scene.state.ended:
        if each.author == SYSTEM and each.why.startswith(REVERTED):
            service = each.mitigation.measure.service
            yield Sign(
                key=each.mitigation.id,
                occasion=Occasion.MITIGATION,
                began_at=each.mitigation.started_at,
                ended_at=each.ended_at,
                services=frozenset({service}) if service else frozenset(),
                is_wide=service is None,
                mitigation=each.mitigation,
            )


def _list_taken_back(scene: Scene) -> Iterator[Sign]:
    for number, entry in scene.state.revisions.items():
        if entry.status is RevisionStatus.ROLLED_BACK:
            yield Sign(name_revision(number), Occasion.ROLLOUT, entry.since, entry.since, revision=number)


def _list_switched_off(scene: Scene) -> Iterator[Sign]:
    for name, component in scene.state.components.items():
        if not component.on and component.author == SYSTEM:
            key = f"{SWITCHED_OFF}{name}:{component.since:.0f}"
            yield Sign(key, Occasion.COMPONENT, component.since, component.since)


def _list_warnings(scene: Scene) -> Iterator[Sign]:
    for finding in scene.warnings or ():
        yield Sign(
            key=f"{WARNING}{finding.service or finding.location or ''}",
            occasion=Occasion.FINDING,
            began_at=finding.began_at,
            services=frozenset({finding.service}) if finding.service else frozenset(),
            locations=frozenset({finding.location}) if finding.location else frozenset(),
            is_wide=finding.service is None,
            finding=finding,
        )


def is_fresh(sign: Sign, now: float) -> bool:
    """Whether it may open an incident: it goes on, or it isn't long ago."""
    if sign.finding is not None and sign.ended_at is None:
        return True
    return now - (sign.ended_at or sign.began_at) <= FRESH_S
