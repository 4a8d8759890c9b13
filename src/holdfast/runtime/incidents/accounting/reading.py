"""Answers people's questions about downtime, from what was measured."""

from collections.abc import Collection, Iterable
from typing import Final

from holdfast.incidents.budget import OBJECTIVE_USUAL, begin_month, find_budget
from holdfast.incidents.downtime.layout import COMPONENT, REGION, SERVICE, TENANT, WHOLE, Subject
from holdfast.incidents.downtime.windows import Window
from holdfast.model.day import DAY_S, Day, begin_day, find_day
from holdfast.model.platform import Platform
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.accounting.book import DAYS_MAX, Book
from holdfast.runtime.incidents.accounting.windows import OPEN
from holdfast.views.downtime import (
    BudgetDocument,
    DowntimeDocument,
    Kind,
    PlaceDowntime,
    StretchDocument,
    StretchesDocument,
    SubjectDowntime,
    WindowDocument,
    show_place,
    show_stretch,
)

SUBJECTS_MAX: Final = 200
"""Subjects in one answer."""
STRETCHES_MAX: Final = 5_000
WINDOWS_MAX: Final = 200


class DowntimeReading:
    """Reads a book; may be asked by any thread."""

    def __init__(self, control: Control, book: Book) -> None:
        self._control = control
        self._book = book

    def tenant_of(self, service: str) -> str | None:
        """Whose service it is; None if there is no such service."""
        owned = self._control.intent.services.get(service) if self._control.intent else None
        return owned.tenant if owned else None

    def show(
        self, kind: Kind, name: str | None, region: str | None, first: Day | None, last: Day | None
    ) -> DowntimeDocument | Refusal:
        """The downtime of one subject, or of all of a kind, on days (none: of this month up to today)."""
        now = self._control.world.clock()
        today = find_day(now)
        last = min(last or today, today)
        first = first or begin_month(last)
        found = self._find(kind, name, region)
        if isinstance(found, Refusal):
            return found
        subjects, regions = found
        shown = subjects[:SUBJECTS_MAX]
        told = tuple(self._show_subject(subject, regions, first, last, now) for subject in shown)
        windows = self._list_windows(shown, regions, begin_day(first), min(now, begin_day(last) + DAY_S))
        more = len(subjects) - len(shown)
        return DowntimeDocument(now=now, first=first, last=last, subjects=told, windows=windows, more=more)

    def show_stretches(
        self, kind: Kind, name: str | None, region: str | None, since: float | None, until: float | None
    ) -> StretchesDocument | Refusal:
        """What a subject's downtime between two times (Unix, in seconds) is made of; none: of the latest day.

        Of many stretches it is the newest.
        """
        until = self._control.world.clock() if until is None else until
        since = until - DAY_S if since is None else since
        found = self._find(kind, name, region)
        if isinstance(found, Refusal):
            return found
        subjects, regions = found
        told = [each for subject in subjects[:1] for each in self._list_stretches(subject, regions, since, until)]
        return StretchesDocument(
            kind=kind,
            name=name or "",
            now=self._control.world.clock(),
            stretches=tuple(sorted(told, key=lambda each: each.began_at)[-STRETCHES_MAX:]),
            windows=self._list_windows(subjects[:1], regions, since, until),
        )

    def _find(self, kind: Kind, name: str | None, region: str | None) -> tuple[list[Subject], list[str]] | Refusal:
        regions = list(self._platform.each_region()) if self._platform else []
        if region is not None and region not in regions:
            return Refusal(RefusalCode.REGION_UNKNOWN, f"there is no region {region}")
        if kind == REGION:
            return [WHOLE], [name] if name in regions else regions
        names = self._list_names(kind)
        if name is not None and name not in names:
            return Refusal(_UNKNOWN[kind], f"there is no {kind} {name}")
        subjects = [Subject(kind, each) for each in (names if name is None else [name])]
        return subjects, [region] if region else regions

    def _list_names(self, kind: Kind) -> Collection[str]:
        intent = self._control.intent
        if intent is None:
            return ()
        status = intent.platform.status
        components = status.components.keys() if status else ()
        return {SERVICE: intent.services.keys(), TENANT: intent.platform.tenants.keys(), COMPONENT: components}[kind]

    def _show_subject(
        self, subject: Subject, regions: Iterable[str], first: Day, last: Day, now: float
    ) -> SubjectDowntime:
        title, objective = self._describe(subject)
        places = tuple(self._show_place(subject, region, objective, first, last, now) for region in regions)
        return SubjectDowntime(kind=subject.kind, name=subject.name, title=title, places=places)

    def _show_place(
        self, subject: Subject, region: str, objective: float, first: Day, last: Day, now: float
    ) -> PlaceDowntime:
        tallies = self._book.list_subject_days(subject, region, DAYS_MAX)
        budget = find_budget(last, objective, tallies, now)
        told = BudgetDocument(
            month=f"{budget.month:%Y-%m}",
            objective=objective,
            allowed_s=budget.allowed_s,
            used_s=budget.used_s,
            left_s=budget.left_s,
            burn=budget.burn,
        )
        standing = self._book.stand(subject, region)
        wanted = (tally for tally in tallies if first <= tally.day <= last)
        return show_place(region, self._title_region(region), standing, wanted, told)

    def _describe(self, subject: Subject) -> tuple[str, float]:
        status = self._platform.status if self._platform else None
        if subject.kind == COMPONENT and status is not None and subject.name in status.components:
            component = status.components[subject.name]
            return component.title, component.objective
        return subject.name or "all services", OBJECTIVE_USUAL

    def _title_region(self, region: str) -> str:
        regions = self._platform.each_region() if self._platform else {}
        return regions[region].title if region in regions else region

    @property
    def _platform(self) -> Platform | None:
        return self._control.intent.platform if self._control.intent else None

    def _list_stretches(
        self, subject: Subject, regions: Iterable[str], since: float, until: float
    ) -> list[StretchDocument]:
        return [
            show_stretch(region, stretch)
            for region in regions
            for stretch in self._book.list_subject_stretches(subject, region, since, until)
        ]

    def _list_windows(
        self, subjects: Iterable[Subject], regions: Iterable[str], since: float, until: float
    ) -> tuple[WindowDocument, ...]:
        places = [(subject, region) for subject in subjects for region in regions]
        found = {
            window.id: window
            for subject, region in places
            for window in self._book.list_windows(subject, region, since, until)
        }
        ordered = sorted(found.values(), key=lambda window: window.began_at)
        return tuple(_show_window(window) for window in ordered[-WINDOWS_MAX:])


def _show_window(window: Window) -> WindowDocument:
    return WindowDocument(
        id=window.id,
        kind=window.kind.value,
        title=window.title,
        began_at=window.began_at,
        ended_at=None if window.ended_at >= OPEN else window.ended_at,
    )


_UNKNOWN: Final = {
    SERVICE: RefusalCode.SERVICE_UNKNOWN,
    TENANT: RefusalCode.TENANT_UNKNOWN,
    COMPONENT: RefusalCode.STATUS_COMPONENT_UNKNOWN,
}
