"""How far an incident is: investigating, identified, monitoring, resolved; by rules, and with patience.

- *identified* once its target is named, a source of it is known, or something is done about it; it stays so;
- *monitoring* once nothing was found of it for `CALM_S`;
- *resolved* once that has lasted `QUIET_S`, and nothing that users notice is in force for it any more; while something
  else is, such as a block, after `STEADY_S`.

What comes back before makes it identified again. A part of Holdfast that was switched off is monitored once it is on
again, and resolved when it has been for `CALM_S`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from holdfast.incidents.opening.belonging import list_signs
from holdfast.incidents.opening.signs import SWITCHED_OFF, Scene, Sign, is_alert, is_forecast
from holdfast.model.finding import Finding, FindingKind
from holdfast.model.incident import Incident, Occasion, Phase
from holdfast.model.mitigation import FailOver, Hold, Kill, Mitigation, ReadOnly, Shed

CALM_S: Final = 30.0
QUIET_S: Final = 300.0
STEADY_S: Final = 1_800.0
WARNED_S: Final = 1_800.0
"""The shortest life of a forecast's incident: forecasts come and go."""
IS_NAMED: Final = "is named"
"""How the reason ends if an incident is identified since its cause is, and not since something is done about it."""
NAMING: Final = frozenset({FindingKind.SURGE, FindingKind.LOSS})
"""What says of itself whom it is about, and why."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The phase that an incident seems to be in, and why."""

    phase: Phase
    why: str


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of an incident's course: its signs, what is in force for it, and what was."""

    signs: Sequence[Sign]
    in_force: Sequence[Mitigation]
    ended: Sequence[tuple[Mitigation, float]]
    """With when each ended (Unix time, in seconds)."""

    @property
    def going_on(self) -> tuple[Sign, ...]:
        """The signs that go on, except what people or Holdfast do by themselves."""
        return tuple(sign for sign in self.signs if sign.finding is not None and sign.ended_at is None)

    @property
    def noticed(self) -> tuple[Mitigation, ...]:
        """Of what is in force, what users notice."""
        return tuple(each for each in self.in_force if is_noticed(each))


def follow_course(incident: Incident, signs: Sequence[Sign], scene: Scene) -> Course:
    """What became of an incident; `signs` are all that are remembered."""
    state = scene.state
    in_force = tuple(each for each in state.mitigations.values() if belongs_to(each, incident))
    ended = tuple((e.mitigation, e.ended_at) for e in state.ended if belongs_to(e.mitigation, incident))
    return Course(list_signs(incident, signs), in_force, ended)


def narrow(scene: Scene, incidents: Sequence[Incident]) -> Scene:
    """The same with only those mitigations that may belong to one of these incidents: there may be thousands."""
    ids = frozenset(id_ for each in incidents for id_ in (*each.findings, *each.mitigations))
    services = frozenset(name for each in incidents for name in each.services)
    kept = {
        id_: mitigation
        for id_, mitigation in scene.state.mitigations.items()
        if id_ in ids or mitigation.finding in ids or mitigation.measure.service in services
    }
    return replace(scene, state=replace(scene.state, mitigations=kept))


def belongs_to(mitigation: Mitigation, incident: Incident) -> bool:
    """Whether it answers to what was found, or was begun meanwhile for the same services."""
    if mitigation.id in incident.mitigations or mitigation.finding in incident.findings:
        return True
    ended_at = float("inf") if incident.resolved_at is None else incident.resolved_at
    is_meanwhile = incident.began_at <= mitigation.started_at <= ended_at
    return is_meanwhile and mitigation.measure.service in incident.services


def is_noticed(mitigation: Mitigation) -> bool:
    """Whether users notice it who do nothing unusual."""
    measure = mitigation.measure
    if isinstance(measure, FailOver):
        return measure.read_only is not False
    return isinstance(measure, Kill | ReadOnly | Hold | Shed)


