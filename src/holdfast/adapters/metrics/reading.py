"""What metrics are made of, besides what reports count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from holdfast.model.asset_store import StoreStanding
from holdfast.model.component import ComponentStatus
from holdfast.model.edge import EdgeStatus
from holdfast.model.intent import Intent
from holdfast.model.letter import OutboxFigures
from holdfast.model.readiness import Verdict
from holdfast.model.reading import EdgeReading, LocationReading, ServiceReading
from holdfast.model.recovery import SpoolBounds
from holdfast.model.state import State
from holdfast.model.status_document import PublishingStanding
from holdfast.model.subscriber import SubscriberFigures


@dataclass(frozen=True, slots=True)
class WatchHealth:
    """How the detector is: how long its last tick took, how far it is behind, and what it does less of."""

    tick_s: float = 0.0
    lag_s: float = 0.0
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedReading:
    """A feed of endpoints: whether it can't be read or believed now, and when it last was (Unix, in seconds)."""

    failing: bool = False
    read_at: float | None = None


@dataclass(frozen=True, slots=True)
class SpooledReading:
    """What is kept of one service. `is_open`: all that it defers goes to the spool. `oldest_at` is Unix, in seconds.

    What isn't delivered after `age_max_s` is a dead letter; `delivered` counts since the spooler started.
    """

    service: str
    tenant: str
    is_open: bool = False
    waiting: int = 0
    waiting_bytes: int = 0
    delivering: int = 0
    dead: int = 0
    delivered: int = 0
    oldest_at: float | None = None
    age_max_s: float | None = None
    dead_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SpoolReading:
    """The spool. `running` is true also where nothing may be deferred; `bounds` is the most that is kept.

    `free_bytes` is what its files may still grow by. Sizes are None while it doesn't answer.
    """

    running: bool = True
    disk_bytes: int | None = None
    free_bytes: int | None = None
    bounds: SpoolBounds | None = None
    services: Sequence[SpooledReading] = ()


@dataclass(frozen=True, slots=True)
class OnCallReading:
    """A team: whether somebody is on call, how often nobody will be, and its calendar, read at a Unix time."""

    name: str
    somebody: bool
    gaps: int = 0
    has_feed: bool = False
    feed_failing: bool = False
    fetched_at: float | None = None


@dataclass(frozen=True, slots=True)
class PagingReading:
    """Paging: whether its file or its outbox fails, and open incidents that nobody answered for as often as may be.

    With `beats`, heartbeats are sent; the last was proved at a Unix time, in seconds.
    """

    mistaken: bool = False
    failing: bool = False
    unanswered: int = 0
    teams: Sequence[OnCallReading] = ()
    beats: bool = False
    proved_at: float | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class MetricsReading:
    """Everything at one moment, which is `now`. Times are Unix, in seconds. `unrecorded` counts decisions.

    `feeds` are those of endpoints, by the cluster that they are for.
    """

    started_at: float
    version: str
    state: State
    intent: Intent | None
    statuses: Sequence[EdgeStatus]
    edges: Sequence[EdgeReading]
    locations: Sequence[LocationReading]
    services: Sequence[ServiceReading]
    """Of those that were asked for and are watched."""
    components: Sequence[ComponentStatus]
    watch: WatchHealth
    journal_writable: bool
    unrecorded: int
    standbys: Sequence[Verdict] = ()
    assets: StoreStanding = field(default_factory=StoreStanding)
    now: float = 0.0
    feeds: Mapping[str, FeedReading] = field(default_factory=dict)
    spool: SpoolReading = field(default_factory=SpoolReading)
    status_site: PublishingStanding = field(default_factory=PublishingStanding)
    outboxes: Mapping[str, OutboxFigures] = field(default_factory=dict)
    subscribers: SubscriberFigures = field(default_factory=SubscriberFigures)
    paging: PagingReading | None = None


class MetricsSource(Protocol):
    """Whoever knows how everything is."""

    def read_metrics(self, services: Collection[str]) -> MetricsReading:
        """Everything now, and readings of these services."""

    def services_of_concern(self) -> Collection[str]:
        """Services that something is found of, or that are mitigated."""
