"""From everything that is known to what the public may know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from holdfast.incidents.component_status import judge_component, judge_platform, judge_region, keep_time
from holdfast.incidents.protections import list_protections
from holdfast.incidents.status_words import clean_line, clean_text
from holdfast.model.downtime import Standing
from holdfast.model.incident import Incident, PostStatus
from holdfast.model.maintenance import Maintenance
from holdfast.model.platform import Platform
from holdfast.model.state import IncidentRecord, State
from holdfast.model.status_document import (
    History,
    PublicComponent,
    PublicIncident,
    PublicMaintenance,
    PublicMemory,
    PublicPlace,
    PublicPost,
    PublicPromise,
    PublicRegion,
    SiteWords,
    StatusDocument,
)
from holdfast.model.status_site import StatusSite

Places = Mapping[str, PublicPlace]
_NO_HISTORY = History((), None)


@dataclass(frozen=True, slots=True)
class Measured:
    """How components stand, by component and region; and their days, also over all regions (None)."""

    standings: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    histories: Mapping[tuple[str, str | None], History] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What is told apart from everything internal before anything is made of it.

    `published` are incidents that something was published of and that are no drills, newest first; `open` those of them
    that aren't resolved.
    """

    published: tuple[IncidentRecord, ...]
    open: tuple[Incident, ...]
    windows: tuple[Maintenance, ...]
    components: Places
    regions: Places


def make_status_document(
    platform: Platform, state: State, measured: Measured, now: float, memory: PublicMemory
) -> StatusDocument | None:
    """The whole site as of a Unix time (in seconds); None if the platform declares none."""
    site = platform.status
    if site is None:
        return None
    known = _find_known(platform, site, state)
    components = tuple(_list_components(site, known, measured, now, memory))
    indicator, headline = judge_platform(components, known.open)
    return StatusDocument(
        words=SiteWords(platform.name, clean_line(site.title), site.url, site.support_url, site.subscribe_url),
        as_of=now,
        indicator=indicator,
        headline=headline,
        regions=tuple(known.regions.values()),
        components=components,
        incidents=tuple(_show_incident(record, known) for record in known.published),
        maintenances=tuple(_show_maintenance(window, known, memory, now) for window in known.windows),
        promises=tuple(_list_promises(state, known)),
        protections=list_protections(platform) if site.protections.publish else None,
    )


def remember(document: StatusDocument) -> PublicMemory:
    """What the next document needs to know of this one."""
    return PublicMemory(
        {each.name: (each.status, each.since) for each in document.components},
        {each.id: (_digest(each), each.changed_at) for each in document.maintenances},
    )


def is_public(record: IncidentRecord) -> bool:
    """Whether the public knows of an incident."""
    is_published = any(post.status is PostStatus.PUBLISHED for post in record.posts)
    return is_published and not record.incident.drill


def _find_known(platform: Platform, site: StatusSite, state: State) -> Known:
    records = [record for record in state.incidents.values() if is_public(record)]
    records.sort(key=lambda record: (record.incident.began_at, record.incident.opened_at), reverse=True)
    return Known(
        tuple(records),
        tuple(record.incident for record in records if record.incident.is_open),
        tuple(sorted(state.maintenances.values(), key=lambda window: window.begins_at, reverse=True)),
        {name: PublicPlace(name, clean_line(each.title)) for name, each in site.components.items()},
        {name: PublicPlace(name, clean_line(each.title)) for name, each in platform.each_region().items()},
    )


def _list_components(
    site: StatusSite, known: Known, measured: Measured, now: float, memory: PublicMemory
) -> Iterator[PublicComponent]:
    for name, declared in site.components.items():
        regions = tuple(_list_regions(name, known, measured))
        status = judge_component([(region.status, region.measured) for region in regions])
        yield PublicComponent(
            name=name,
            title=known.components[name].title,
            description=clean_line(declared.description),
            group=clean_line(declared.group) if declared.group else None,
            status=status,
            since=keep_time(memory.statuses, name, status, now),
            objective=declared.objective,
            history=measured.histories.get((name, None), _NO_HISTORY),
            regions=regions,
        )


def _list_regions(component: str, known: Known, measured: Measured) -> Iterator[PublicRegion]:
    for name, place in known.regions.items():
        standing = measured.standings.get((component, name), Standing.UNKNOWN)
        yield PublicRegion(
            name=name,
            title=place.title,
            status=judge_region(component, name, standing, known.open, known.windows),
            measured=standing is not Standing.UNKNOWN,
            history=measured.histories.get((component, name), _NO_HISTORY),
        )


def _show_incident(record: IncidentRecord, known: Known) -> PublicIncident:
    incident = record.incident
    posts = (post for post in record.posts if post.status is PostStatus.PUBLISHED)
    return PublicIncident(
        id=incident.id,
        title=clean_line(incident.public_title),
        impact=incident.impact,
        phase=incident.phase,
        began_at=incident.began_at,
        resolved_at=incident.resolved_at,
        components=_find_places(incident.components, known.components),
        regions=_find_places(incident.regions, known.regions),
        posts=tuple(
            PublicPost(post.number, post.phase, clean_text(post.text), post.at)
            for post in sorted(posts, key=lambda post: (post.at, post.number))
        ),
    )


def _show_maintenance(window: Maintenance, known: Known, memory: PublicMemory, now: float) -> PublicMaintenance:
    shown = PublicMaintenance(
        id=window.id,
        title=clean_line(window.title),
        text=clean_text(window.text),
        components=_find_places(window.components, known.components),
        regions=_find_places(window.regions, known.regions),
        begins_at=window.begins_at,
        ends_at=window.ends_at,
        phase=window.phase,
        announced_at=window.announced_at,
        changed_at=now,
    )
    digest, changed_at = memory.maintenances.get(window.id, ("", now))
    return replace(shown, changed_at=changed_at) if digest == _digest(shown) else shown


def _digest(shown: PublicMaintenance) -> str:
    """Of everything that is said of it but for when that changed."""
    return sha256(repr(replace(shown, changed_at=0.0)).encode()).hexdigest()


def _find_places(names: tuple[str, ...], known: Places) -> tuple[PublicPlace, ...]:
    """Those that are still declared."""
    return tuple(known[name] for name in names if name in known)


def _list_promises(state: State, known: Known) -> Iterator[PublicPromise]:
    titles = {record.incident.id: clean_line(record.incident.public_title) for record in known.published}
    promises = [each for each in state.follow_ups.values() if each.public_text is not None and not each.dropped]
    for promise in sorted(promises, key=lambda each: (each.done_at is not None, -(each.done_at or 0.0), each.due)):
        title = titles.get(promise.incident)
        yield PublicPromise(
            id=promise.id,
            text=clean_line(promise.public_text or ""),
            due=promise.due,
            done_at=promise.done_at,
            incident=None if title is None else PublicPlace(promise.incident, title),
        )