def suggest_phase(incident: Incident, course: Course, scene: Scene) -> Suggestion | None:
    """The phase that it seems to be in; None where nothing says so, as where a person opened it for what they saw."""
    if is_forecast(incident):
        return _judge_warning(incident, course, scene)
    if incident.alert is not None and incident.alert.startswith(SWITCHED_OFF):
        return _judge_part(incident.alert.split(":")[1], incident, scene)
    if not course.signs:
        return None
    if course.going_on:
        return _judge_going_on(incident, course)
    suggestion = _judge_keeping(course) or _judge_over(incident, course, scene.now)
    if is_alert(incident) and suggestion.phase is Phase.RESOLVED:
        return Suggestion(Phase.MONITORING, "whoever raised the alert hasn't said that it is over")
    return suggestion


def _judge_warning(incident: Incident, course: Course, scene: Scene) -> Suggestion | None:
    if course.signs:
        return Suggestion(Phase.IDENTIFIED, "capacity is reached soon if it goes on like this")
    if scene.warnings is None or scene.now - incident.opened_at < WARNED_S:
        return None
    return Suggestion(Phase.RESOLVED, "capacity isn't reached soon any more")


def _judge_part(name: str, incident: Incident, scene: Scene) -> Suggestion:
    """Of a part of Holdfast: it goes on for as long as that is off."""
    part = scene.state.components.get(name)
    if part is not None and not part.on:
        return Suggestion(Phase.IDENTIFIED, f"{name} is switched off")
    since = incident.opened_at if part is None else part.since
    if scene.now - since < CALM_S:
        return Suggestion(Phase.MONITORING, f"{name} is on again")
    return Suggestion(Phase.RESOLVED, f"{name} has been on again for {scene.now - since:.0f} s")


def _judge_going_on(incident: Incident, course: Course) -> Suggestion:
    named = _find_named(course.going_on)
    if named is not None:
        about = named.service or named.site or named.location
        return Suggestion(Phase.IDENTIFIED, f"{named.kind} of {about} {IS_NAMED}")
    if course.in_force:
        return Suggestion(Phase.IDENTIFIED, f"{course.in_force[0].id} is in force for it")
    if incident.revision is not None:
        return Suggestion(Phase.IDENTIFIED, f"revision {incident.revision} was taken back")
    if incident.phase is Phase.INVESTIGATING:
        return Suggestion(Phase.INVESTIGATING, "neither a target nor a source is known")
    return Suggestion(Phase.IDENTIFIED, f"{course.going_on[0].key} goes on")


def _find_named(signs: Sequence[Sign]) -> Finding | None:
    """The first finding that says of itself whom it is about, and why."""
    findings = (sign.finding for sign in signs if sign.finding is not None)
    return next((each for each in findings if each.kind in NAMING or each.source is not None), None)


def _judge_keeping(course: Course) -> Suggestion | None:
    for sign in course.signs:
        if sign.occasion is Occasion.DEFERRAL and sign.ended_at is None:
            return Suggestion(Phase.IDENTIFIED, f"{sign.key} still keeps what may be deferred")
    return None


def _judge_over(incident: Incident, course: Course, now: float) -> Suggestion:
    quiet_s = now - _find_quiet_since(incident, course)
    if quiet_s < CALM_S and incident.phase is not Phase.MONITORING:
        if course.in_force:
            return Suggestion(Phase.IDENTIFIED, f"{course.in_force[0].id} is in force for it")
        is_known = incident.occasion is not Occasion.FINDING or _find_named(course.signs) is not None
        return Suggestion(Phase.IDENTIFIED if is_known else incident.phase, "it was over just now")
    if course.noticed:
        return Suggestion(Phase.MONITORING, f"{course.noticed[0].id} is still in force")
    if quiet_s < QUIET_S:
        return Suggestion(Phase.MONITORING, "nothing is found of it any more")
    if course.in_force and quiet_s < STEADY_S:
        return Suggestion(Phase.MONITORING, f"{course.in_force[0].id} is still in force")
    return Suggestion(Phase.RESOLVED, f"nothing was found of it for {quiet_s / 60:.0f} minutes")


def _find_quiet_since(incident: Incident, course: Course) -> float:
    """When the last of it was over (Unix time, in seconds)."""
    ends = [sign.ended_at or sign.began_at for sign in course.signs]
    ends += [ended_at for mitigation, ended_at in course.ended if is_noticed(mitigation)]
    return max(ends, default=incident.opened_at)
