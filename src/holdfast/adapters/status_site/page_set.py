"""Which pages there are, and what each is about; what a page is made from says whether it has to be made again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from holdfast.model.day import find_day
from holdfast.model.status_document import PublicComponent, PublicIncident, PublicMaintenance, StatusDocument

LATEST_MAX: Final = 8
"""Incidents that are over and still on the first page."""

Month = tuple[int, int]
"""Year and month."""


@dataclass(frozen=True, slots=True)
class PageSource:
    """One page: where, by which template, and from what (all of it comparable). Live pages say as of when they hold."""

    path: str
    template: str
    subject: dict[str, Any]
    live: bool = False

    @property
    def root(self) -> str:
        """From the page to the site's first folder."""
        return "../" * self.path.count("/")


def list_pages(document: StatusDocument) -> Iterator[PageSource]:
    """All but the first page."""
    for incident in document.incidents:
        yield _about_incident(incident, document)
    yield from map(_about_maintenance, document.maintenances)
    for component, incidents in _each_component(document):
        yield PageSource(f"components/{component.name}.html", "component.html", _about_component(component, incidents))
    months = list_months(document)
    yield PageSource("history.html", "history.html", {"months": [(m, len(i), len(w)) for m, (i, w) in months.items()]})
    for month, (incidents, windows) in months.items():
        subject = {"month": month, "incidents": incidents, "windows": windows}
        yield PageSource(f"history/{month[0]}-{month[1]:02d}.html", "month.html", subject)
    if document.promises:
        yield PageSource("promises.html", "promises.html", {"promises": document.promises}, live=True)
    if document.protections is not None:
        yield PageSource("protections.html", "protections.html", {"protections": document.protections})


def list_months(
    document: StatusDocument,
) -> dict[Month, tuple[list[PublicIncident], list[PublicMaintenance]]]:
    """Months with what began in them, newest first; with maintenance that is over only."""
    months: dict[Month, tuple[list[PublicIncident], list[PublicMaintenance]]] = {}
    for incident in document.incidents:
        months.setdefault(_find_month(incident.began_at), ([], []))[0].append(incident)
    for window in document.maintenances:
        if window.is_over:
            months.setdefault(_find_month(window.begins_at), ([], []))[1].append(window)
    return dict(sorted(months.items(), reverse=True))


def _about_incident(incident: PublicIncident, document: StatusDocument) -> PageSource:
    """With what was promised after it."""
    promises = [each for each in document.promises if each.incident and each.incident.name == incident.id]
    subject = {"incident": incident, "promises": promises}
    return PageSource(f"incidents/{incident.id}.html", "incident.html", subject, live=incident.is_open)


def _about_maintenance(window: PublicMaintenance) -> PageSource:
    subject = {"window": window}
    return PageSource(f"maintenance/{window.id}.html", "maintenance.html", subject, live=not window.is_over)


def _each_component(document: StatusDocument) -> Iterator[tuple[PublicComponent, list[PublicIncident]]]:
    by_name: dict[str, list[PublicIncident]] = {}
    for incident in document.incidents:
        for place in incident.components:
            by_name.setdefault(place.name, []).append(incident)
    for component in document.components:
        bars = component.history.bars
        first = bars[0].day if bars else None
        about = by_name.get(component.name, ())
        yield component, [each for each in about if first is None or find_day(each.began_at) >= first]


def _about_component(component: PublicComponent, incidents: Iterable[PublicIncident]) -> dict[str, Any]:
    """What stays the same as long as no day looks otherwise: not how the component is now."""
    return {
        "component": (component.title, component.description, component.objective),
        "name": component.name,
        "regions": tuple((region.title, region.history) for region in component.regions),
        "history": component.history,
        "incidents": tuple(incidents),
    }


def _find_month(at: float) -> Month:
    day = find_day(at)
    return day.year, day.month
