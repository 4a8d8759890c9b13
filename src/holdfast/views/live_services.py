"""Services as they are now: a row in a list, and one service's page."""

from enum import StrEnum

from holdfast.model.finding import Finding
from holdfast.model.mitigation import MitigationId
from holdfast.model.noun import Noun
from holdfast.model.platform import Criticality, Mode, Response
from holdfast.model.query import ServiceQueries
from holdfast.views.findings import FindingDocument
from holdfast.views.live_traffic import HeadroomDocument, TrafficDocument, TrafficHistory
from holdfast.views.mitigations import MitigationDocument
from holdfast.views.services import ServiceDocument


class ServiceState(StrEnum):
    """What matters most about a service now, worst first."""

    HARMFUL = "harmful"
    """A finding of tier 2 is open."""
    UNREPORTED = "unreported"
    """No edge reports it, so nothing is known."""
    MITIGATED = "mitigated"
    UNUSUAL = "unusual"
    """A finding of tier 1 is open."""
    NORMAL = "normal"


class ServiceOrder(StrEnum):
    """What a list of services is sorted by; all but the name from high to low."""

    STATE = "state"
    """Worst first, then by how far above usual it is."""
    NAME = "name"
    OFFERED = "offered"
    REFUSED = "refused"
    FAILED = "failed"
    SLOW = "slow"
    IN_FLIGHT = "in-flight"
    USED = "used"


class ServiceQuery(Noun):
    """Which services to list. `tenant` bounds what may be seen; None is everybody's.

    `search` is a part of a service's, tenant's or host's name, in any case. Pages count from 1.
    """

    tenant: str | None = None
    search: str = ""
    state: ServiceState | None = None
    order: ServiceOrder = ServiceOrder.STATE
    page: int = 1
    rows_max: int = 50


class ServiceRow(Noun):
    """A service in a list. `usual_per_s` is what is normal to be offered, None before that is known.

    `used` is how much of its own limits it uses (0 to 1 and beyond), `recent` what it was offered in the last
    minute or so, oldest first; empty if that isn't kept.
    """

    name: str
    tenant: str
    state: ServiceState
    mode: Mode
    criticality: Criticality
    traffic: TrafficDocument | None
    usual_per_s: float | None = None
    limit_per_s: float
    in_flight_max: int
    used: float | None = None
    recent: tuple[float | None, ...] = ()
    mitigations: tuple[MitigationId, ...] = ()


class ServicePage(Noun):
    """One page of a list. `matched` counts the rows of all its pages, `states` all services in sight by state."""

    query: ServiceQuery
    rows: tuple[ServiceRow, ...]
    matched: int
    states: dict[ServiceState, int]

    @property
    def page_count(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.matched // self.query.rows_max))


class ServiceShareDocument(Noun):
    """A service at one location: its traffic there, and what it may take of it."""

    location: str
    traffic: TrafficDocument | None
    in_flight_guaranteed: int
    in_flight_max: int


class RefusalRateDocument(Noun):
    """What refuses requests now: the rule as in `x-holdfast-rule`, how many a second, and why in plain words."""

    rule: str
    per_s: float
    why: str


class SourceDocument(Noun):
    """Where an excess comes from: a rule in plain words, the shares of the excess and of normal traffic that it takes.

    Shares are from 0 to 1; `normal_share` is None where nothing normal was sampled.
    """

    rule: str
    excess_share: float
    normal_share: float | None
    per_s: float


class LiveServiceDocument(Noun):
    """One service: what is usual, now, what is refused and why, what is done about it.

    `samples` is how many sampled requests `sources` rest on; `queries` is None for services that aren't GraphQL.
    `unusual` are findings of tier 1.
    """

    now: float
    row: ServiceRow
    service: ServiceDocument
    response: Response
    headroom: HeadroomDocument | None = None
    at: tuple[ServiceShareDocument, ...]
    history: TrafficHistory = TrafficHistory()
    refusals: tuple[RefusalRateDocument, ...] = ()
    findings: tuple[FindingDocument, ...] = ()
    unusual: tuple[Finding, ...] = ()
    mitigations: tuple[MitigationDocument, ...] = ()
    sources: tuple[SourceDocument, ...] = ()
    queries: ServiceQueries | None = None
    samples: int = 0
