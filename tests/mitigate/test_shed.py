"""Shedding by criticality, in a closed loop with a modelled location: buckets as edges keep them, and a queue."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.compile.shedding import STEERED_BURST_S
from holdfast.mitigate.budget import AIM, follow_capacity
from holdfast.mitigate.load import Demand, Load, is_short
from holdfast.mitigate.pace import AUTHOR
from holdfast.mitigate.pressure import BINS, RANKS, Pressure
from holdfast.mitigate.shed import RISING_SHARE, share_out, steer
from holdfast.mitigate.steps import Adjust, End, Start
from holdfast.model.mitigation import Mitigation, Shed
from holdfast.model.platform import Capacity, Criticality
from holdfast.model.shedding import SHEDDABLE, share_capacity
from holdfast.model.telemetry import METRICS, Metric

CAPACITY = Capacity(in_flight=64, requests=1000.0)
GUARANTEED = dict.fromkeys(Criticality, 0)
SHARES = share_capacity(CAPACITY, GUARANTEED)
MIX = {
    Criticality.CRITICAL_PLUS: 0.05,
    Criticality.CRITICAL: 0.15,
    Criticality.SHEDDABLE_PLUS: 0.3,
    Criticality.SHEDDABLE: 0.5,
}
TICK_S, ANSWER_S, STATIC_BURST_S = 0.25, 0.05, 0.25


@dataclass
class ModelledLocation:
    """Upstreams carry `carries` requests per second; what is admitted beyond that queues, or is turned away.

    Of a class in `failing`, that share fails whatever happens; of one in `walls`, no more goes upstream each second.
    """

    carries: float = CAPACITY.requests
    capacity: Capacity = CAPACITY
    turns_away: bool = False
    failing: dict[Criticality, float] = field(default_factory=dict)
    walls: dict[Criticality, float] = field(default_factory=dict)
    seed: int = 1
    now: float = 1_000.0
    queue: float = 0.0
    in_force: Mitigation | None = None
    steps: list[Start | Adjust | End] = field(default_factory=list)
    pool: float = 0.0
    tokens: dict[Criticality, float] = field(default_factory=dict)
    done: list[float] = field(default_factory=list)
    offered: list[dict[Criticality, float]] = field(default_factory=list)
    passed: list[dict[Criticality, float]] = field(default_factory=list)
    admitted: list[dict[Criticality, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.shares = share_capacity(self.capacity, GUARANTEED)
        self.classes = {c: np.zeros((BINS, METRICS)) for c in RANKS}

    def run(self, seconds: float, load: float, mix: dict[Criticality, float] = MIX) -> None:
        for _ in range(round(seconds / TICK_S)):
            self._tick({c: load * self.capacity.requests * share for c, share in mix.items()})

    def kept(self, criticality: Criticality, last_s: float) -> float:
        """The share of a class's requests that were let through in the last seconds."""
        ticks = round(last_s / TICK_S)
        offered = sum(o[criticality] for o in self.offered[-ticks:])
        return sum(a[criticality] for a in self.admitted[-ticks:]) / offered

    def goodput(self, last_s: float) -> float:
        """Requests per second that were answered in the last seconds."""
        return sum(self.done[-round(last_s / TICK_S) :]) / last_s

    def _tick(self, rates: dict[Criticality, float]) -> None:
        self.now += TICK_S
        arrivals = {c: float(self.random.poisson(rate * TICK_S)) for c, rate in rates.items()}
        passed = {c: self._admit(c, n) for c, n in arrivals.items()}
        admitted = {c: min(n, self.walls.get(c, np.inf) * TICK_S) for c, n in passed.items()}
        self.queue += sum(admitted.values())
        self.done.append(min(self.queue, self.carries * TICK_S))
        self.queue -= self.done[-1]
        away = 0.0
        if self.turns_away:
            away, self.queue = self.queue / max(sum(admitted.values()), 1.0), 0.0
        self.offered.append(arrivals)
        self.passed.append(passed)
        self.admitted.append(admitted)
        for criticality, bins in self.classes.items():
            bins[:-1] = bins[1:]
            bins[-1] = 0
            n, through, up = (counts.get(criticality, 0.0) for counts in (arrivals, passed, admitted))
            bins[-1, [Metric.OFFERED, Metric.ADMITTED, Metric.SHED, Metric.WALLED]] = n, up, n - up, through - up
            bins[-1, Metric.FAILED] = up * max(away, self.failing.get(criticality, 0.0))
        self._steer(round(self.done[-1] / TICK_S * ANSWER_S + self.queue))

    def _admit(self, criticality: Criticality, arrivals: float) -> float:
        measure = self.in_force.measure if self.in_force else None
        steered = measure.requests_per_s if isinstance(measure, Shed) else {}
        rate, burst_s = self.shares.classes[criticality], STATIC_BURST_S
        if criticality in steered:
            rate, burst_s = steered[criticality], STEERED_BURST_S
        tokens = min(self.tokens.get(criticality, rate * burst_s), rate * burst_s) + rate * TICK_S
        admitted = min(arrivals, tokens)
        if criticality in SHEDDABLE and not steered:
            self.pool = min(self.pool, self.shares.sheddable * STATIC_BURST_S)
            self.pool += self.shares.sheddable * TICK_S if criticality is Criticality.SHEDDABLE_PLUS else 0
            admitted = min(admitted, self.pool)
            self.pool -= admitted
        self.tokens[criticality] = tokens - admitted
        return admitted

    def _steer(self, in_flight: int) -> None:
        pressure = Pressure(self.now, in_flight, sum(self.classes.values()), self.classes)  # type: ignore[arg-type]
        step = steer("here", pressure, self.capacity, self.shares, self.now, self.in_force)
        if step is None:
            return
        self.steps.append(step)
        self.tokens.clear()
        match step:
            case Start():
                self.in_force = Mitigation(
                    id=f"m-{len(self.steps)}",
                    measure=step.measure,
                    reason=step.reason,
                    author=AUTHOR,
                    started_at=self.now,
                    expires_at=self.now + step.for_s,
                )
            case Adjust() if self.in_force:
                changes = {"measure": step.measure, "expires_at": self.now + step.for_s}
                self.in_force = self.in_force.model_copy(update=changes)
            case End():
                self.in_force = None


