"""Scenes to decide about: a state with findings, incidents and mitigations, over a platform of components."""

from dataclasses import replace

from holdfast.engine.evolve_incidents import evolve_incidents
from holdfast.incidents.opening.plan import plan_incidents
from holdfast.incidents.opening.signs import Layout, Scene
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.incident import Impact, Incident, Occasion
from holdfast.model.incident_event import IncidentOpened
from holdfast.model.intent import Intent
from holdfast.model.platform import Capacity, Criticality, Edge, Location, Platform, Service, Tenant
from holdfast.model.state import ClosedFinding, State
from holdfast.model.status_site import StatusComponent, StatusRegion, StatusSite
from holdfast.model.token import SYSTEM
from holdfast.model.upstream import Upstream

NOW = 10_000.0


def make_service(name: str, criticality: Criticality | None = None) -> Service:
    return Service(
        hosts=(f"{name}.example",), criticality=criticality, upstream=Upstream(endpoints=("127.0.0.1:9000",), site="us")
    )


def make_platform(
    services: tuple[str, ...] = ("shop", "cart", "mail"),
    components: dict[str, tuple[str, ...]] | None = None,
    critical: frozenset[str] = frozenset(),
    tenants: tuple[str, ...] = ("acme",),
    **site: object,
) -> Platform:
    """Two locations, each a region; services are shared out among the tenants."""
    places = {
        name: Location(
            edges=(Edge(name=f"e-{name}", listen="127.0.0.1:8080"),), capacity=Capacity(in_flight=9, requests=9)
        )
        for name in ("fra", "iad")
    }
    made = {
        tenant: Tenant(
            services={
                name: make_service(name, Criticality.CRITICAL_PLUS if name in critical else None)
                for name in services[number :: len(tenants)]
            }
        )
        for number, tenant in enumerate(tenants)
    }
    known = {"web": ("shop", "cart"), "mail": ("mail",)} if components is None else components
    status = StatusSite.model_validate(
        {
            "title": "Status",
            "publish": "auto",
            "components": {n: StatusComponent(title=n.title(), services=of) for n, of in known.items()},
            "regions": {
                "europe": StatusRegion(title="Europe", locations=("fra",)),
                "america": StatusRegion(title="America", locations=("iad",)),
            },
            **site,
        }
    )
    return Platform(holdfast=1, name="small", locations=places, status=status if known else None, tenants=made)


def make_finding(
    kind: FindingKind = FindingKind.SURGE,
    service: str | None = "shop",
    location: str | None = None,
    *,
    site: str | None = None,
    began_at: float = NOW,
    share: float = 0.4,
) -> Finding:
    return Finding(
        kind=kind,
        tier=Tier.HARMFUL,
        service=service,
        location=location,
        site=site,
        began_at=began_at,
        seen_at=began_at,
        evidence=Evidence(now=share, usual=0.01),
    )


def make_incident(**more: object) -> Incident:
    made = {
        "id": "i-1",
        "title": "x",
        "public_title": "x",
        "occasion": Occasion.FINDING,
        "impact": Impact.MINOR,
        "began_at": NOW,
        "opened_at": NOW,
    }
    return Incident.model_validate(made | more)


def make_state(
    *incidents: Incident, findings: dict[str, Finding] | None = None, closed_at: float | None = None
) -> State:
    """Findings are open, or all closed at a time."""
    state = State()
    for incident in incidents:
        state = evolve_incidents(state, IncidentOpened(at=incident.opened_at, author=SYSTEM, incident=incident))
    found = findings or {}
    if closed_at is None:
        return replace(state, findings=found)
    return replace(state, closed=tuple(ClosedFinding(id_, f, closed_at, SYSTEM, "over") for id_, f in found.items()))


def make_scene(state: State, platform: Platform | None = None, now: float = NOW, **more: object) -> Scene:
    scene = Scene(state, Layout.of(Intent(platform or make_platform())), now)
    return replace(scene, **more)  # type: ignore[arg-type]


def plan(scene: Scene) -> tuple[object, ...]:
    return plan_incidents(scene, lambda _incident, _ended_at: None)
