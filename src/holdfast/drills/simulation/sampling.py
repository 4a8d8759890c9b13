"""Sampled requests of simulated traffic: good clients as they are, bad ones as their flood is shaped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from holdfast.drills.simulation.edges import Passed
from holdfast.drills.simulation.population import ANSWER_S, EDGES, Floats, Population
from holdfast.drills.simulation.traffic import Flood
from holdfast.mitigate.replay import compute_refused
from holdfast.model.mitigation import Block, Deny, Mitigation
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import Metric

ORDINARY_SHARE: Final = 0.05
SAMPLES_PER_S_MAX: Final = 100.0
"""Of a service that is looked into."""
AGENTS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh) Version/17.0 Safari/605.1",
    "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Firefox/120.0",
    "okhttp/4.12.0",
)
PATHS: Final = ("/", "/api/items", "/api/items/7", "/search", "/login", "/static/app.js", "/about")
BAD_AGENT: Final = "python-requests/2.31.0"
GOOD_CLIENTS: Final = 2_000
MATCHED_SAMPLES: Final = 400


@dataclass(eq=False)
class Sampler:
    """Draws samples of the services in `seen`, all others being left out to save time."""

    population: Population
    random: np.random.Generator
    step_s: float
    seen: frozenset[int] = frozenset()
    _number: int = field(default=0)

    def draw(
        self,
        now: float,
        good: Floats,
        bad: Floats,
        passed: Passed,
        floods: Mapping[int, Flood],
        watched: frozenset[str],
        mitigations: Mapping[str, Mitigation],
    ) -> list[SampledRequest]:
        """The samples of a tick; those that a source rule matches say so."""
        samples: list[SampledRequest] = []
        for row in sorted(self.seen):
            total = float(good[row] + bad[row])
            if total <= 0:
                continue
            name = self.population.names[row]
            most = SAMPLES_PER_S_MAX * self.step_s
            share = min(1.0, most / total) if name in watched else min(ORDINARY_SHARE, most / total)
            spared = max(total - float(passed.denied[row]), 1e-9)
            refused = 1 - float(passed.counts[row, Metric.ADMITTED]) / spared
            drawn = [self._good(now, name) for _ in range(self.random.binomial(int(good[row]), share))]
            flood = floods.get(row)
            if flood:
                count = self.random.binomial(int(bad[row]), share)
                drawn += [self._bad(now, name, flood, self.random.random()) for _ in range(count)]
            samples += self._finish(drawn, 1 / share, refused, mitigations)
        return sorted(samples, key=lambda sample: sample.at)

    def match(self, mitigation: Mitigation, flood: Flood | None) -> tuple[float, float]:
        """The shares of good and of bad requests that a source rule or block matches."""
        measure = mitigation.measure
        if not isinstance(measure, Deny | Block) or measure.service is None:
            return 0.0, 0.0
        good = [self._good(0.0, measure.service) for _ in range(MATCHED_SAMPLES)]
        bad = (
            [self._bad(0.0, measure.service, flood, n / MATCHED_SAMPLES) for n in range(MATCHED_SAMPLES)]
            if flood
            else []
        )
        shares = (compute_refused(measure, drawn, None, 64) for drawn in (good, bad))
        good_share, bad_share = (float(share.mean()) if len(share) else 0.0 for share in shares)
        return good_share, bad_share

    def _finish(
        self, drawn: list[SampledRequest], weight: float, refused: float, mitigations: Mapping[str, Mitigation]
    ) -> list[SampledRequest]:
        """Weights and answers: by a source rule's name where one matches, otherwise refused by chance."""
        causes = [""] * len(drawn)
        for id_, mitigation in mitigations.items():
            measure = mitigation.measure
            if isinstance(measure, Deny) and drawn and measure.service == drawn[0].service:
                edges = mitigation.edges or EDGES
                for n, hit in enumerate(compute_refused(measure, drawn, None, 64)):
                    if hit and drawn[n].edge in edges:
                        causes[n] = f"deny.{id_}"
        done = []
        for sample, cause in zip(drawn, causes, strict=True):
            by_chance = "bulkhead" if not cause and self.random.random() < refused else cause
            done.append(_answer(sample, by_chance, weight))
        return done

    def _good(self, now: float, service: str) -> SampledRequest:
        client = int(self.random.integers(0, GOOD_CLIENTS))
        address = f"10.{client % 200}.{client // 200}.{client % 251 + 1}"
        agent = AGENTS[client % len(AGENTS)]
        return self._sample(now, service, address, agent, PATHS[int(self.random.integers(0, len(PATHS)))], "GET")

    def _bad(self, now: float, service: str, flood: Flood, chance: float) -> SampledRequest:
        client = int(chance * 1e9) % flood.clients
        if flood.shape == "network":
            address = f"203.0.113.{client % 250 + 1}"
        else:
            address = f"{20 + client % 180}.{client // 180 % 250}.{client // 45_000 % 250}.{client % 250 + 1}"
        agent = BAD_AGENT if flood.shape == "agent" else AGENTS[client % len(AGENTS)]
        path = PATHS[int(self.random.integers(0, len(PATHS)))] if flood.shape == "look-alike" else "/search"
        return self._sample(now, service, address, agent, path, "GET")

    def _sample(self, now: float, service: str, client: str, agent: str, path: str, method: str) -> SampledRequest:
        self._number += 1
        return SampledRequest(
            at=now - self.step_s * float(self.random.random()),
            edge=EDGES[self._number % len(EDGES)],
            service=service,
            request_id=f"r{self._number}",
            client=client,
            method=method,
            path=path,
            user_agent=agent,
            referer="",
            status=200,
            cause="",
            duration_s=ANSWER_S,
        )


def _answer(sample: SampledRequest, cause: str, weight: float) -> SampledRequest:
    status = 200 if not cause else 403 if cause.startswith("deny") else 503
    return SampledRequest(
        sample.at,
        sample.edge,
        sample.service,
        sample.request_id,
        sample.client,
        sample.method,
        sample.path,
        sample.user_agent,
        sample.referer,
        status,
        cause,
        sample.duration_s,
        weight,
    )
