"""The two files that Holdfast gets: the platform with its public status site, and who is paged how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from holdfast.drills.stage.names import name_edge, name_host
from holdfast.model.platform import (
    Bulkhead,
    Capacity,
    ClientLimits,
    Clients,
    Edge,
    InFlight,
    Limits,
    Location,
    Mode,
    Platform,
    Response,
    Service,
    ServiceDefaults,
    Tenant,
)
from holdfast.model.status_site import StatusComponent, StatusRegion, StatusSite
from holdfast.model.upstream import Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.first_words.cast import Cast
    from holdfast.drills.first_words.scenario import FirstWords, Form
    from holdfast.drills.stage.pagers import Pagers

CLIENT_SHARE: Final = 0.5
"""Of its tenant's limit: what one client may have."""
LOCATION: Final = "shared"
REGION: Final = "europe"
FIRST, SECOND, COLLEAGUE = "first", "second", "colleague"
"""The pagers: both channels of whoever is on call, and that of the next person."""
FOLLOWER, BEAT = "follower", "beat"
"""Likewise: somebody who follows the status site, and what takes heartbeats."""
SUBSCRIBE_URL: Final = "http://127.0.0.1:9/public/subscribers"
"""Letters' links begin with it; nobody follows them here."""


def name_component(tenant: str) -> str:
    """The component of a tenant's service; what the public reads of it is `title_component`."""
    return f"part-{tenant.rpartition('-')[2]}"


def title_component(tenant: str) -> str:
    """What the status site calls a tenant's component, without saying whose it is."""
    return f"Shop {int(tenant.rpartition('-')[2])}"


def write_platform(
    scenario: FirstWords, cast: Cast, edge_ports: Sequence[int], upstream_port: int, *, protected: bool
) -> str:
    """The text of the platform file; Holdfast may act by itself on every service, and publish by itself."""
    cap = scenario.location
    edges = [Edge(name=name_edge(n), listen=f"127.0.0.1:{port}") for n, port in enumerate(edge_ports, start=1)]
    walls = InFlight(guaranteed=0, maximum=cap.in_flight)
    platform = Platform(
        holdfast=1,
        name=scenario.drill,
        mode=Mode.ENFORCE if protected else Mode.OBSERVE,
        clients=Clients(trusted_proxies=()),
        locations={
            LOCATION: Location(
                edges=tuple(edges), capacity=Capacity(in_flight=cap.in_flight, requests=cap.in_flight / cap.answer)
            )
        },
        defaults=ServiceDefaults(response=Response.ACT, bulkhead=Bulkhead(in_flight=walls)),
        status=_describe_site(cast),
        tenants={
            each.name: Tenant(services={each.name: _make_service(scenario, each.name, upstream_port)})
            for each in cast.tenants
        },
    )
    return dump_platform(platform)


def write_paging(form: Form, pagers: Pagers) -> str:
    """The text of the paging file: one on call with two channels, and a colleague."""
    escalation = form.escalation
    paging: dict[str, Any] = {
        "paging": 1,
        "people": {
            "ann": {"channels": {name: {"webhook": pagers.locate(name)} for name in (FIRST, SECOND)}},
            "ben": {"channels": {COLLEAGUE: {"webhook": pagers.locate(COLLEAGUE)}}},
        },
        "teams": {
            "edge": {
                "default": True,
                "on_call": {"rotations": [{"people": ["ann"], "begins": "2020-01-06"}]},
                "policy": "all",
            }
        },
        "policies": {
            "all": {
                "steps": [
                    {"page": "on-call", "wait": f"{escalation.wait:g}s"},
                    {"page": "ben", "wait": f"{escalation.wait:g}s"},
                ],
                "taken_within": f"{escalation.taken_within:g}s",
                "repeat": 0,
            }
        },
        "impacts": {"none": "page"},
        "heartbeat": {"to": {"webhook": pagers.locate(BEAT)}, "every": f"{form.heartbeat:g}s", "overdue_after": "15m"},
    }
    text: str = yaml.safe_dump(paging, sort_keys=False)
    return text


def _describe_site(cast: Cast) -> StatusSite:
    return StatusSite(
        title="First words",
        publish="auto",
        subscribe_url=SUBSCRIBE_URL,
        components={
            name_component(each.name): StatusComponent(title=title_component(each.name), services=(each.name,))
            for each in cast.tenants
        },
        regions={REGION: StatusRegion(title="Europe", locations=(LOCATION,))},
    )


def _make_service(scenario: FirstWords, name: str, upstream_port: int) -> Service:
    limit_rps = scenario.usual.limit
    return Service(
        hosts=(name_host(name),),
        upstream=Upstream(endpoints=(f"127.0.0.1:{upstream_port}",)),
        limits=Limits(requests=limit_rps, per_client=ClientLimits(requests=limit_rps * CLIENT_SHARE)),
    )
