"""Modelled edges: what they let through under limits, walls and mitigations, and what that does to answers.

Fluid within a tick: counts, no single requests. A location works on so many requests at once; whoever's upstream is
slower than what it is sent fills places that others need, and then everybody waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from holdfast.compile.shedding import STEERED_BURST_S
from holdfast.drills.simulation.population import ANSWER_S, EDGES, LOCATION, Floats, Population
from holdfast.drills.simulation.traffic import Flood
from holdfast.model.mitigation import Block, Deny, Kill, Limit, Mitigation, Shed
from holdfast.model.platform import Criticality
from holdfast.model.shedding import SHEDDABLE, share_capacity
from holdfast.model.telemetry import METRICS, Metric

BURST_S: Final = 2.0
MITIGATION_BURST_S: Final = 0.1
POOL_BURST_S: Final = 0.25
TIMEOUT_S: Final = 2.0
"""Whoever waits longer has hung up: the request has failed."""
SLOW_BASE: Final = (0.02, 0.002, 0.0002)
"""Of answers, how many are slow at any time, by threshold."""
FAILED_BASE: Final = 0.001
SLOW_S: Final = (0.25, 1.0, 4.0)


@dataclass(frozen=True, eq=False)
class Passed:
    """One tick: counts of shape (services, METRICS), requests in flight, and how good clients fared.

    `denied` is how many requests source rules, blocks and kills refused.
    """

    counts: Floats
    in_flight: Floats
    denied: Floats
    good_offered: Floats
    good_served: Floats
    wait_s: float


@dataclass(eq=False)
class ModelledEdges:
    """The edges of the location as one, with state from tick to tick."""

    population: Population
    random: np.random.Generator
    step_s: float
    matched: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Of source rules and blocks, by mitigation: which share of good and of bad requests they match."""

    def __post_init__(self) -> None:
        services = len(self.population.names)
        self._tokens = self.population.limit_rps * BURST_S
        self._in_flight = np.zeros(services)
        self._row = {name: row for row, name in enumerate(self.population.names)}
        self._shares = share_capacity(
            self.population.intent.platform.locations[LOCATION].capacity, self.population.intent.guaranteed
        )
        self._class_tokens = np.array([self._shares.classes[c] * self._burst_s(c) for c in Criticality])
        self._pool = self._shares.sheddable * POOL_BURST_S

    def pass_on(
        self, good: Floats, bad: Floats, mitigations: Mapping[str, Mitigation], floods: Mapping[int, Flood]
    ) -> Passed:
        """What becomes of a tick's requests."""
        offered, good_offered = good + bad, good
        counts = np.zeros((len(good), METRICS))
        counts[:, Metric.OFFERED] = offered
        good, bad = good.copy(), bad.copy()
        self._mitigate_sources(good, bad, mitigations)
        denied = offered - good - bad
        counts[:, Metric.MITIGATED] = denied
        self._limit(good, bad, counts)
        walls = self._mitigate_limits(good, bad, counts, mitigations, floods)
        self._shed(good, bad, counts, mitigations)
        self._hold_walls(good, bad, counts, walls)
        wait_s, failed_share = self._work(good + bad)
        self._answer(good + bad, counts, wait_s, failed_share)
        in_flight = self._in_flight + counts[:, Metric.ADMITTED] / self.step_s * ANSWER_S
        return Passed(counts, in_flight, denied, good_offered, good * (1 - failed_share), wait_s)

    def _mitigate_sources(self, good: Floats, bad: Floats, mitigations: Mapping[str, Mitigation]) -> None:
        for id_, mitigation in mitigations.items():
            measure = mitigation.measure
            row = self._row.get(measure.service or "")
            if row is None or not isinstance(measure, Kill | Deny | Block):
                continue
            part = 1.0 if mitigation.edges is None else len(mitigation.edges) / len(EDGES)
            good_share, bad_share = (1.0, 1.0) if isinstance(measure, Kill) else self.matched.get(id_, (0.0, 0.0))
            good[row] *= 1 - good_share * part
            bad[row] *= 1 - bad_share * part

    def _limit(self, good: Floats, bad: Floats, counts: Floats) -> None:
        limit = self.population.limit_rps
        self._tokens = np.minimum(self._tokens + limit * self.step_s, limit * max(BURST_S, self.step_s))
        counts[:, Metric.LIMITED] = _cut(good, bad, self._tokens)
        self._tokens -= good + bad

    def _mitigate_limits(
        self,
        good: Floats,
        bad: Floats,
        counts: Floats,
        mitigations: Mapping[str, Mitigation],
        floods: Mapping[int, Flood],
    ) -> dict[int, int]:
        """The walls that mitigations lay; their rates are applied at once."""
        walls: dict[int, int] = {}
        for mitigation in mitigations.values():
            measure = mitigation.measure
            if not isinstance(measure, Limit) or (row := self._row.get(measure.service)) is None:
                continue
            before = good[row] + bad[row]
            if measure.per_client is not None and row in floods:
                bad[row] = min(bad[row], floods[row].clients * measure.per_client.requests * self.step_s)
            if measure.requests_per_s is not None:
                allowed = measure.requests_per_s * (self.step_s + MITIGATION_BURST_S)
                _cut(good[row : row + 1], bad[row : row + 1], np.array([allowed]))
            counts[row, Metric.MITIGATED] += before - good[row] - bad[row]
            if measure.in_flight is not None:
                walls[row] = min(measure.in_flight, walls.get(row, measure.in_flight))
        return walls

    def _shed(self, good: Floats, bad: Floats, counts: Floats, mitigations: Mapping[str, Mitigation]) -> None:
        """The location's buckets for each class, and the one that all sheddable classes share."""
        steered = next((m.measure.requests_per_s for m in mitigations.values() if isinstance(m.measure, Shed)), {})
        pool_max = self._shares.sheddable * max(POOL_BURST_S, self.step_s) + 1
        self._pool = min(self._pool + self._shares.sheddable * self.step_s, pool_max)
        for rank, criticality in enumerate(Criticality):
            rate = steered.get(criticality, self._shares.classes[criticality])
            burst_s = STEERED_BURST_S if criticality in steered else self._burst_s(criticality)
            tokens = min(self._class_tokens[rank] + rate * self.step_s, rate * max(burst_s, self.step_s) + 1)
            members = self.population.ranks == rank
            wanted = float((good + bad)[members].sum())
            room = min(tokens, self._pool) if criticality in SHEDDABLE and not steered else tokens
            part = min(1.0, room / wanted) if wanted > 0 else 1.0
            counts[members, Metric.SHED] += (good + bad)[members] * (1 - part)
            good[members] *= part
            bad[members] *= part
            self._class_tokens[rank] = tokens - wanted * part
            self._pool -= wanted * part if criticality in SHEDDABLE and not steered else 0.0

    def _burst_s(self, criticality: Criticality) -> float:
        return POOL_BURST_S if criticality in SHEDDABLE else 1.0

    def _hold_walls(self, good: Floats, bad: Floats, counts: Floats, walls: dict[int, int]) -> None:
        """What finds no place is refused; an answer frees one, so a tick can use a place more than once."""
        most = np.full(len(good), float(self.population.wall))
        for row, wall in walls.items():
            most[row] = wall
        turns = np.minimum(most / ANSWER_S, self.population.own_capacity_rps) * self.step_s
        room = np.maximum(most + turns - self._in_flight, 0.0)
        counts[:, Metric.WALLED] = _cut(good, bad, room)
        counts[:, Metric.SHED] += counts[:, Metric.WALLED]
        counts[:, Metric.ADMITTED] = good + bad
        self._in_flight += good + bad

    def _work(self, admitted: Floats) -> tuple[float, Floats]:
        """How long everybody waits for a place, and which share of each service's requests waits in vain.

        Whoever's upstream is slower than what it is sent fills places; when there are none left, all take turns.
        """
        population = self.population
        waiting = self._in_flight - admitted
        taken = float(waiting.sum()) + float(admitted.sum()) / self.step_s * ANSWER_S
        worked_on = population.places / max(taken, population.places)
        done = np.minimum(self._in_flight, population.own_capacity_rps * self.step_s)
        done = np.minimum(done, (waiting * worked_on / ANSWER_S + admitted / self.step_s) * self.step_s)
        total, most = float(done.sum()), population.capacity_rps * self.step_s
        self._in_flight -= done * min(1.0, most / max(total, 1e-9))
        wait_s = max(0.0, taken - population.places) / population.capacity_rps
        own_wait_s = self._in_flight / population.own_capacity_rps + wait_s
        return wait_s, np.clip((own_wait_s - TIMEOUT_S) / TIMEOUT_S, 0.0, 1.0)

    def _answer(self, admitted: Floats, counts: Floats, wait_s: float, failed_share: Floats) -> None:
        """Failures and slow answers; a little of both happens at any time."""
        failed = self.random.poisson(admitted * FAILED_BASE) + admitted * failed_share
        counts[:, Metric.FAILED] = np.minimum(failed, admitted)
        own_wait_s = self._in_flight / self.population.own_capacity_rps + wait_s
        for metric, threshold_s, base in zip(
            (Metric.SLOW, Metric.SLOWER, Metric.SLOWEST), SLOW_S, SLOW_BASE, strict=True
        ):
            slow = np.where(own_wait_s >= threshold_s, admitted, self.random.poisson(admitted * base))
            counts[:, metric] = np.minimum(slow, admitted)


def _cut(good: Floats, bad: Floats, room: Floats) -> Floats:
    """Refuse what there is no room for, good and bad alike, in place; how much that is."""
    offered = good + bad
    part = np.minimum(1.0, room / np.maximum(offered, 1e-9))
    good *= part
    bad *= part
    refused: Floats = offered - good - bad
    return refused
