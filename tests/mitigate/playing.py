"""Plays the policy as a transcript: traffic is said in words, the production engine keeps the state."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from holdfast.engine.command import (
    AdjustMitigation,
    CloseFinding,
    Command,
    EndMitigation,
    Mitigate,
    NoteTenantTold,
    OpenFinding,
    SuggestMitigation,
    UpdateFinding,
)
from holdfast.engine.decide import decide
from holdfast.engine.evolve import evolve
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.mitigate.pace import AUTHOR, Timers
from holdfast.mitigate.plan import plan_steps
from holdfast.mitigate.pressure import BINS, Pressure
from holdfast.mitigate.situation import Samples, Situation
from holdfast.mitigate.steps import Adjust, End, Start, Step, Suggest, TellTenant
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Measure, Mitigation
from holdfast.model.platform import Criticality, Platform
from holdfast.model.reading import ServiceReading
from holdfast.model.refusal import Refusal
from holdfast.model.sample import SampledRequest
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.model.state import State
from holdfast.model.telemetry import METRICS, Metric

TICK_S = 0.25
NOW = 1_000_000.0
LATEST = NOW + 1e6
"""When recent samples end: they are recent throughout a story."""
GUARANTEED, MAXIMUM, OWN_LIMIT = 8, 64, 200.0
SCATTER = 1237
"""Who asks next isn't who asked last."""
BAD_AGENT = "floodbot"


def make_intent(*edges: str, response: str = "act", mode: str = "enforce", **consent: bool) -> Intent:
    """A platform with one location; `shop` is the service that things happen to."""
    edges = edges or ("e1", "e2")
    shop = {
        "hosts": ["shop.example"],
        "response": response,
        "mode": mode,
        "upstream": {"endpoints": ["127.0.0.1:9000"]},
        "limits": {"requests": OWN_LIMIT, "per_client": {"requests": 50.0}},
        "bulkhead": {"in_flight": {"guaranteed": GUARANTEED, "maximum": MAXIMUM}},
    }
    blog = {"hosts": ["blog.example"], "response": response, "upstream": {"endpoints": ["127.0.0.1:9000"]}}
    text = {
        "holdfast": 1,
        "name": "small",
        "locations": {
            "here": {
                "edges": [{"name": e, "listen": f"127.0.0.1:{8000 + n}"} for n, e in enumerate(edges)],
                "capacity": {"in_flight": 100, "requests": 1000.0},
            }
        },
        "tenants": {
            "t-shop": {"services": {"shop": shop}, "contact": "ops@shop.example", "consent": consent},
            "t-blog": {"services": {"blog": blog}},
        },
    }
    return Intent(Platform.model_validate(text))


def make_rule(agent: str = BAD_AGENT) -> SourceRule:
    return SourceRule(matches=(SourceMatch(dimension=Dimension.USER_AGENT, values=(agent,)),))


def make_finding(kind: FindingKind = FindingKind.SURGE, *, source: SourceRule | None = None, now: float = 200.0) -> Any:
    return Finding(
        kind=kind,
        tier=Tier.HARMFUL,
        service="shop",
        tenant="t-shop",
        began_at=NOW - 2,
        seen_at=NOW,
        evidence=Evidence(now=now, usual=20.0, capacity=100.0, harms=("blog is slow",)),
        source=source,
        source_removes=0.95 if source else None,
        source_spares=0.999 if source else None,
    )


def make_samples(
    count: int, *, clients: int, over_s: float, until: float, agent: str = "Mozilla/5.0 Firefox/1", **more: Any
) -> list[SampledRequest]:
    """Requests spread evenly over time and over clients of 10.0.0.0/16, or of another network, oldest first."""
    network = more.pop("network", "10.0")
    first = SampledRequest(
        at=0,
        edge="e1",
        service="shop",
        request_id="",
        client="",
        method="GET",
        path="/",
        user_agent=agent,
        referer="",
        status=200,
        cause="",
        duration_s=0.02,
    )
    return [
        replace(
            first,
            at=until - over_s * (count - n) / count,
            client=f"{network}.{n * SCATTER % clients // 250}.{n * SCATTER % clients % 250 + 1}",
            request_id=str(n),
            **more,
        )
        for n in range(count)
    ]


@dataclass
class Traffic:
    """What goes on now, in requests per second. `refused_others` is a share."""

    offered: float = 20.0
    admitted: float | None = None
    mitigated: float = 0.0
    usual: float = 20.0
    headroom: float | None = None
    in_flight: int = 1
    others: float = 100.0
    usual_others: float = 100.0
    refused_others: float = 0.0
    location_in_flight: int = 10