@pytest.mark.parametrize("load", [1.5, 3.0, 6.0])
def test_a_surge_of_everything_sheds_the_least_critical_and_keeps_the_rest_busy(load: float) -> None:
    location = ModelledLocation()
    location.run(10.0, 0.6)
    assert not location.steps
    location.run(60.0, load)
    critical = (MIX[Criticality.CRITICAL_PLUS] + MIX[Criticality.CRITICAL]) * load
    assert location.kept(Criticality.CRITICAL_PLUS, 60.0) == 1.0
    if critical < AIM:
        assert location.kept(Criticality.CRITICAL, 60.0) >= 0.999
    assert location.kept(Criticality.SHEDDABLE, 50.0) <= location.kept(Criticality.SHEDDABLE_PLUS, 50.0)
    assert location.goodput(50.0) >= 0.9 * CAPACITY.requests
    assert location.queue < CAPACITY.requests * 0.2


def test_critical_requests_alone_may_use_everything() -> None:
    location = ModelledLocation()
    location.run(20.0, 0.85, {Criticality.CRITICAL: 1.0})
    assert location.kept(Criticality.CRITICAL, 20.0) == 1.0


def test_what_is_kept_free_for_critical_ones_is_lent_while_they_do_not_use_it() -> None:
    location = ModelledLocation()
    location.run(5.0, 0.5, {Criticality.SHEDDABLE_PLUS: 1.0})
    location.run(30.0, 0.88, {Criticality.SHEDDABLE_PLUS: 1.0})
    assert location.kept(Criticality.SHEDDABLE_PLUS, 28.0) >= 0.999
    location.run(10.0, 0.88, {Criticality.SHEDDABLE_PLUS: 0.7, Criticality.CRITICAL: 0.3})
    assert location.kept(Criticality.CRITICAL, 10.0) == 1.0


def test_a_location_that_carries_less_than_was_said_is_found_out() -> None:
    """Its requests in flight tell: what it carries is followed, and critical requests still come first."""
    location = ModelledLocation(carries=500.0)
    location.run(5.0, 0.4)
    location.run(90.0, 2.0)
    assert location.queue < 300
    assert location.kept(Criticality.CRITICAL, 60.0) >= 0.999
    assert location.goodput(30.0) >= 0.9 * 500


