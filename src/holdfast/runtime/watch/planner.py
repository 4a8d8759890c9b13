"""From what was seen to what is to be done: puts the policy's situation together. Used by the watch's thread."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.detect.sample_store import SampleStore
from holdfast.mitigate.predict import Rates, predict
from holdfast.mitigate.pressure import Gauges, Pressure
from holdfast.mitigate.situation import RECENT_S, Samples, Situation, find_services
from holdfast.model.finding import Finding, FindingId
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Measure, Mitigation, MitigationId
from holdfast.model.prediction import Prediction
from holdfast.model.reading import LocationReading, ServiceReading
from holdfast.model.state import State
from holdfast.model.telemetry import EdgeReport, Metric
from holdfast.runtime.watch.lookout import ONSET_DOUBT_S

NORMAL_SAMPLES_MAX: Final = 4_000
RECENT_SAMPLES_MAX: Final = 2_000
"""Sampled requests of one service that a plan or a prediction looks at, the newest."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How services and locations fare at a moment (Unix time, in seconds)."""

    at: float
    services: Mapping[str, ServiceReading]
    locations: Mapping[str, LocationReading]


class Planner:
    """Keeps what the policy wants to know beside the detector's findings."""

    def __init__(self, samples: SampleStore) -> None:
        self._samples = samples
        self._gauges = Gauges()

    def set_platform(self, intent: Intent) -> None:
        """Whose traffic is counted from now on."""
        self._gauges.set_platform(intent)

    def take(self, reports: Iterable[EdgeReport], state: State) -> None:
        """Count what edges report; services that something is done about have counts of their own."""
        self._gauges.care_for(find_services(state.findings, state.mitigations))
        for report in reports:
            self._gauges.take(report)

    def describe(self, state: State, intent: Intent, seen: Seen, told: Iterable[MitigationId]) -> Situation:
        """All that the policy decides from."""
        findings = {id_: finding for id_, finding in state.findings.items() if finding.service in intent.services}
        services = find_services(findings, state.mitigations)
        return Situation(
            now=seen.at,
            intent=intent,
            findings=findings,
            mitigations=state.mitigations,
            ended=state.ended,
            services=seen.services,
            samples={name: self._select(name, findings, state.mitigations, seen.at) for name in sorted(services)},
            locations=self._read_pressure(seen),
            suggested={id_: suggestion.measure for id_, suggestion in state.suggestions.items()},
            told=tuple(told),
        )

    def predict(
        self, measure: Measure, state: State, intent: Intent, now: float, services: Mapping[str, ServiceReading]
    ) -> Prediction:
        """What a measure would do, by the samples of the services that it concerns."""
        names = [measure.service] if measure.service is not None else list(services)
        chosen = [self._select(name, state.findings, state.mitigations, now) for name in names]
        readings = [services[name] for name in names if name in services]
        rates = Rates(
            now_rps=sum(reading.rates.get(Metric.OFFERED, 0.0) for reading in readings),
            usual_rps=sum(reading.usual_rps for reading in readings) if readings else None,
        )
        return predict(
            measure,
            [s for samples in chosen for s in samples.normal],
            [s for samples in chosen for s in samples.recent],
            rates,
            ipv6_prefix=intent.platform.clients.ipv6_prefix,
        )

    def _read_pressure(self, seen: Seen) -> dict[str, Pressure]:
        return {name: self._gauges.read(name, seen.at, at.usual_rps) for name, at in seen.locations.items()}

    def _select(
        self,
        service: str,
        findings: Mapping[FindingId, Finding],
        mitigations: Mapping[MitigationId, Mitigation],
        now: float,
    ) -> Samples:
        """Normal is what came before the first thing that was found or done; or, if there is none, before just now."""
        began = [finding.began_at for finding in findings.values() if finding.service == service]
        began += [m.started_at for m in mitigations.values() if m.measure.service == service]
        normal = self._samples.normal(service, min((*(at - ONSET_DOUBT_S for at in began), now - RECENT_S)))
        recent = self._samples.recent(service, now - RECENT_S)
        return Samples(normal[-NORMAL_SAMPLES_MAX:], recent[-RECENT_SAMPLES_MAX:])
