"""Which incidents are to be opened, and what belongs to which: one for each cause, as far as can be told.

A sign belongs to an open incident

- about one of the same services, at any time;
- about the same component, or about everything at the same place, within `NEAR_S` of its newest sign;
- of what is kept for later, as others are of which that began within `TOGETHER_S`;
- of a storm: when `STORM_MAX` were opened within `TOGETHER_S`, or `OWN_OPEN_MAX` are open, whatever comes next belongs
  to the newest of them.

It belongs to none that is resolved, but opens nothing either while it may be what one of those left behind: what
began before that was resolved, and is no worse, must go on for `LINGER_S` afterwards.

It opens another one otherwise. What is known of an incident is in the state alone, so nothing is opened twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.incidents.drafting_titles import make_public_title, make_title
from holdfast.incidents.impact import RANK, find_components, find_regions, suggest_impact
from holdfast.incidents.opening.signs import (
    Exercise,
    Known,
    Scene,
    Sign,
    gather_signs,
    is_forecast,
    is_fresh,
    list_keys,
)
from holdfast.incidents.opening.steps import Attach, Open
from holdfast.model.incident import Incident, Occasion

NEAR_S: Final = 600.0
TOGETHER_S: Final = 60.0
LINGER_S: Final = 60.0
STORM_MAX: Final = 4
OWN_OPEN_MAX: Final = 20
"""Incidents that Holdfast has open by itself at one time."""
FORECASTS_MAX: Final = 5
"""Incidents that are open because capacity is reached soon, unless locations reach it after so many services did;
everybody's traffic grows at Christmas.
"""
SERVICES_MAX: Final = 1_000
"""Services that an incident names; a lost site may have more, and they belong to it all the same."""
SIGNS_MAX: Final = 500
"""Of one incident; what comes next opens another."""
EXERCISE_SLACK_S: Final = 60.0
"""A drill may be noted so much later than it begins to show."""


@dataclass(frozen=True, slots=True)
class Group:
    """Signs of one cause; `incident` is what they came to, if anything yet."""

    signs: tuple[Sign, ...]
    services: frozenset[str]
    components: frozenset[str]
    incident: Incident | None = None

    @property
    def latest_at(self) -> float:
        """When the newest of it began (Unix time, in seconds)."""
        opened_at = self.incident.opened_at if self.incident else 0.0
        return max((sign.began_at for sign in self.signs), default=opened_at)

    def take(self, sign: Sign, scene: Scene) -> "Group":
        """The same with one more sign."""
        components = self.components | frozenset(find_components([sign], scene.layout))
        return Group((*self.signs, sign), self.services | sign.services, components, self.incident)


def plan_opening(scene: Scene) -> tuple[Open | Attach, ...]:
    """What is to be opened, and what comes to what is open; nothing twice for one incident."""
    signs, known = gather_signs(scene), Known.of(scene.state)
    new = [sign for sign in signs if not known.has(sign, scene.now) and is_fresh(sign, scene.now)]
    new = [sign for sign in new if not _is_left_over(sign, signs, scene)]
    if not new:
        return ()
    groups = _list_groups(scene, signs)
    taken = dict[int, list[Sign]]()
    for sign in _leave_out_forecasts(new, groups):
        place = _find_place(sign, groups, scene)
        if place is None:
            place = len(groups)
            groups.append(Group((), frozenset(), frozenset()))
        groups[place] = groups[place].take(sign, scene)
        taken.setdefault(place, []).append(sign)
    return tuple(_make_step(groups[place], added, scene) for place, added in taken.items())


def _leave_out_forecasts(new: Sequence[Sign], groups: Sequence[Group]) -> Sequence[Sign]:
    """Everything that is found, and as many forecasts as may be open; those of services keep none of a location out."""
    open_now = [group.incident for group in groups if group.incident is not None and is_forecast(group.incident)]
    forecasts = [sign for sign in new if sign.is_warning]
    wide = [sign for sign in forecasts if sign.is_wide]
    wide = wide[: max(0, FORECASTS_MAX - sum(not each.services for each in open_now))]
    narrow = [sign for sign in forecasts if not sign.is_wide]
    narrow = narrow[: max(0, FORECASTS_MAX - len(open_now) - len(wide))]
    return [*(sign for sign in new if not sign.is_warning), *wide, *narrow]


def list_signs(incident: Incident, signs: Iterable[Sign]) -> tuple[Sign, ...]:
    """Those of an incident, as far as they are remembered."""
    keys = frozenset(list_keys(incident))
    return tuple(sign for sign in signs if sign.key in keys)


def find_exercise(sign: Sign, exercises: Sequence[Exercise]) -> bool:
    """Whether it is of a drill that somebody noted, and goes no further: what does is no exercise any more."""
    return any(
        each.at - EXERCISE_SLACK_S <= sign.began_at <= each.until
        and (not each.services or (bool(sign.services) and sign.services <= each.services))
        for each in exercises
    )


def _list_groups(scene: Scene, signs: Sequence[Sign]) -> list[Group]:
    """What is open, in order of opening."""
    incidents = (record.incident for record in scene.state.incidents.values())
    return [_make_group(incident, signs) for incident in incidents if incident.is_open]


def _make_group(incident: Incident, signs: Sequence[Sign]) -> Group:
    own, components = list_signs(incident, signs), frozenset(incident.components)
    return Group(own, frozenset(incident.services), components, incident)


def _is_left_over(sign: Sign, signs: Sequence[Sign], scene: Scene) -> bool:
    """Whether it began before an incident of the same cause was resolved, is no worse, and was over soon, or may be."""
    if sign.is_apart:
        return False
    over_at = min(scene.now, float("inf") if sign.ended_at is None else sign.ended_at)
    incidents = (record.incident for record in scene.state.incidents.values())
    lately = [
        each
        for each in incidents
        if each.resolved_at is not None and sign.began_at <= each.resolved_at and over_at < each.resolved_at + LINGER_S
    ]
    if not lately:
        return False
    components, is_exercise = frozenset(find_components([sign], scene.layout)), find_exercise(sign, scene.exercises)
    rank = RANK.index(suggest_impact([sign], scene.intent))
    groups = (_make_group(incident, signs) for incident in lately if RANK.index(incident.impact) >= rank)
    return any(_belongs(sign, group, components, exercise=is_exercise) for group in groups)


def _find_place(sign: Sign, groups: Sequence[Group], scene: Scene) -> int | None:
    """The newest of what it belongs to; what is apart is an incident of its own, and nothing else comes to that."""
    if sign.is_apart:
        return None
    open_to = {place: group for place, group in enumerate(groups) if _has_room(group, sign)}
    components, is_exercise = frozenset(find_components([sign], scene.layout)), find_exercise(sign, scene.exercises)
    related = [place for place, group in open_to.items() if _belongs(sign, group, components, exercise=is_exercise)]
    if related:
        return related[-1]
    own = [place for place, each in open_to.items() if each.incident is None or each.incident.occasion in _OWN]
    lately = [place for place in own if _opened_at(groups[place], scene) > scene.now - TOGETHER_S]
    is_storm = len(lately) >= STORM_MAX or len(own) >= OWN_OPEN_MAX
    return own[-1] if is_storm else None


_OWN: Final = frozenset(Occasion) - {Occasion.ALERT, Occasion.PERSON}


def _opened_at(group: Group, scene: Scene) -> float:
    return group.incident.opened_at if group.incident else scene.now


def _has_room(group: Group, sign: Sign) -> bool:
    """An incident is of one revision at most, and of so many findings; forecasts are apart."""
    if len(group.signs) >= SIGNS_MAX or (group.incident and len(group.incident.findings) >= SIGNS_MAX):
        return False
    if sign.revision is not None and any(other.revision is not None for other in group.signs):
        return False
    is_apart = bool(group.signs) and all(other.is_apart for other in group.signs)
    return not is_apart and not (group.incident and is_forecast(group.incident))


def _belongs(sign: Sign, group: Group, components: frozenset[str], *, exercise: bool) -> bool:
    if group.incident is not None and group.incident.drill is not exercise:
        return False
    if sign.services & group.services:
        return True
    if abs(sign.began_at - group.latest_at) > NEAR_S:
        return False
    return bool(group.components & components) or any(_share_cause(sign, other) for other in group.signs)


def _share_cause(one: Sign, other: Sign) -> bool:
    """Whether one of them is about everything at a place where the other may be; a revision may be anywhere.

    What is kept for many services at once doesn't get through for one reason, as far as can be told.
    """
    if one.revision is not None or other.revision is not None:
        return True
    if one.occasion is other.occasion is Occasion.DEFERRAL:
        return abs(one.began_at - other.began_at) <= TOGETHER_S
    if not (one.is_wide or other.is_wide):
        return False
    return not one.locations or not other.locations or bool(one.locations & other.locations)


def _make_step(group: Group, added: Sequence[Sign], scene: Scene) -> Open | Attach:
    return _open(group, scene) if group.incident is None else _attach(group.incident, group, added, scene)


def _open(group: Group, scene: Scene) -> Open:
    signs, intent = group.signs, scene.intent
    impact, components = suggest_impact(signs, intent), find_components(signs, scene.layout)
    regions = find_regions(signs, intent)
    return Open(
        title=make_title(signs),
        public_title=make_public_title(signs, components, regions, intent.platform),
        impact=impact,
        occasion=signs[0].occasion,
        began_at=min(sign.began_at for sign in signs),
        components=components,
        regions=regions,
        services=tuple(sorted(group.services)[:SERVICES_MAX]),
        findings=_list_findings(signs),
        mitigations=_list_mitigations(signs),
        revision=_find_revision(signs),
        alert=next((sign.key for sign in signs if sign.is_apart), None),
        drill=all(find_exercise(sign, scene.exercises) for sign in signs),
    )


def _attach(incident: Incident, group: Group, added: Sequence[Sign], scene: Scene) -> Attach:
    """Facts are added whoever leads; how bad it is, only while no person does, and it only gets worse.

    Components and regions that the platform has no more go when others come.
    """
    intent = scene.intent
    impact = suggest_impact(group.signs, intent)
    is_worse = incident.led_by is None and RANK.index(impact) > RANK.index(incident.impact)
    began_at = min(sign.began_at for sign in added)
    title, public_title = _retitle(incident, group, scene) if is_worse else (None, None)
    site, regions = intent.platform.status, intent.platform.each_region()
    public = tuple(name for name in incident.components if site is not None and name in site.components)
    places = tuple(name for name in incident.regions if name in regions)
    return Attach(
        id=incident.id,
        why=f"{make_title(added)} belongs to it",
        title=title,
        public_title=public_title,
        impact=impact if is_worse else None,
        began_at=began_at if began_at < incident.began_at else None,
        components=_join(public, find_components(added, scene.layout)),
        regions=_join(places, find_regions(added, intent)),
        services=_join_services(incident, added),
        findings=_join(incident.findings, _list_findings(added)),
        mitigations=_join(incident.mitigations, _list_mitigations(added)),
        revision=_find_revision(added) if incident.revision is None else None,
    )


def _retitle(incident: Incident, group: Group, scene: Scene) -> tuple[str, str]:
    """What it is called now that it is worse."""
    signs = group.signs
    components = tuple(dict.fromkeys((*incident.components, *find_components(signs, scene.layout))))
    regions = tuple(dict.fromkeys((*incident.regions, *find_regions(signs, scene.intent))))
    return make_title(signs), make_public_title(signs, components, regions, scene.intent.platform)


def _join(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...] | None:
    joined = tuple(dict.fromkeys((*known, *more)))
    return None if joined == known else joined


def _join_services(incident: Incident, added: Iterable[Sign]) -> tuple[str, ...] | None:
    more = sorted(frozenset[str]().union(*(sign.services for sign in added)).difference(incident.services))
    return _join(incident.services, more[: max(0, SERVICES_MAX - len(incident.services))])


def _list_findings(signs: Iterable[Sign]) -> tuple[str, ...]:
    return tuple(sign.key for sign in signs if sign.finding is not None and not sign.is_warning)


def _list_mitigations(signs: Iterable[Sign]) -> tuple[str, ...]:
    return tuple(sign.key for sign in signs if sign.mitigation is not None)


def _find_revision(signs: Iterable[Sign]) -> int | None:
    return next((sign.revision for sign in signs if sign.revision is not None), None)