def test_steering_ends_when_it_is_over_and_does_not_flap() -> None:
    location = ModelledLocation()
    location.run(5.0, 0.6)
    location.run(30.0, 3.0)
    location.run(30.0, 0.4)
    assert isinstance(location.steps[-1], End)
    assert sum(isinstance(step, Start) for step in location.steps) == 1
    assert location.kept(Criticality.SHEDDABLE, 25.0) == 1.0


def test_changes_are_few_while_nothing_changes() -> None:
    location = ModelledLocation()
    location.run(60.0, 3.0)
    changes, location.steps = len(location.steps), []
    location.run(60.0, 3.0)
    assert changes <= 60
    assert len(location.steps) <= 60


def test_a_class_whose_services_are_held_by_walls_is_let_through_so_much_more() -> None:
    """What walls refuse takes tokens of the location's limit, and none of its capacity."""
    idle = dict.fromkeys(RANKS, Demand(100.0, 100.0, 100.0))
    walled = Demand(reaching=4_000.0, passed=1_000.0, admitted=500.0)
    assert walled.wanted == pytest.approx(2_000.0)
    load = Load(idle | {Criticality.SHEDDABLE_PLUS: walled}, 0.0, is_of_one=False)
    rates = share_out("here", load, 940.0, CAPACITY).requests_per_s
    assert rates[Criticality.SHEDDABLE_PLUS] == pytest.approx(2 * 740.0)
    assert rates[Criticality.SHEDDABLE] == pytest.approx(2.0)


def test_a_location_that_turns_away_is_not_filled_to_the_brim() -> None:
    location = ModelledLocation(turns_away=True, carries=900.0)
    location.run(5.0, 0.6)
    location.run(60.0, 3.0)
    assert location.kept(Criticality.CRITICAL, 60.0) >= 0.999
    assert location.goodput(30.0) >= 0.85 * 900
    offered = sum(sum(each.values()) for each in location.admitted[-120:]) / 30.0
    assert offered <= 1.02 * 900


def test_a_location_that_turns_away_half_is_found_out() -> None:
    location = ModelledLocation(turns_away=True, carries=500.0)
    location.run(5.0, 0.4)
    location.run(90.0, 1.5)
    offered = sum(sum(each.values()) for each in location.admitted[-120:]) / 30.0
    assert offered <= 1.2 * 500
    assert location.kept(Criticality.CRITICAL, 60.0) >= 0.999


@pytest.mark.parametrize("guilty", [(Criticality.CRITICAL,), (Criticality.CRITICAL, Criticality.SHEDDABLE)])
def test_failures_that_were_there_before_keep_nothing_down(guilty: tuple[Criticality, ...]) -> None:
    """After a stall, the budget comes back though some services fail by themselves; then steering ends."""
    location = ModelledLocation(carries=300.0, failing=dict.fromkeys(guilty, 0.01))
    location.run(5.0, 0.2)
    location.run(30.0, 0.6)
    location.carries = CAPACITY.requests
    location.run(150.0, 0.6)
    assert isinstance(location.steps[-1], End)
    assert location.kept(Criticality.SHEDDABLE, 20.0) == 1.0


@pytest.mark.parametrize("rank", [Criticality.CRITICAL, Criticality.SHEDDABLE_PLUS])
def test_a_flood_that_walls_hold_takes_nobody_elses_tokens(rank: Criticality) -> None:
    """Four times the capacity for one class, of which walls let a tenth of the capacity through."""
    location = ModelledLocation(walls={rank: 100.0})
    location.run(5.0, 0.3)
    location.run(30.0, 4.0, dict.fromkeys(SHEDDABLE, 0.05) | {rank: 1.0})
    assert location.kept(Criticality.SHEDDABLE, 20.0) >= 0.99
    through = sum(each[rank] for each in location.passed[-80:]) / sum(each[rank] for each in location.offered[-80:])
    assert through >= 0.95


@pytest.mark.parametrize("requests", [10.0, 100.0])
def test_small_locations_are_left_in_peace_too(requests: float) -> None:
    """Chance is no change: little is changed in a minute of one and the same load, full or not."""
    location = ModelledLocation(capacity=Capacity(in_flight=10, requests=requests), carries=requests)
    location.run(60.0, 0.5)
    assert len(location.steps) <= 2
    location.run(20.0, 3.0)
    location.steps = []
    location.run(60.0, 3.0)
    assert len(location.steps) <= 45


