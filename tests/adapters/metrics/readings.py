"""A platform with reports and everything else that metrics are made of."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from fakes.recovery import list_proofs
from holdfast.adapters.metrics import MetricsReading, TrafficTally, WatchHealth
from holdfast.adapters.metrics.reading import FeedReading, OnCallReading, PagingReading, SpooledReading, SpoolReading
from holdfast.model.component import ComponentAllowance, ComponentStatus, ComponentUsage, Phase
from holdfast.model.edge import EdgeState, EdgeStatus, Nack
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.intent import Intent
from holdfast.model.letter import ChannelKind, OutboxFigures
from holdfast.model.mitigation import Kill, Mitigation
from holdfast.model.platform import Platform
from holdfast.model.readiness import StandbyName
from holdfast.model.reading import EdgeReading, LocationReading, ServiceReading
from holdfast.model.recovery import SpoolBounds
from holdfast.model.resource import ResourceType
from holdfast.model.revision import Revision, RevisionStatus
from holdfast.model.rollout import Rollout, Wave
from holdfast.model.state import EndedMitigation, RevisionEntry, State, Telling
from holdfast.model.status_document import PublishingStanding
from holdfast.model.subscriber import SubscriberFigures
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Latencies, Metric
from holdfast.recover.readiness import judge_standby


def make_intent(services: int = 2, classes: Sequence[str] = ("critical", "sheddable"), edges: int = 2) -> Intent:
    upstream = {"endpoints": ["127.0.0.1:9000"]}
    listed = {
        f"s{n}": {"hosts": [f"s{n}.example"], "upstream": upstream, "criticality": classes[n % len(classes)]}
        for n in range(services)
    }
    stand = [{"name": f"e{n}", "listen": f"127.0.0.1:{18080 + n}"} for n in range(1, edges + 1)]
    text = {
        "holdfast": 1,
        "name": "demo",
        "clients": {"trusted_proxies": []},
        "locations": {"east": {"edges": stand, "capacity": {"in_flight": 100, "requests": 1000.0}}},
        "tenants": {"acme": {"services": listed}},
    }
    return Intent(Platform.model_validate(text))


def report(edge: str, sequence: int, counts: dict[str, dict[Metric, int]], **whole: Any) -> EdgeReport:
    rows = np.zeros((len(counts), METRICS), np.int64)
    for row, values in enumerate(counts.values()):
        for metric, value in values.items():
            rows[row, metric] = value
    in_flight = np.zeros(len(counts), np.int64)
    return EdgeReport(edge, "p", sequence, 0.0, 1.0, tuple(counts), rows, in_flight, EdgeFigures(**whole), 0.01)


LATENCIES = Latencies((0.1, 1.0, float("inf")), (5, 3, 1))
KILL = Mitigation(id="m-2", measure=Kill(service="s1"), reason="r", author="a", started_at=1, expires_at=2)
SURGE = Finding(
    kind=FindingKind.SURGE,
    tier=Tier.HARMFUL,
    service="s1",
    began_at=1,
    seen_at=2,
    evidence=Evidence(now=10, usual=1),
)


def make_state() -> State:
    revision = Revision(number=1, content="a" * 64, author="a", reason="", proposed_at=1)
    bad, coming = (revision.model_copy(update={"number": number}) for number in (2, 3))
    waves = (Wave(cohort=0, services=1), Wave(cohort=1, services=1), Wave(cohort=None))
    earlier = KILL.model_copy(update={"id": "m-1"})
    return State(
        revisions={
            1: RevisionEntry(revision, RevisionStatus.IN_FORCE, 5.0),
            2: RevisionEntry(bad, RevisionStatus.ROLLED_BACK, 6.0),
            3: RevisionEntry(coming, RevisionStatus.ROLLING_OUT, 7.0),
        },
        rollout=Rollout(3, 1, "c" * 64, waves, wave=1, began_at=7.0, since=8.0, paused="lunch"),
        in_force=1,
        mitigations={"m-2": KILL},
        ended=(EndedMitigation(earlier, 9.0, "holdfast", "reverted: others suffered"),),
        findings={"f-1": SURGE},
        told=(Telling("acme", "m-2", "ops@acme.example", 3.0, "no answer"),),
        mitigation_next=3,
        finding_next=2,
    )


_EDGE = EdgeReading(
    edge="e1",
    location="east",
    age_s=0.25,
    blind=False,
    offered_rps=1.0,
    in_flight=1,
    connections=1,
    cpu=0.1,
    memory_bytes=1,
    lost_reports=0,
    degraded=(),
)
_LOCATION = LocationReading(
    location="east",
    offered_rps=1.0,
    admitted_rps=1.0,
    usual_rps=5.0,
    in_flight=3,
    connections=4,
    new_connections_per_s=1.0,
    used={"requests": 0.5},
    edges=("e1", "e2"),
    blind_edges=("e2",),
)


def _read_service(name: str) -> ServiceReading:
    return ServiceReading(
        service=name,
        rates={},
        usual_rps=5.0,
        headroom_rps=9.0,
        in_flight=1,
        in_flight_max=25,
        slow_s=0.25,
        score=0.5,
        learned=True,
    )


class Source:
    """Everything at rest, in the test's hands."""

    def __init__(self, intent: Intent) -> None:
        self.intent = intent
        self.state = make_state()
        self.reads = 0

    def services_of_concern(self) -> Collection[str]:
        return {"s1", "gone"}

    def read_metrics(self, services: Collection[str]) -> MetricsReading:
        self.reads += 1
        readings = tuple(_read_service(name) for name in services)
        nack = Nack("e2", ResourceType.CLUSTER, "no")
        return MetricsReading(
            started_at=1.0,
            version="0.1.0",
            state=self.state,
            intent=self.intent,
            statuses=(
                EdgeStatus("e1", "east", EdgeState.CONNECTED, 1.0, pending=2),
                EdgeStatus("e2", "east", EdgeState.DISCONNECTED, 1.0, nacks=(nack,)),
            ),
            edges=(_EDGE,),
            locations=(_LOCATION,),
            services=readings,
            components=(
                ComponentStatus(
                    "analyser", "built-in", Phase.ON, 1.0, "", 1, True,
                    ComponentUsage(0.05, 2**20, 0.1, 10, 1), ComponentAllowance(0.1, 2**21, 1.0),
                ),
            ),
            watch=WatchHealth(0.01, 0.02, ("less",)),
            journal_writable=True,
            unrecorded=0,
            now=100.0,
            feeds={"shop": FeedReading(read_at=90.0), "mail": FeedReading(failing=True)},
            spool=SpoolReading(
                disk_bytes=4_096,
                free_bytes=2**30,
                bounds=SpoolBounds(bytes_max=2**20, messages_max=40, tenant_messages_max=8, tenant_bytes_max=2_000),
                services=(
                    SpooledReading("s0", "acme"),
                    SpooledReading("s1", "acme", True, 3, 300, 2, 1, 7, 40.0, age_max_s=3_600.0, dead_bytes=1_300),
                ),
            ),
            outboxes={"pages": OutboxFigures(2, 3.0, {ChannelKind.EMAIL: 1}), "subscribers": OutboxFigures()},
            subscribers=SubscriberFigures({"email": 2}),
            paging=PagingReading(teams=(OnCallReading("core", True, 1, True),), beats=True, proved_at=40.0),
            status_site=PublishingStanding("/site", published_at=40.0, took_s=0.1),
            standbys=(judge_standby(StandbyName("s1", None, "west"), list_proofs(1e9), 0.0, 1e9),),
        )  # fmt: skip


def make_tally(intent: Intent) -> TrafficTally:
    tally = TrafficTally()
    tally.know(intent)
    return tally
