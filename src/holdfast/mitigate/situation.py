"""All that the policy decides from, at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from holdfast.mitigate.pressure import Pressure
from holdfast.model.finding import Finding, FindingId
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Measure, Mitigation, MitigationId
from holdfast.model.reading import ServiceReading
from holdfast.model.sample import SampledRequest
from holdfast.model.state import EndedMitigation

RECENT_S: Final = 5.0
"""How far back recent samples should reach."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Sampled requests, oldest first: `normal` from before anything unusual began, `recent` of the last seconds."""

    normal: Sequence[SampledRequest] = ()
    recent: Sequence[SampledRequest] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """One moment (`now` is Unix time, in seconds): what is known, what is in force, what was done.

    `findings` are the open ones of tier 2. `services` and `samples` are of all services that a finding or a mitigation
    is about (see `find_services`), `locations` of every location.
    """

    now: float
    intent: Intent
    findings: Mapping[FindingId, Finding] = field(default_factory=dict)
    mitigations: Mapping[MitigationId, Mitigation] = field(default_factory=dict)
    ended: Sequence[EndedMitigation] = ()
    services: Mapping[str, ServiceReading] = field(default_factory=dict)
    samples: Mapping[str, Samples] = field(default_factory=dict)
    locations: Mapping[str, Pressure] = field(default_factory=dict)
    suggested: Mapping[FindingId, Measure] = field(default_factory=dict)
    """The latest measure that was suggested for a finding."""
    told: Sequence[MitigationId] = ()
    """What tenants were written about or are being written about, once for each letter."""

    def without(self, ids: frozenset[MitigationId]) -> "Situation":
        """The same, with some mitigations no longer in force."""
        return replace(self, mitigations={i: m for i, m in self.mitigations.items() if i not in ids}) if ids else self


def find_services(
    findings: Mapping[FindingId, Finding], mitigations: Mapping[MitigationId, Mitigation]
) -> frozenset[str]:
    """The services whose readings, samples and own counts the policy needs."""
    about = {finding.service for finding in findings.values()}
    return frozenset(s for s in about | {m.measure.service for m in mitigations.values()} if s is not None)