@dataclass
class Play:
    """One story. `recent` and `normal` are the samples that are seen at each look."""

    intent: Intent = field(default_factory=make_intent)
    now: float = NOW
    state: State = field(default_factory=State)
    timers: Timers = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    normal: list[SampledRequest] = field(
        default_factory=lambda: make_samples(1200, clients=100, over_s=60, until=NOW - 3)
    )
    recent: list[SampledRequest] = field(default_factory=list)
    took: list[tuple[float, Step]] = field(default_factory=list)
    blind: bool = False

    def do(self, command: Command) -> str:
        """Have control do something; the id of the finding or mitigation that it is about."""
        tenants = {name: owned.tenant for name, owned in self.intent.services.items()}
        edges = frozenset(e.name for place in self.intent.platform.locations.values() for e in place.edges)
        decision = decide(
            self.state, command, Facts(self.now, PlatformFacts(tenants, self.intent.platform.bounds, edges))
        )
        assert not isinstance(decision, Refusal), decision
        for event in decision:
            self.state = evolve(self.state, event)
        return str(getattr(decision[0], "id", ""))

    def find(self, finding: Finding) -> str:
        return self.do(OpenFinding(finding))

    def learn(self, id_: str, finding: Finding) -> None:
        self.do(UpdateFinding(id_, finding))

    def close(self, id_: str) -> None:
        self.do(CloseFinding(id_, "as usual again"))

    def mitigate(self, measure: Measure, author: str = "ann") -> str:
        self.do(Mitigate(author, measure, 3600.0, "by hand", forced=True))
        return f"m-{self.state.mitigation_next - 1}"

    def look(self) -> list[Step]:
        """One tick: the steps that are taken, after control has done them all."""
        self.now += TICK_S
        plan = plan_steps(self.describe(), self.timers)
        self.timers = plan.timers
        for step in plan.steps:
            self.took.append((self.now, step))
            self.do(as_command(step))
        return list(plan.steps)

    def wait(self, seconds: float) -> list[Step]:
        """All the steps that are taken in so long."""
        return [step for _ in range(round(seconds / TICK_S)) for step in self.look()]

    def restart(self) -> None:
        """Control dies and returns: only what is journalled is left."""
        self.timers = {}

    @property
    def in_force(self) -> list[Mitigation]:
        return list(self.state.mitigations.values())

    @property
    def measures(self) -> list[Measure]:
        return [m.measure for m in self.in_force]

    def describe(self) -> Situation:
        return Situation(
            now=self.now,
            intent=self.intent,
            findings=self.state.findings,
            mitigations=self.state.mitigations,
            ended=self.state.ended,
            services={} if self.blind else {"shop": self._read_shop()},
            samples={"shop": Samples(self.normal, self.recent)},
            locations={"here": self._read_location()},
            suggested={i: s.measure for i, s in self.state.suggestions.items()},
            told=[telling.mitigation for telling in self.state.told],
        )

    def _read_shop(self) -> ServiceReading:
        t = self.traffic
        admitted = t.offered - t.mitigated if t.admitted is None else t.admitted
        rates = dict.fromkeys(Metric, 0.0) | {
            Metric.OFFERED: t.offered,
            Metric.ADMITTED: admitted,
            Metric.MITIGATED: t.mitigated,
            Metric.SHED: t.offered - admitted - t.mitigated,
            Metric.WALLED: t.offered - admitted - t.mitigated,
        }
        return ServiceReading(
            service="shop",
            rates=rates,
            usual_rps=t.usual,
            headroom_rps=t.headroom,
            in_flight=t.in_flight,
            in_flight_max=MAXIMUM,
            slow_s=0.25,
            score=2.0,
            learned=True,
        )

    def _read_location(self) -> Pressure:
        t, bins = self.traffic, np.zeros((BINS, METRICS))
        bins[:, Metric.OFFERED] = t.others * TICK_S
        bins[:, Metric.ADMITTED] = t.others * (1 - t.refused_others) * TICK_S
        bins[:, Metric.FAILED] = t.others * t.refused_others * TICK_S
        classes = {c: np.zeros((BINS, METRICS)) for c in Criticality} | {Criticality.SHEDDABLE_PLUS: bins}
        shop = {"shop": np.zeros((BINS, METRICS))}
        usual_rps = t.usual_others + t.usual
        return Pressure(self.now, t.location_in_flight, bins, classes, shop, usual_rps)


def as_command(step: Step) -> Command:
    """What the runtime makes of a step."""
    match step:
        case Start():
            return Mitigate(AUTHOR, step.measure, step.for_s, step.reason, step.finding, step.edges, step.prediction)
        case Adjust():
            return AdjustMitigation(AUTHOR, step.id, step.measure, step.why, step.edges, step.for_s)
        case End():
            return EndMitigation(AUTHOR, step.id, step.why)
        case Suggest():
            return SuggestMitigation(step.finding, step.measure, step.for_s, step.reason, step.edges)
        case TellTenant():
            return NoteTenantTold(step.tenant, step.mitigation, step.contact)


def kinds(steps: Sequence[Step]) -> list[str]:
    """Steps by what they are and whom they are about, without letters: `start limit`, `adjust limit`, `end deny`."""
    names = []
    for step in steps:
        if isinstance(step, Start | Suggest | Adjust):
            names.append(f"{type(step).__name__.lower()} {step.measure.kind}")
        elif isinstance(step, End):
            names.append("end")
    return names
