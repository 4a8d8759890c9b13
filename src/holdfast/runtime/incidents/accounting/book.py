"""What was measured, for those who ask: stretches in memory, counts from the store. Any thread may ask."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from threading import RLock
from typing import Final

from holdfast.adapters.accounts.packing import Tally
from holdfast.adapters.accounts.schema import Grain
from holdfast.adapters.accounts.sql_accounts import KeptStretch, Name, SlotTally, SqlAccounts
from holdfast.incidents.budget import list_days
from holdfast.incidents.downtime.definition import SLOT_S, Column
from holdfast.incidents.downtime.layout import COMPONENT, SERVICE, TENANT, WHOLE, Subject
from holdfast.incidents.downtime.windows import (
    Interval,
    Window,
    WindowKind,
    bridge,
    clip,
    find_worst,
    join,
    take_out,
    tally_day,
)
from holdfast.model.day import DAY_S, Day, add_days, begin_day, find_day
from holdfast.model.downtime import DayTally, Standing, Stretch, TrafficSeries
from holdfast.model.intent import Intent
from holdfast.model.ports import Clock
from holdfast.runtime.incidents.accounting.measure import Measurer
from holdfast.runtime.incidents.accounting.series import read_series

DAYS_MAX: Final = 400
TOUCHING_S: Final = 0.001
"""A long stretch is kept in parts, one beginning where the other ends."""
JUST_OVER_S: Final = 60.0
"""For so long, slots of the day before may still be closed."""
KEPT_S: Final = DAYS_MAX * DAY_S
LOADED_MAX: Final = 20_000
"""Subjects by region whose days are in memory; when there are more, all are read again as they are asked for."""
REMEMBERED: Final = frozenset({"component", "region"})
"""Kinds of subjects whose days are kept in memory, since status sites ask for all of them at once."""


class Book:
    """Implements `model.downtime.Accounts`; `begin` and what begins with `note_` are for the one who measures."""

    def __init__(self, store: SqlAccounts, clock: Clock, slot_s: float = SLOT_S) -> None:
        self.lock = RLock()
        self.windows: dict[str, Window] = {}
        self._windows_mark = 0
        self._past: dict[tuple[Subject, str], tuple[tuple[Day, int, int], list[DayTally]]] = {}
        self.measurer: Measurer | None = None
        self._store = store
        self._clock = clock
        self._slot_s = slot_s
        self._members: Mapping[Subject, Collection[str]] = {}
        self._stretches: defaultdict[tuple[Subject, str], list[Stretch]] = defaultdict(list)
        self._known: defaultdict[tuple[Subject, str], dict[Day, float]] = defaultdict(dict)
        self._loaded: set[tuple[Subject, str]] = set()

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that are accounted for."""
        return () if self.measurer is None else self.measurer.layout.regions

    def begin(self, intent: Intent, measurer: Measurer) -> None:
        """Speak for what is measured from now on; what was kept is read when this is the first."""
        with self.lock:
            if self.measurer is None:
                self._load()
            self.measurer = measurer
            self._members = _list_members(intent)

    def note_stretches(self, stretches: Iterable[KeptStretch]) -> None:
        """Take in what became final."""
        for each in stretches:
            self._stretches[Subject(*each.subject), each.region].append(each.stretch)

    def list_kept(self, region: str, ended_after: float) -> list[KeptStretch]:
        """What is final in a region and ended after a Unix time, in seconds."""
        kept = ((subject, each) for (subject, place), own in self._stretches.items() if place == region for each in own)
        return [KeptStretch(Name(*subject), region, each) for subject, each in kept if each.ended_at > ended_after]

    def replace_stretches(self, region: str, since: float, stretches: Iterable[KeptStretch]) -> None:
        """Have these in place of all that ended after a Unix time; days that are in memory are read again."""
        for key, own in self._stretches.items():
            if key[1] == region:
                own[:] = [each for each in own if each.ended_at <= since]
        self.note_stretches(stretches)
        self._loaded = {key for key in self._loaded if key[1] != region}
        self._past.clear()

    def note_windows(self, windows: Iterable[Window]) -> None:
        """Take in drills and maintenance that are new, or otherwise than before."""
        with self.lock:
            for window in windows:
                self.windows[window.id] = window
                self._windows_mark += 1

    def note_slot(self, slot: SlotTally) -> None:
        """Take in what a slot made known, of those whose days are in memory; the store has it already."""
        day = find_day(slot.at)
        for name, seconds in zip(slot.subjects, slot.counts[:, Column.KNOWN_S].tolist(), strict=True):
            key = (Subject(*name), slot.region)
            if key in self._loaded:
                self._known[key][day] = self._known[key].get(day, 0.0) + seconds

    def has(self, each: KeptStretch) -> bool:
        """Whether most of a stretch is known already."""
        kept = self._stretches.get((Subject(*each.subject), each.region), ())
        own = each.stretch
        within = sum(part.ended_at - part.began_at for part in clip(kept, own.began_at, own.ended_at))
        return within > (own.ended_at - own.began_at) / 2

    def list_days(self, component: str, region: str | None, days: int) -> Sequence[DayTally]:
        """The latest days of a component, oldest first, today last; in a region, or the worst of all regions."""
        return self.list_subject_days(Subject(COMPONENT, component), region, days)

    def list_tenant_days(self, tenant: str, region: str | None, days: int) -> Sequence[DayTally]:
        """The same for all of a tenant's services together."""
        return self.list_subject_days(Subject(TENANT, tenant), region, days)

    def list_subject_days(self, subject: Subject, region: str | None, days: int) -> Sequence[DayTally]:
        """The same for any subject."""
        if region is not None:
            return self._list_days(subject, region, days)
        each = [self._list_days(subject, name, days) for name in self.regions]
        worst = (
            max(day, key=lambda tally: (tally.down_s, tally.degraded_s, tally.up_s)) for day in zip(*each, strict=True)
        )
        return list(worst)

    def list_stretches(
        self, services: Sequence[str], region: str | None, began_at: float, ended_at: float
    ) -> Sequence[Stretch]:
        """How services did together, in order, without what was up, unknown, a drill or maintenance."""
        with self.lock:
            subject = self._find_subject(services)
            regions = self.regions if region is None else (region,)
            courses = [self._list_together(subject, services, each) for each in regions]
        return list(clip(find_worst(courses), began_at, ended_at))

    def list_subject_stretches(
        self, subject: Subject, region: str, began_at: float, ended_at: float
    ) -> Sequence[Stretch]:
        """The same for any subject in a region."""
        with self.lock:
            return list(clip(self._list_out(subject, region), began_at, ended_at))

    def list_windows(self, subject: Subject, region: str, began_at: float, ended_at: float) -> list[Window]:
        """The drills and maintenance windows that count apart for a subject within a time."""
        with self.lock:
            found = [each for each in self.windows.values() if each.began_at < ended_at and each.ended_at > began_at]
            members = self._members.get(subject, (subject.name,))
            return [each for each in found if each.covers(subject, members, region)]

    def read_standing(self, component: str, region: str) -> Standing:
        """How a component does now."""
        return self.stand(Subject(COMPONENT, component), region)

    def stand(self, subject: Subject, region: str) -> Standing:
        """How any subject does now."""
        with self.lock:
            return Standing.UNKNOWN if self.measurer is None else self.measurer.stand(subject, region)

    def read_series(
        self,
        services: Sequence[str],
        regions: Sequence[str],
        began_at: float,
        ended_at: float,
        usual_until: float | None = None,
    ) -> TrafficSeries:
        """The traffic of services (of all together) in regions (none: all), in steps of at least 5 s, 2,000 at most.

        What was usual in the hour before `usual_until` (None: `began_at`) stands in where no other day is known.
        """
        names = [Name(SERVICE, service) for service in services]
        until = began_at if usual_until is None else usual_until
        return read_series(self._store, names, regions or self.regions, (began_at, ended_at), until, self._slot_s)

    def _load(self) -> None:
        self.note_stretches(self._store.read_stretches(self._clock() - KEPT_S))

    def _list_days(self, subject: Subject, region: str, days: int) -> list[DayTally]:
        """Days that are over are remembered until anything changes about them."""
        now = self._clock()
        today, days = find_day(now), min(days, DAYS_MAX)
        key = (subject, region)
        with self.lock:
            is_open = self.measurer is not None and bool(self.measurer.peek(subject, region))
            is_open |= now - begin_day(today) < JUST_OVER_S
            mark = (today, len(self._stretches.get(key, ())), self._windows_mark)
            past = self._past.get(key)
            if is_open or past is None or past[0] != mark or len(past[1]) < days - 1:
                past = (mark, self._tally_days(key, add_days(today, 1 - days), today, now))
                self._past[key] = past
                if len(self._past) > LOADED_MAX:
                    self._past.clear()
            (newest,) = self._tally_days(key, today, add_days(today, 1), now)
        return [*past[1][len(past[1]) - days + 1 :], newest]

    def _tally_days(self, key: tuple[Subject, str], first: Day, after: Day, now: float) -> list[DayTally]:
        """The days from one to before another."""
        began, ended = begin_day(first), min(begin_day(after), now)
        if ended <= began:
            return []
        known = self._read_known(*key)
        windows = self.list_windows(*key, began, ended)
        by_day = _by_day(clip(self._list_out(*key), began, ended))
        maintained = _intervals(windows, WindowKind.MAINTENANCE)
        wanted = list_days(first, after)
        return [tally_day(day, by_day.get(day, ()), known.get(day, 0.0), maintained, now) for day in wanted]

    def _list_out(self, subject: Subject, region: str) -> list[Stretch]:
        """A subject's stretches outside drills and maintenance."""
        kept = list(self._stretches.get((subject, region), ()))
        if self.measurer is not None:
            kept += self.measurer.peek(subject, region)
        whole = bridge(kept, TOUCHING_S)
        if not whole:
            return []
        windows = self.list_windows(subject, region, whole[0].began_at, whole[-1].ended_at)
        return list(take_out(whole, _intervals(windows)))

    def _list_together(self, subject: Subject | None, services: Sequence[str], region: str) -> list[Stretch]:
        """Of services that nobody accounts for together, the worst at each moment."""
        if subject is not None:
            return self._list_out(subject, region)
        return find_worst([self._list_out(Subject(SERVICE, service), region) for service in services])

    def _find_subject(self, services: Sequence[str]) -> Subject | None:
        if len(services) == 1:
            return Subject(SERVICE, services[0])
        wanted = frozenset(services)
        sized = (subject for subject, members in self._members.items() if len(members) == len(wanted))
        return next((subject for subject in sized if wanted == frozenset(self._members[subject])), None)

    def _read_known(self, subject: Subject, region: str) -> Mapping[Day, float]:
        """Seconds known of a subject, by day; read from the store when it is first asked for."""
        key = (subject, region)
        if key not in self._loaded:
            if len(self._loaded) > LOADED_MAX:
                self._loaded.clear()
            self._load_known(region, subject)
        return self._known[key]

    def _load_known(self, region: str, subject: Subject) -> None:
        """Read the days of a subject, and with it those of all that status sites ask for."""
        wanted = [subject, *(other for other in self._members if other.kind in REMEMBERED)]
        wanted = [each for each in dict.fromkeys(wanted) if (each, region) not in self._loaded]
        ids = {number: each for each in wanted for number in self._store.find_ids([Name(*each)])}
        found: defaultdict[Subject, dict[Day, float]] = defaultdict(dict)
        for at, tally in self._read_ever_finer(region):
            day = find_day(at)
            for number, seconds in zip(tally.ids.tolist(), tally.counts[:, Column.KNOWN_S].tolist(), strict=True):
                if number in ids and seconds:
                    known = found[ids[number]]
                    known[day] = known.get(day, 0.0) + seconds
        for each in wanted:
            self._known[each, region] = found[each]
            self._loaded.add((each, region))

    def _read_ever_finer(self, region: str) -> Iterator[tuple[float, Tally]]:
        """All tallies of a region, each time once: days, and the finer ones of what isn't added up yet."""
        marks = self._store.read_marks()
        begin = 0.0
        for grain in (Grain.DAY, Grain.HOUR, Grain.MINUTE, Grain.SLOT):
            end = marks.get(grain.name, begin) if grain is not Grain.SLOT else float("inf")
            yield from self._store.read_tallies(grain, region, begin, end)
            begin = max(begin, end)


def _intervals(windows: Iterable[Window], kind: WindowKind | None = None) -> list[Interval]:
    return join((each.began_at, each.ended_at) for each in windows if kind is None or each.kind is kind)


def _by_day(stretches: Iterable[Stretch]) -> Mapping[Day, list[Stretch]]:
    found: defaultdict[Day, list[Stretch]] = defaultdict(list)
    for each in stretches:
        day = find_day(each.began_at)
        while begin_day(day) < each.ended_at:
            found[day].append(each)
            day = add_days(day, 1)
    return found


def _list_members(intent: Intent) -> dict[Subject, Collection[str]]:
    platform = intent.platform
    members: dict[Subject, Collection[str]] = {WHOLE: intent.services.keys()}
    members |= {Subject(TENANT, name): tenant.services.keys() for name, tenant in platform.tenants.items()}
    components = platform.status.components if platform.status else {}
    members |= {Subject(COMPONENT, name): component.services for name, component in components.items()}
    return members | {Subject(SERVICE, name): (name,) for name in intent.services}
