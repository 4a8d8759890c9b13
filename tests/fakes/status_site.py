"""A platform with a status site, things to tell on it, and measurements: everything that a site is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.incidents.day_bars import make_history
from holdfast.incidents.status_document import Measured, make_status_document
from holdfast.model.day import add_days, find_day
from holdfast.model.downtime import DayTally, Standing, Stretch, TrafficSeries
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import Impact, Incident, Occasion, Phase, Post, PostStatus
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.platform import Platform
from holdfast.model.state import IncidentRecord, State
from holdfast.model.status_document import PublicMemory, StatusDocument

NOW = 1_795_330_000.0
"""22 November 2026, 05:26:40 UTC."""
TODAY = find_day(NOW)
HOSTILE = "</title><script>alert('x')</script> & \"q\" ]]> {{ 7*7 }} \u202eevil\u0007 ;,\\n é🦊"
"""What no page, feed, calendar or picture may take for its own."""


def make_platform(
    components: Mapping[str, Mapping[str, Any]] | None = None,
    regions: Mapping[str, Sequence[str]] | None = None,
    services: Mapping[str, Mapping[str, Any]] | None = None,
    **site: Any,
) -> Platform:
    """Two components (an API, and a shop under a heading) in two regions, unless said otherwise."""
    stand = {"capacity": {"in_flight": 100, "requests": 1000.0}}
    places = ("berlin", "boston")
    upstream = {"endpoints": ["127.0.0.1:9000"]}
    known = services or {"secret-shop": {}, "secret-api": {}}
    declared = components or {
        "shop": {"title": "Web shop", "services": ["secret-shop"], "group": "Shops", "description": "Pages"},
        "api": {"title": "API", "services": ["secret-api"]},
    }
    named = regions or {"europe": ["berlin"], "america": ["boston"]}
    return Platform.model_validate(
        {
            "holdfast": 1,
            "name": "demo",
            "clients": {"trusted_proxies": []},
            "locations": {
                name: {"edges": [{"name": f"e-{name}", "listen": f"127.0.0.1:{18080 + n}"}], **stand}
                for n, name in enumerate(places)
            },
            "tenants": {
                "hidden-tenant": {
                    "services": {
                        name: {"hosts": [f"{name}.example"], "upstream": upstream, **more}
                        for name, more in known.items()
                    }
                }
            },
            "status": {
                "title": "Acme",
                "components": declared,
                "regions": {name: {"title": name.title(), "locations": at} for name, at in named.items()},
                **site,
            },
        }
    )


def make_record(id_: str = "i-1", *texts: str, ago_s: float = 3600.0, **more: Any) -> IncidentRecord:
    """An incident of the shop in Europe, with a published post for each text."""
    said = texts or ("We are looking into it.",)
    posts = tuple(
        Post(
            number=number,
            phase=Phase.INVESTIGATING,
            text=text,
            status=PostStatus.PUBLISHED,
            at=NOW - ago_s + 60 * number,
            author="ann",
        )
        for number, text in enumerate(said, 1)
    )
    given: dict[str, Any] = {
        "id": id_,
        "title": "internal words",
        "public_title": "The shop is slow",
        "occasion": Occasion.PERSON,
        "impact": Impact.MINOR,
        "began_at": NOW - ago_s,
        "opened_at": NOW - ago_s + 5,
        "components": ("shop",),
        "regions": ("europe",),
        "services": ("secret-shop",),
        **more,
    }
    return IncidentRecord(Incident.model_validate(given), posts)


def make_window(id_: str = "w-1", **more: Any) -> Maintenance:
    """Planned work on the API, tomorrow."""
    given: dict[str, Any] = {
        "id": id_,
        "title": "A new database",
        "text": "Some requests may take longer.",
        "components": ("api",),
        "begins_at": NOW + 86_400,
        "ends_at": NOW + 90_000,
        "announced_at": NOW - 60,
        **more,
    }
    return Maintenance.model_validate(given)


def make_promise(id_: str = "u-1", **more: Any) -> FollowUp:
    given: dict[str, Any] = {
        "id": id_,
        "incident": "i-1",
        "text": "internal promise",
        "owner": "ann@acme.example",
        "due": add_days(TODAY, 7),
        "public_text": "The shop gets a second database.",
        **more,
    }
    return FollowUp.model_validate(given)


def make_state(
    records: Sequence[IncidentRecord] = (), windows: Sequence[Maintenance] = (), promises: Sequence[FollowUp] = ()
) -> State:
    return State(
        incidents={record.incident.id: record for record in records},
        maintenances={window.id: window for window in windows},
        follow_ups={promise.id: promise for promise in promises},
    )


def make_full_state(text: str = "We are looking into it.") -> State:
    """One of everything, with the same text wherever the public reads one."""
    line = text.replace("\n", " ")[:200]
    resolved = make_record("i-1", text, ago_s=9 * 86_400, phase=Phase.RESOLVED, resolved_at=NOW - 8 * 86_400)
    return make_state(
        [resolved, make_record("i-2", text, text, public_title=line, impact=Impact.MAJOR)],
        [
            make_window("w-1", title=line, text=text),
            make_window("w-2", phase=MaintenancePhase.IN_PROGRESS, begins_at=NOW - 60, ends_at=NOW + 600),
            make_window("w-3", phase=MaintenancePhase.COMPLETED, begins_at=NOW - 9_000, ends_at=NOW - 6_000),
            make_window("w-4", phase=MaintenancePhase.CANCELLED),
        ],
        [
            make_promise("u-1", public_text=line),
            make_promise("u-2", done_at=NOW - 60),
            make_promise("u-3", due=add_days(TODAY, -3)),
        ],
    )


def make_days(first: int = 70, down_s: Mapping[int, float] | None = None) -> list[DayTally]:
    """The latest `first` days; those so many days ago were down for so long."""
    down = down_s or {}
    return [
        DayTally(add_days(TODAY, -ago), 86_400 - down.get(ago, 0.0), 0.0, down.get(ago, 0.0))
        for ago in range(first - 1, -1, -1)
    ]


def make_measured(platform: Platform, standing: Standing = Standing.UP) -> Measured:
    """Every component so everywhere, with an hour and a half down three days ago, and days that nobody measured."""
    places = [*platform.each_region(), None]
    components = platform.status.components if platform.status else {}
    history = make_history(make_days(down_s={3: 5_400.0, 20: 300.0}), TODAY)
    return Measured(
        {(component, region): standing for component in components for region in platform.each_region()},
        {(component, region): history for component in components for region in places},
    )


def make_document(
    state: State | None = None,
    platform: Platform | None = None,
    measured: Measured | None = None,
    now: float = NOW,
    memory: PublicMemory | None = None,
) -> StatusDocument:
    on = platform or make_platform()
    document = make_status_document(on, state or State(), measured or make_measured(on), now, memory or PublicMemory())
    assert document is not None
    return document


@dataclass
class FakeAccounts:
    """Measurements in the test's hands."""

    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)
    down_s: float = 0.0
    """Today."""
    asked: list[int] = field(default_factory=list)
    """Days that were asked for, each time."""

    def list_days(self, component: str, region: str | None, days: int) -> Sequence[DayTally]:  # noqa: ARG002
        self.asked.append(days)
        return make_days(days, {0: self.down_s})

    def list_tenant_days(self, tenant: str, region: str | None, days: int) -> Sequence[DayTally]:
        raise NotImplementedError(tenant, region, days)

    def list_stretches(
        self, services: Sequence[str], region: str | None, began_at: float, ended_at: float
    ) -> Sequence[Stretch]:
        raise NotImplementedError(services, region, began_at, ended_at)

    def read_standing(self, component: str, region: str) -> Standing:
        return self.standings.get((component, region), Standing.UP)

    def read_series(
        self, services: Sequence[str], regions: Sequence[str], began_at: float, ended_at: float
    ) -> TrafficSeries:
        raise NotImplementedError(services, regions, began_at, ended_at)
