"""The part of the watch that counts and compares: one thread looks, and any thread may read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from holdfast.detect.attribution import Attribution, attribute
from holdfast.detect.memory import Memory
from holdfast.detect.sample_store import SampleStore
from holdfast.detect.tick_result import TickResult
from holdfast.detect.traits import describe_location, describe_service
from holdfast.detect.watch import Watch
from holdfast.model.finding import Finding, FindingKind, Tier
from holdfast.model.intent import Intent
from holdfast.model.reading import EdgeReading, Levels, LocationReading, Series, ServiceReading
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.watch.guard import SAMPLES_MAX, Level

ATTRIBUTIONS_A_LOOK_MAX: Final = 4
"""Services whose sources are told in one look; more take turns."""
NORMAL_SAMPLES_MAX: Final = 4_000
"""Samples of normal traffic that an excess is compared with, the newest."""
ONSET_DOUBT_S: Final = 5.0
"""So long before something is thought to have begun it may have, and its requests must not count as normal ones."""
FRESH_S: Final = 3.0
"""What began less long ago is told the sources of at every look."""
AGAIN_S: Final = 1.0
"""Between two attempts to tell the sources of what goes on."""
ATTRIBUTED: Final = frozenset({FindingKind.SURGE, FindingKind.ERRORS, FindingKind.SLOWNESS})


@dataclass(frozen=True, slots=True)
class Batch:
    """What came in since the last look."""

    reports: Sequence[EdgeReport] = ()
    samples: Sequence[SampledRequest] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found at a moment (Unix time, in seconds), and how those fare that something is done about.

    `sources` are newly told in this look, by service. `cpu_s` is the CPU time that the look took.
    """

    at: float
    result: TickResult
    sources: Mapping[str, Attribution] = field(default_factory=dict)
    services: Mapping[str, ServiceReading] = field(default_factory=dict)
    locations: Mapping[str, LocationReading] = field(default_factory=dict)
    cpu_s: float = 0.0


class Lookout:
    """A detector and the samples that it tells sources from. `cpu_clock` counts the calling thread's CPU seconds.

    `set_platform` and `look` belong to one thread. What begins with `read_` or `chart_` may be asked by any: it waits
    for a look's counting at most, not for its sources.
    """

    def __init__(self, cpu_clock: Callable[[], float]) -> None:
        self.samples = SampleStore()
        self._watch = Watch()
        self._lock = Lock()
        self._cpu_clock = cpu_clock
        self._turn = 0
        self._told_at: dict[str, float] = {}
        self._services: frozenset[str] = frozenset()
        self._places: tuple[str, ...] = ()

    def set_platform(self, intent: Intent, now: float, edge_cores: float) -> None:
        """Watch the services and locations of an intent from now on; what was learned of those that stay is kept."""
        places = intent.platform.locations
        services = {name: describe_service(intent, name) for name in intent.services}
        locations = {name: describe_location(place, edge_cores) for name, place in places.items()}
        with self._lock:
            self._watch.set_platform(services, locations, now)
            self._services, self._places = frozenset(services), tuple(places)

    def look(self, batch: Batch, now: float, level: Level, mitigated: Iterable[str]) -> Look:
        """Take what came in, and judge it; `mitigated` are services whose readings are asked for beside those found."""
        began = self._cpu_clock()
        self.samples.add(batch.samples)
        with self._lock:
            for report in batch.reports:
                self._watch.take(report)
            if level is Level.OFF:
                return Look(now, TickResult(now), cpu_s=self._cpu_clock() - began)
            result = self._watch.tick(now)
            concerned = sorted(self._services & result.unusual_services.union(mitigated))
            services = {reading.service: reading for reading in self._watch.read_services(concerned)}
            locations = {name: self._watch.read_location(name) for name in self._places}
        sources = self._tell_sources(result, SAMPLES_MAX[level], now)
        return Look(now, result, sources, services, locations, self._cpu_clock() - began)

    def remember(self) -> Memory:
        """What was learned so far."""
        with self._lock:
            return self._watch.remember()

    def recall(self, memory: Memory) -> None:
        """Have learned this before; KeyError or ValueError if it makes no sense."""
        with self._lock:
            self._watch.recall(memory)

    def read_services(self, names: Iterable[str]) -> tuple[ServiceReading, ...]:
        """Several services now, in the order asked for, but for those that aren't known."""
        with self._lock:
            return self._watch.read_services([name for name in names if name in self._services])

    def read_top(self, count_max: int) -> tuple[ServiceReading, ...]:
        """The services with the most offered."""
        with self._lock:
            return self._watch.read_top(count_max)

    def read_levels(self) -> Levels:
        """How much is let in to every service now, at that of its locations where it is most."""
        with self._lock:
            return self._watch.read_levels()

    def read_locations(self) -> tuple[LocationReading, ...]:
        """Every location now."""
        with self._lock:
            return tuple(self._watch.read_location(name) for name in self._places)

    def read_edges(self) -> tuple[EdgeReading, ...]:
        """Every edge now, by name."""
        with self._lock:
            return self._watch.read_edges()

    def chart_service(self, service: str) -> Series:
        """The last minutes of a service; KeyError if it isn't known."""
        with self._lock:
            return self._watch.chart_service(service)

    def _tell_sources(self, result: TickResult, samples_max: int, now: float) -> dict[str, Attribution]:
        """At every look for what has just begun, once a second for what goes on; harmful ones first, in turns."""
        if not samples_max:
            return {}
        found = {f.service: f for f in reversed(tuple(result.findings.values())) if f.service and f.kind in ATTRIBUTED}
        self._told_at = {name: at for name, at in self._told_at.items() if name in found}
        due = [name for name, finding in found.items() if self._is_due(finding, now)]
        harmful = [name for name in due if found[name].tier is Tier.HARMFUL]
        self._turn += 1
        unusual = _take_turns([name for name in due if name not in set(harmful)], self._turn, 1)
        chosen = [*_take_turns(harmful, self._turn, ATTRIBUTIONS_A_LOOK_MAX), *unusual][:ATTRIBUTIONS_A_LOOK_MAX]
        self._told_at |= dict.fromkeys(chosen, now)
        return {name: self._tell_source(name, found[name], samples_max) for name in chosen}

    def _is_due(self, finding: Finding, now: float) -> bool:
        told_at = self._told_at.get(finding.service or "")
        return told_at is None or now - finding.began_at < FRESH_S or now - told_at >= AGAIN_S

    def _tell_source(self, service: str, finding: Finding, samples_max: int) -> Attribution:
        current = self.samples.recent(service, finding.began_at)[-samples_max:]
        normal = self.samples.normal(service, finding.began_at - ONSET_DOUBT_S)[-NORMAL_SAMPLES_MAX:]
        ratio = finding.evidence.now / max(finding.evidence.usual, 1e-9) if finding.kind is FindingKind.SURGE else 1.0
        return attribute(current, normal, ratio)


def _take_turns(names: Sequence[str], turn: int, count_max: int) -> list[str]:
    if len(names) <= count_max:
        return list(names)
    start = turn * count_max % len(names)
    return [names[(start + i) % len(names)] for i in range(count_max)]
