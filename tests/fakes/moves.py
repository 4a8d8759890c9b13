"""Services with standbys to look at in the console: moved, coming back, at home, and one that had nowhere to go."""

from collections.abc import Callable
from typing import Any

from holdfast.model.platform import Criticality
from holdfast.model.recovery import Policy
from holdfast.views.failover import (
    FailoverDocument,
    PollDocument,
    ServiceStanding,
    SiteStanding,
    StandbyStanding,
    UpstreamStanding,
    Whereabouts,
    bind_to_tenant,
)

HOSTILE = "<script>alert('seen')</script>"
WELL = PollDocument(well=3)
LOST = PollDocument(
    failing=("fra-1", "fra-2"), well=1, failing_s=42.0, why=f"the last 40 tries failed: connection refused {HOSTILE}"
)


class FakeMoves:
    """The part of `adapters.console.port.LiveSource` about failover."""

    clock: Callable[[], float]
    share: float = 0.4
    """Of what reads a service on its way back still sends to its standby."""

    def failover(self, tenant: str | None) -> FailoverDocument:
        now = self.clock()
        sites = (
            SiteStanding(site="east", requests_max=2_000, requests=1_920, in_flight_max=400, in_flight=212),
            SiteStanding(site="us", requests_max=1_500, requests=0, finding="f-9", waits_for="2 more edges to see it"),
            SiteStanding(site="west", requests_max=2_000, requests=640, in_flight_max=400, in_flight=71),
        )
        return bind_to_tenant(FailoverDocument(now=now, services=list_standings(now, self.share), sites=sites), tenant)


def describe(
    service: str, at: Whereabouts = Whereabouts.PRIMARY, seen: PollDocument = WELL, **more: object
) -> ServiceStanding:
    """A service with its primary at `east` and a standby at `west`."""
    against = str(more.pop("against", ""))
    standby = StandbyStanding(name="west", site="west", seen=WELL, against=against)
    upstream = UpstreamStanding(name=None, site="east", checked=True, seen=seen, standbys=(standby,))
    said: dict[str, object] = {
        "service": service,
        "tenant": service.partition("-")[0],
        "criticality": Criticality.CRITICAL,
        "policy": Policy.AUTOMATIC,
        "fail_back": Policy.AUTOMATIC,
        "at": at,
        "upstreams": (upstream,),
    }
    return ServiceStanding.model_validate(said | more)


def list_standings(now: float, share: float) -> tuple[ServiceStanding, ...]:
    moved: dict[str, Any] = {"to": "west", "since": now - 252, "share": 1.0, "mitigation": "m-7", "by": "holdfast"}
    return (
        describe(
            "acme-shop", Whereabouts.STANDBY, LOST, **moved, read_only=True, finding="f-3",
            criticality=Criticality.CRITICAL_PLUS,
            why="2 of 3 edges saw it fail for 3 s, more than its quorum of half",
            waits_for=f"its primary to be well for 30 s {HOSTILE}",
        ),
        describe(
            "globex-api", Whereabouts.RETURNING, **moved | {"share": share, "by": "ann", "mitigation": "m-6"},
            why="maintenance at east is over", waits_for="80 s until the next step, to 20 %",
        ),
        describe(
            "acme-search", Whereabouts.SPLIT, **moved | {"mitigation": "m-5", "by": "bob"}, edges=("fra-2",),
            why="one edge alone can't reach it",
        ),
        describe("acme-login", policy=Policy.MANUAL),
        describe(
            "initech-docs", policy=Policy.SUGGEST, seen=LOST, waits_for="people to take the suggestion",
            against="no failover to it was ever exercised; GET /: 500, expected 200",
        ),
        describe("wayne-images", seen=PollDocument(unknown=3), criticality=Criticality.SHEDDABLE_PLUS),
    )  # fmt: skip
