"""What metrics are made of, besides what reports count."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from holdfast.model.asset_store import StoreStanding
from holdfast.model.component import ComponentStatus
from holdfast.model.edge import EdgeStatus
from holdfast.model.intent import Intent
from holdfast.model.readiness import Verdict
from holdfast.model.reading import EdgeReading, LocationReading, ServiceReading
from holdfast.model.state import State


@dataclass(frozen=True, slots=True)
class WatchHealth:
    """How the detector is: how long its last tick took, how far it is behind, and what it does less of."""

    tick_s: float = 0.0
    lag_s: float = 0.0
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricsReading:
    """Everything at one moment. Times are Unix, in seconds. `unrecorded` counts decisions."""

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


class MetricsSource(Protocol):
    """Whoever knows how everything is."""

    def read_metrics(self, services: Collection[str]) -> MetricsReading:
        """Everything now, and readings of these services."""

    def services_of_concern(self) -> Collection[str]:
        """Services that something is found of, or that are mitigated."""