@settings(max_examples=30, deadline=None)
@given(
    loads=st.lists(st.sampled_from([0.1, 0.6, 0.95, 1.2, 3.0, 8.0]), min_size=1, max_size=6), seed=st.integers(1, 99)
)
def test_less_critical_requests_never_fare_better(loads: list[float], seed: int) -> None:
    """Over any stretch at one load, once it was seen."""
    location = ModelledLocation(seed=seed)
    for load in loads:
        location.run(8.0, load)
        kept = [location.kept(criticality, 5.0) for criticality in RANKS]
        assert all(less <= more + 0.02 for more, less in pairwise(kept))


@given(
    reaching=st.lists(st.floats(0, 5_000), min_size=4, max_size=4),
    drain=st.floats(0, 1_000),
)
def test_what_is_shared_out(reaching: list[float], drain: float) -> None:
    demands = {c: Demand(r, r, r) for c, r in zip(RANKS, reaching, strict=True)}
    measure = share_out("here", Load(demands, drain, is_of_one=False), 940.0, CAPACITY)
    assert set(SHEDDABLE) <= measure.requests_per_s.keys()
    assert all(rate > 0 for rate in measure.requests_per_s.values())
    held = [c for c in RANKS if measure.requests_per_s.get(c, np.inf) < demands[c].reaching]
    if held:
        after = RANKS[RANKS.index(held[0]) :]
        assert all(c in measure.requests_per_s for c in after if demands[c].reaching > 0)


def test_shares_without_classes_are_the_whole_capacity() -> None:
    shares = share_capacity(CAPACITY, {Criticality.SHEDDABLE_PLUS: 0})
    assert shares.sheddable == CAPACITY.requests
    assert shares.classes[Criticality.SHEDDABLE_PLUS] == CAPACITY.requests


def test_what_critical_services_are_guaranteed_is_kept_free() -> None:
    shares = share_capacity(CAPACITY, {Criticality.CRITICAL: 32, Criticality.SHEDDABLE: 0})
    assert shares.sheddable == pytest.approx(500.0)
    assert share_capacity(CAPACITY, {Criticality.CRITICAL: 64}).sheddable == pytest.approx(250.0)


def test_peoples_sheds_are_left_alone() -> None:
    location = ModelledLocation()
    location.run(10.0, 0.5)
    assert location.in_force is None
    assert Shed(location="here", budget_per_s=1.0, requests_per_s={}).service is None


def test_a_rise_is_met_before_it_is_there() -> None:
    """A location is short when it will be by the time that anything is done, and sheddable classes make room for it."""
    demands = {c: Demand(share * 800.0, share * 800.0, share * 800.0) for c, share in MIX.items()}
    still, rising = Load(demands, 0.0, is_of_one=False), Load(demands, 0.0, is_of_one=False, growth=0.3)
    assert not is_short(still, CAPACITY, SHARES)
    assert is_short(rising, CAPACITY, SHARES)
    held, unheld = (share_out("here", load, 700.0, CAPACITY).requests_per_s for load in (rising, still))
    given = [sum(rates[c] for c in SHEDDABLE) for rates in (held, unheld)]
    critical_grows = 0.3 * (demands[Criticality.CRITICAL_PLUS].wanted + demands[Criticality.CRITICAL].wanted)
    assert given[1] - given[0] == pytest.approx(critical_grows + RISING_SHARE * CAPACITY.requests)


@pytest.mark.parametrize(
    ("turned_away", "is_failing", "after"), [(0.0, False, 861 * 1.015), (0.0, True, 861 * 1.005), (0.001, True, 860.0)]
)
def test_a_location_at_its_top_is_filled_further_by_what_fails(
    turned_away: float, is_failing: bool, after: float
) -> None:
    demands = {c: Demand(800.0, 300.0, 300.0) for c in RANKS}
    load = Load(demands, 0.0, is_of_one=False, turned_away=turned_away, is_failing=is_failing)
    assert follow_capacity(861.0, load, CAPACITY, 1.0) == pytest.approx(after)
