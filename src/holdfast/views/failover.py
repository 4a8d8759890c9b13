"""Where services are that have standbys, as documents: since when, why, and what is waited for."""

from enum import StrEnum

from holdfast.model.finding import FindingId
from holdfast.model.mitigation import MitigationId
from holdfast.model.noun import Noun
from holdfast.model.platform import Criticality
from holdfast.model.recovery import Policy


class Whereabouts(StrEnum):
    """Where a service's requests go."""

    PRIMARY = "primary"
    STANDBY = "standby"
    RETURNING = "returning"
    """To both: it is on its way back."""
    SPLIT = "some edges"
    """Some edges ask a standby, the others the primary."""


class PollDocument(Noun):
    """What edges see of an upstream or a standby: how many see it `failing` and `well`, know nothing, aren't heard.

    `failing_s` is for how long (seconds) enough of them have seen it fail to say that it is lost.
    """

    failing: tuple[str, ...] = ()
    well: int = 0
    unknown: int = 0
    blind: int = 0
    failing_s: float | None = None
    why: str = ""


class StandbyStanding(Noun):
    """A standby; `against` is why nothing would move there now."""

    name: str
    site: str | None
    seen: PollDocument
    against: str = ""


class UpstreamStanding(Noun):
    """One of a service's upstreams that have standbys; None is the one without a name."""

    name: str | None
    site: str | None
    checked: bool
    seen: PollDocument
    standbys: tuple[StandbyStanding, ...]


class ServiceStanding(Noun):
    """A service. While it is moved, `since`, `share`, `why`, `by` and `mitigation` say how, and on which `edges` (None:
    all).

    `waits_for` is what is waited for, or held back, and why.
    """

    service: str
    tenant: str
    criticality: Criticality
    policy: Policy
    fail_back: Policy
    at: Whereabouts
    to: str | None = None
    site_wide: str | None = None
    share: float = 0.0
    read_only: bool = False
    since: float | None = None
    edges: tuple[str, ...] | None = None
    why: str = ""
    by: str = ""
    mitigation: MitigationId | None = None
    finding: FindingId | None = None
    waits_for: str = ""
    upstreams: tuple[UpstreamStanding, ...] = ()


class SiteStanding(Noun):
    """What a site can carry and what it is brought, per second and in flight; and whether it was found to be lost."""

    site: str
    requests_max: float | None = None
    requests: float | None = None
    in_flight_max: float | None = None
    in_flight: float | None = None
    finding: FindingId | None = None
    waits_for: str = ""


class FailoverDocument(Noun):
    """Every service with standbys, those that aren't at rest first; at most `SHOWN_MAX`, `left_out` are more."""

    now: float
    on: bool = True
    why_off: str = ""
    services: tuple[ServiceStanding, ...] = ()
    sites: tuple[SiteStanding, ...] = ()
    left_out: int = 0


SHOWN_MAX = 1_000


def bind_to_tenant(document: FailoverDocument, tenant: str | None) -> FailoverDocument:
    """What one tenant may see of it: its own services, and nothing of sites; all of it for None."""
    if tenant is None:
        return document
    own = tuple(each for each in document.services if each.tenant == tenant)
    return document.model_copy(update={"services": own, "sites": (), "left_out": 0})
