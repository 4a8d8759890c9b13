"""An incident to look back on: a flood of one tenant's service, as its journal and its accounts tell it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.incidents.postmortem.sight import Held, PostmortemSight
from holdfast.model.day import Day
from holdfast.model.downtime import DayTally, Standing, Stretch, TrafficSeries
from holdfast.model.event import Event, FindingOpened, FindingUpdated
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import Impact, Incident, IncidentNote, Occasion, Page, Phase, Post, PostStatus
from holdfast.model.mitigation import Deny, Limit, Measure, Mitigation
from holdfast.model.platform import Platform
from holdfast.model.postmortem import SuspectedChange, TimelineEntry
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.model.state import IncidentRecord

BEGAN = 1_651_140_000.0
"""2022-04-28 10:00:00 UTC."""
MINUTE = 60.0
SOURCE = SourceRule(matches=(SourceMatch(dimension=Dimension.NETWORK, values=("203.0.113.0/24",)),))
PLATFORM = Platform.model_validate(
    {
        "holdfast": 1,
        "name": "example",
        "locations": {
            place: {
                "edges": [{"name": f"{place}-1", "listen": f"127.0.0.1:{port}"}],
                "capacity": {"in_flight": 1_000, "requests": 5_000.0},
            }
            for place, port in (("fra", 8_001), ("iad", 8_002))
        },
        "status": {
            "title": "Example",
            "components": {
                "shopping": {"title": "Shopping", "services": ["acme-shop", "globex-api"]},
                "search": {"title": "Search", "services": ["acme-search"]},
            },
            "regions": {
                "europe": {"title": "Europe", "locations": ["fra"]},
                "america": {"title": "America", "locations": ["iad"]},
            },
        },
        "tenants": {
            "acme": {
                "services": {
                    name: {"hosts": [f"{name}.example"], "upstream": {"endpoints": ["127.0.0.1:9101"]}}
                    for name in ("acme-shop", "acme-search")
                }
            },
            "globex": {
                "services": {
                    "globex-api": {"hosts": ["globex-api.example"], "upstream": {"endpoints": ["127.0.0.1:9102"]}}
                }
            },
        },
    }
)
OWNERS = {"acme-shop": "acme", "acme-search": "acme", "globex-api": "globex"}


def flood(at: float) -> float:
    """Requests a second to the flooded service."""
    wave = 20.0 * float(np.sin(at / 300.0))
    return 2_400.0 + wave if BEGAN <= at < BEGAN + 60 * MINUTE else 400.0 + wave


@dataclass
class FakeAccounts:
    """What was measured of the flood, but for `gap`: nobody measured then (Unix times, in seconds)."""

    gap: tuple[float, float] | None = None
    stretches: Sequence[tuple[float, float, Standing]] = (
        (BEGAN + MINUTE, BEGAN + 3 * MINUTE, Standing.DOWN),
        (BEGAN + 3 * MINUTE, BEGAN + 7 * MINUTE, Standing.DEGRADED),
    )
    suffering: frozenset[str] = frozenset({"acme-shop", "globex-api"})
    region: str = "europe"
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def list_days(self, _component: str, _region: str | None, days: int) -> Sequence[DayTally]:
        return [DayTally(Day(2022, 4, 28))][:days]

    def list_tenant_days(self, _tenant: str, _region: str | None, days: int) -> Sequence[DayTally]:
        return [DayTally(Day(2022, 4, 28))][:days]

    def list_stretches(
        self, services: Sequence[str], region: str | None, began_at: float, ended_at: float
    ) -> Sequence[Stretch]:
        if not self.suffering & set(services) or region not in {None, self.region}:
            return []
        return [
            Stretch(max(first, began_at), min(last, ended_at), standing, 1_000.0, 250.0)
            for first, last, standing in self.stretches
            if first < ended_at and last > began_at
        ]

    def read_standing(self, _component: str, _region: str) -> Standing:
        return Standing.UP

    def read_series(
        self,
        services: Sequence[str],
        regions: Sequence[str],
        began_at: float,
        ended_at: float,
        usual_until: float | None = None,
    ) -> TrafficSeries:
        self.asked.append((tuple(services), tuple(regions), began_at, ended_at, usual_until))
        step_s = max(5.0, float(np.ceil((ended_at - began_at) / 2_000)))
        at = np.arange(began_at, ended_at, step_s)
        offered = np.array([flood(each) for each in at])
        refused = np.where((at >= BEGAN + 5 * MINUTE) & (at < BEGAN + 60 * MINUTE), offered - 400.0, 0.0)
        failed = np.where((at >= BEGAN + MINUTE) & (at < BEGAN + 7 * MINUTE), offered * 0.1, 0.0)
        if self.gap:
            is_gap = (at >= self.gap[0]) & (at < self.gap[1])
            offered, refused, failed = (np.where(is_gap, np.nan, each) for each in (offered, refused, failed))
        return TrafficSeries(at, step_s, offered, refused, failed, np.full(len(at), 400.0))


def make_finding(**changes: Any) -> Finding:
    return Finding(
        kind=FindingKind.SURGE,
        tier=Tier.HARMFUL,
        service="acme-shop",
        tenant="acme",
        began_at=BEGAN,
        seen_at=BEGAN + 2.0,
        evidence=Evidence(now=2_400.0, usual=400.0, capacity=1_000.0, score=3.9, threshold=0.84),
        source=SOURCE,
    ).model_copy(update=changes)


def make_incident(**changes: Any) -> Incident:
    return Incident(
        id="i-4",
        title="Surge of acme-shop",
        public_title="Increased latency for some locations",
        occasion=Occasion.FINDING,
        impact=Impact.MAJOR,
        phase=Phase.RESOLVED,
        began_at=BEGAN,
        opened_at=BEGAN + 3.0,
        components=("shopping",),
        regions=("europe",),
        services=("acme-shop",),
        findings=("f-3",),
        acknowledged_by="ann",
        acknowledged_at=BEGAN + 2 * MINUTE,
        resolved_at=BEGAN + 70 * MINUTE,
    ).model_copy(update=changes)


def make_record(incident: Incident | None = None) -> IncidentRecord:
    def post(number: int, phase: Phase, text: str, minutes: float, status: PostStatus = PostStatus.PUBLISHED) -> Post:
        return Post(number=number, phase=phase, text=text, status=status, at=BEGAN + minutes * MINUTE, author="ann")

    return IncidentRecord(
        incident or make_incident(),
        posts=(
            post(1, Phase.INVESTIGATING, "We look into increased latency at some of our locations.", 0.5),
            post(2, Phase.IDENTIFIED, "Too many requests to one customer.\nThey are refused now.", 9),
            post(3, Phase.MONITORING, "A draft that names acme-shop.", 20, PostStatus.DISCARDED),
            post(4, Phase.RESOLVED, "All is as usual.", 70),
        ),
        notes=(IncidentNote(at=BEGAN + 4 * MINUTE, author="ann", text="asked acme whether they know"),),
        pages=(
            Page(at=BEGAN + 5.0, person="ann", channel="sms", step=1, error="the gateway doesn't answer"),
            Page(at=BEGAN + 9.0, person="ann", channel="mail", step=1),
        ),
    )


def make_mitigation(id_: str, measure: Measure, minutes: float) -> Mitigation:
    at = BEGAN + minutes * MINUTE
    return Mitigation(
        id=id_, measure=measure, reason="surge", author="holdfast", started_at=at, expires_at=at + 7_200, finding="f-3"
    )


def make_held() -> tuple[Held, ...]:
    return (
        Held(make_mitigation("m-7", Deny(service="acme-shop", source=SOURCE), 5), BEGAN + 60 * MINUTE),
        Held(make_mitigation("m-8", Limit(service="acme-shop", requests_per_s=400.0), 7), None),
    )


def make_events() -> tuple[Event, ...]:
    unknown = make_finding(source=None)
    return (
        FindingOpened(at=BEGAN + 2.0, author="holdfast", id="f-3", finding=unknown),
        FindingUpdated(at=BEGAN + 32.0, author="holdfast", id="f-3", finding=make_finding()),
    )


def make_suspect(weight: float | None, *evidence: str) -> SuspectedChange:
    return SuspectedChange(
        title="deploy of acme-shop",
        author="ci",
        why="2.4.1",
        at=BEGAN - 240.0,
        weight=weight,
        evidence=evidence,
        finding="Surge of acme-shop",
    )


def make_sight(**changes: Any) -> PostmortemSight:
    given: dict[str, Any] = {
        "now": BEGAN + 200 * MINUTE,
        "record": make_record(),
        "events": make_events(),
        "timeline": (
            TimelineEntry(at=BEGAN + 2.0, kind="finding", title="found: surge of acme-shop", author="holdfast"),
            TimelineEntry(at=BEGAN + 240.0, kind="incident", title="noted", detail="asked acme", author="ann"),
            TimelineEntry(at=BEGAN + 300.0, kind="mitigation", title="deny network 203.0.113.0/24", author="holdfast"),
        ),
        "findings": {"f-3": make_finding()},
        "held": make_held(),
        "suspects": (make_suspect(0.31, "deploy reached acme-shop 4 min before it began"),),
        "ruled_out": (make_suspect(None, "it was not on acme-shop when it began"),),
        "follow_ups": (
            FollowUp(
                id="u-2",
                incident="i-4",
                text="limit acme's own clients",
                owner="bob",
                due=Day(2022, 5, 20),
                drill="noisy-neighbour",
                public_text="Rate limits that customers configure themselves",
            ),
            FollowUp(id="u-1", incident="i-4", text="ask acme for a contact", owner="ann", due=Day(2022, 5, 3)),
        ),
        "platform": PLATFORM,
        "owners": OWNERS,
        "accounts": FakeAccounts(),
        "describe": lambda measure: f"{measure.kind} {measure.service}",
    }
    return PostmortemSight(**(given | changes))
