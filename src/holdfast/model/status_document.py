"""What the public may know: the whole status site as one value, with nothing internal in it.

Times are Unix times, in seconds. Everything that people wrote is clean: one line, or lines, of printable characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from holdfast.model.day import Day
from holdfast.model.incident import Impact, IncidentId, Phase
from holdfast.model.maintenance import MaintenanceId, MaintenancePhase

DAYS: Final = 90
"""Days that every bar shows, today included."""
PUBLISH_S: Final = 60.0
"""The site is written at least this often, changed or not, so that its time tells whether anybody writes it.
Pages say "every minute"."""


class PublicStatus(StrEnum):
    """How a component is, in Statuspage's words; from the best to the worst."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"

    @property
    def rank(self) -> int:
        """The worse, the higher."""
        return _RANKS[self]


_RANKS: Final = {status: rank for rank, status in enumerate(PublicStatus)}


class DayKind(StrEnum):
    """What a day looks like at a glance; from the best to the worst."""

    UNKNOWN = "unknown"
    """Nothing was measured."""
    UP = "up"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    DOWN = "down"
    """Down for a minute or longer."""
    LONG_DOWN = "long_down"
    """Down for an hour or longer."""


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day of one component, in whole minutes."""

    day: Day
    kind: DayKind
    down_min: int = 0
    degraded_min: int = 0
    maintenance_min: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """The latest days, oldest first, today last; `uptime` is the share of the known time that wasn't down."""

    bars: tuple[DayBar, ...]
    uptime: float | None


@dataclass(frozen=True, slots=True)
class PublicRegion:
    """One component in one region; not `measured` if nobody asked for it lately."""

    name: str
    title: str
    status: PublicStatus
    measured: bool
    history: History


@dataclass(frozen=True, slots=True)
class PublicComponent:
    """One component, over all regions. It has its status since `since`, as far as is remembered."""

    name: str
    title: str
    description: str
    group: str | None
    status: PublicStatus
    since: float
    objective: float
    history: History
    regions: tuple[PublicRegion, ...]

    @property
    def measured(self) -> bool:
        """Whether anything is known of it from traffic."""
        return any(region.measured for region in self.regions)


@dataclass(frozen=True, slots=True)
class PublicPlace:
    """A component or region that something is about."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class PublicPost:
    """A published word."""

    number: int
    phase: Phase
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """An incident of which something was published; posts oldest first, at least one."""

    id: IncidentId
    title: str
    impact: Impact
    phase: Phase
    began_at: float
    resolved_at: float | None
    components: tuple[PublicPlace, ...]
    regions: tuple[PublicPlace, ...]
    posts: tuple[PublicPost, ...]

    @property
    def is_open(self) -> bool:
        """Whether it isn't resolved."""
        return self.phase is not Phase.RESOLVED

    @property
    def changed_at(self) -> float:
        """When something was last said of it, or it was resolved."""
        return max(self.posts[-1].at, self.resolved_at or 0.0)


@dataclass(frozen=True, slots=True)
class PublicMaintenance:
    """Announced work; without components it is about all of them, without regions about all regions."""

    id: MaintenanceId
    title: str
    text: str
    components: tuple[PublicPlace, ...]
    regions: tuple[PublicPlace, ...]
    begins_at: float
    ends_at: float
    phase: MaintenancePhase
    announced_at: float
    changed_at: float
    """When what is said here was last changed, as far as is remembered."""

    @property
    def is_over(self) -> bool:
        """Whether nothing follows any more."""
        return self.phase in (MaintenancePhase.COMPLETED, MaintenancePhase.CANCELLED)


@dataclass(frozen=True, slots=True)
class PublicPromise:
    """What was promised after an incident; `incident` is the one that one can read about, if there is one."""

    id: str
    text: str
    due: Day
    done_at: float | None
    incident: PublicPlace | None


@dataclass(frozen=True, slots=True)
class Protection:
    """One thing that protects every tenant, in plain words: what it does, for how many, and (if allowed) how much."""

    title: str
    text: str
    reach: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteWords:
    """Whose site it is, and where it leads; `page` is what programs call it."""

    page: str
    title: str
    url: str | None = None
    support_url: str | None = None
    subscribe_url: str | None = None


@dataclass(frozen=True, slots=True)
class StatusDocument:
    """Everything on the site. `as_of` is when it was true; newest first: incidents, maintenance that is over.

    `protections` is None where that page isn't published.
    """

    words: SiteWords
    as_of: float
    indicator: Impact
    headline: str
    regions: tuple[PublicPlace, ...]
    components: tuple[PublicComponent, ...]
    incidents: tuple[PublicIncident, ...]
    maintenances: tuple[PublicMaintenance, ...]
    promises: tuple[PublicPromise, ...]
    protections: tuple[Protection, ...] | None


@dataclass(frozen=True, slots=True)
class PublicMemory:
    """What was published before, as far as times of changes depend on it: by component, and by maintenance.

    Statuses with the time since which they hold; what was said of a maintenance, as a digest, with when that changed.
    """

    statuses: Mapping[str, tuple[PublicStatus, float]] = field(default_factory=dict)
    maintenances: Mapping[MaintenanceId, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublishingStanding:
    """How publishing goes. `directory` is None where there is no status site; `error` is the latest, if it holds."""

    directory: str | None = None
    published_at: float | None = None
    files: int = 0
    changed: int = 0
    """Files that the latest publication wrote anew."""
    took_s: float = 0.0
    error: str | None = None
