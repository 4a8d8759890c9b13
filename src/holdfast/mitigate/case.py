"""One service's case: its findings, what is in force for it, and what its traffic says now."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from holdfast.mitigate.pace import AUTHOR
from holdfast.mitigate.policy import ServicePolicy, read_policy
from holdfast.mitigate.pressure import Pressure, compute_harm
from holdfast.mitigate.situation import Samples, Situation
from holdfast.model.finding import Finding, FindingId, FindingKind, Tier
from holdfast.model.mitigation import Deny, Kill, Limit, Mitigation, Recovery
from holdfast.model.reading import ServiceReading
from holdfast.model.sample import SampledRequest
from holdfast.model.source_rule import SourceRule, compile_rule
from holdfast.model.telemetry import Metric

NEAR_USUAL: Final = 1.5
"""Up to so many times the usual, traffic is back to normal."""
NEAR_USUAL_RPS: Final = 2.0
"""As many requests per second more than that are normal too: small services come in lumps."""
ROOM_SHARE: Final = 0.7
"""A surge for which there wasn't room has become harmless with less than this of the room taken."""
SINGLED_OUT: Final = 2.0
"""Where everybody rises, a service must rise so many times more to be looked at by itself."""
TIDE_SLOPE: Final = 3.0
"""While a tide comes in, it is told late and by less than it is: so much more counts as its doing at first."""
EBB_S: Final = (2.0, 10.0)
TIDE_MAX: Final = 10.0
TIDE_TOLD_MIN: Final = 0.5
"""Others tell what everybody does if they usually have so much of it: all of them beside one service, or those that
surge among all."""
CROWDING_SHARE: Final = 0.25
CROWDING_FACTOR: Final = 1.5
"""A service is crowding if it takes so much of a location's places, and so many times its part of the requests."""
FULL_SHARE: Final = 0.8
"""A location with so much of its places taken is threatened."""
OTHERS_HARM_MAX: Final = 0.02
"""The share of others' requests that may be lost before it is said that they suffer."""
MATCHING_S: Final = 2.0
MATCHING_SAMPLES_MIN: Final = 10
"""From so many samples of the last seconds it is told what share of the traffic a rule matches."""
SURGES: Final = frozenset({FindingKind.SURGE})
STRAINS: Final = frozenset({FindingKind.ERRORS, FindingKind.SLOWNESS})
"""Not the service's fault towards others, until it takes their room."""
_WANT_OF_ROOM: Final = ("limit", "bulkhead", "block", "deny")
"""How the causes begin that a well-behaved client may meet while its service is attacked."""


@dataclass(frozen=True)
class Case:
    """What there is to decide about one service. `findings` are those open about it that may be acted upon."""

    situation: Situation
    policy: ServicePolicy
    findings: Mapping[FindingId, Finding]
    mine: tuple[Mitigation, ...]
    """Mitigations in force that Holdfast began by itself, oldest first."""
    theirs: tuple[Mitigation, ...]
    """Those that people began."""

    @property
    def now(self) -> float:
        """Unix time, in seconds."""
        return self.situation.now

    @property
    def service(self) -> str:
        """Whose case it is."""
        return self.policy.service

    @property
    def reading(self) -> ServiceReading | None:
        """The service now; None where nothing is known."""
        return self.situation.services.get(self.service)

    @property
    def samples(self) -> Samples:
        """Its sampled requests."""
        return self.situation.samples.get(self.service, Samples())

    @cached_property
    def surge(self) -> FindingId | None:
        """The open finding of a surge, if there is one."""
        return next((i for i, f in self.findings.items() if f.kind in SURGES), None)

    @property
    def lead(self) -> FindingId | None:
        """The finding that is answered: a surge before anything else."""
        return self.surge or next(iter(self.findings), None)

    @property
    def limit(self) -> Mitigation | None:
        """Holdfast's own limit in force."""
        return next((m for m in self.mine if isinstance(m.measure, Limit)), None)

    @property
    def denials(self) -> tuple[Mitigation, ...]:
        """Holdfast's own source rules in force, oldest first."""
        return tuple(m for m in self.mine if isinstance(m.measure, Deny))

    @property
    def kill(self) -> Mitigation | None:
        """Holdfast's own kill in force."""
        return next((m for m in self.mine if isinstance(m.measure, Kill)), None)

    @cached_property
    def offered_rps(self) -> float:
        """What clients send; 0 where nothing is known."""
        return self.reading.rates.get(Metric.OFFERED, 0.0) if self.reading else 0.0

    @cached_property
    def usual_rps(self) -> float:
        """What they usually send."""
        return self.reading.usual_rps if self.reading else 0.0

    @cached_property
    def near_usual_rps(self) -> float:
        """Up to here, traffic is back to normal: near the usual, or well within the room whose want made it harmful."""
        factor = min(NEAR_USUAL + TIDE_SLOPE * (self.tide - 1), SINGLED_OUT * self.tide)
        near = self.usual_rps * factor + NEAR_USUAL_RPS
        evidence = self.findings[self.surge].evidence if self.surge else None
        was_for_room = evidence is not None and evidence.capacity is not None and evidence.now > evidence.capacity
        room = self.reading.headroom_rps if self.reading else None
        return max(near, ROOM_SHARE * room) if was_for_room and room is not None else near

    @cached_property
    def tide(self) -> float:
        """How many times the usual everybody else is offered: where all rises, nobody is singled out for it.

        Told by the locations as a whole, whose usual follows soon; and by the other services that surge, if those are
        most of what there is. 1 where nothing can be told.
        """
        pressures = self.situation.locations.values()
        offered = sum(_find_offered(p) for p in pressures) - self.offered_rps
        usual = sum(p.usual_rps or 0.0 for p in pressures) - self.usual_rps
        surging = {f.service for f in self.situation.findings.values() if f.kind in SURGES} - {self.service}
        readings = [r for name, r in self.situation.services.items() if name in surging]
        of_surging = sum(r.rates.get(Metric.OFFERED, 0.0) for r in readings)
        usual_of_surging = sum(r.usual_rps for r in readings)
        tide = 1.0
        if usual >= self.usual_rps * TIDE_TOLD_MIN and usual > 0:
            tide = offered / usual
        if usual_of_surging > 0 and usual_of_surging >= TIDE_TOLD_MIN * (usual_of_surging + offered - of_surging):
            tide = max(tide, of_surging / usual_of_surging)
        return min(max(tide, 1.0), TIDE_MAX)

    @cached_property
    def is_crowding(self) -> bool:
        """Whether it takes a large part of a location's places, and far more of them than of the requests."""
        in_flight = self.reading.in_flight if self.reading else 0
        for name, pressure in self.situation.locations.items():
            place = self.situation.intent.platform.locations.get(name)
            offered = float(pressure.rates(pressure.whole)[Metric.OFFERED])
            if place is None or in_flight < CROWDING_SHARE * place.capacity.in_flight or pressure.in_flight <= 0:
                continue
            if in_flight / pressure.in_flight >= CROWDING_FACTOR * self.offered_rps / max(offered, self.offered_rps, 1):
                return True
        return False

    @cached_property
    def passed_rps(self) -> float:
        """What is offered and isn't refused by the source rules in force on all edges."""
        rules = [m.measure.source for m in self.denials if m.edges is None and isinstance(m.measure, Deny)]
        return self.offered_rps * (1 - self.matching_share(*rules)) if rules else self.offered_rps

    @cached_property
    def suffering(self) -> float:
        """The share of what no source rule of ours matches that is refused, for quota or want of room."""
        tests = [compile_rule(rule) for rule in self.rules]
        spared = [s for s in self.latest if not any(test(s) for test in tests)]
        if tests and len(spared) >= MATCHING_SAMPLES_MIN:
            refused = sum(s.weight for s in spared if s.cause.startswith(_WANT_OF_ROOM))
            return refused / sum(s.weight for s in spared)
        if self.reading is None or self.passed_rps <= 0:
            return 0.0
        admitted = self.reading.rates.get(Metric.ADMITTED, 0.0) + self.reading.rates.get(Metric.REJECTED, 0.0)
        return max(0.0, 1 - admitted / self.passed_rps)

    @cached_property
    def rules(self) -> tuple[SourceRule, ...]:
        """What Holdfast's own source rules match, on whichever edges."""
        return tuple(m.measure.source for m in self.denials if isinstance(m.measure, Deny))

    @cached_property
    def latest(self) -> tuple[SampledRequest, ...]:
        """The samples of the last `MATCHING_S`."""
        return tuple(s for s in self.samples.recent if s.at >= self.now - MATCHING_S)

    def matching_share(self, *rules: SourceRule) -> float:
        """The share of the last seconds' requests that fulfil any of the rules; 0 where too few were seen to tell."""
        if len(self.latest) < MATCHING_SAMPLES_MIN:
            return 0.0
        tests = [compile_rule(rule) for rule in rules]
        return sum(s.weight for s in self.latest if any(t(s) for t in tests)) / sum(s.weight for s in self.latest)

    @cached_property
    def threatened(self) -> bool:
        """Whether a location has few places left."""
        return not self.has_room(FULL_SHARE)

    def has_room(self, share: float) -> bool:
        """Whether no location has so large a share of its places taken, as far as is known."""
        locations = self.situation.intent.platform.locations
        return all(
            pressure.in_flight < share * locations[name].capacity.in_flight
            for name, pressure in self.situation.locations.items()
            if name in locations
        )

    @cached_property
    def others_harm(self) -> float:
        """The greatest share of others' requests that is lost at a location. Services with findings aren't counted."""
        accused = {f.service for f in self.situation.findings.values() if f.service} | {self.service}
        return max(
            (compute_harm(p.rates(p.others(accused))) for p in self.situation.locations.values()),
            default=0.0,
        )


def _find_offered(pressure: Pressure) -> float:
    """What a location is offered, or was until just now: so that nobody is singled out while all of it ebbs away."""
    return float(max(pressure.rates(pressure.whole, over_s)[Metric.OFFERED] for over_s in EBB_S))


def open_cases(situation: Situation) -> tuple[Case, ...]:
    """A case for every service that has a finding to act upon or a mitigation of Holdfast's own, by name."""
    findings: dict[str, dict[FindingId, Finding]] = {}
    for id_, finding in situation.findings.items():
        if finding.service and finding.tier is Tier.HARMFUL and finding.kind in SURGES | STRAINS:
            findings.setdefault(finding.service, {})[id_] = finding
    in_force: dict[str, list[Mitigation]] = {}
    for mitigation in situation.mitigations.values():
        if mitigation.measure.service is not None:
            in_force.setdefault(mitigation.measure.service, []).append(mitigation)
    ours = {service for service, them in in_force.items() if any(map(is_automatic, them))}
    return tuple(
        Case(
            situation,
            read_policy(situation.intent, service),
            findings.get(service, {}),
            tuple(m for m in in_force.get(service, ()) if is_automatic(m)),
            tuple(m for m in in_force.get(service, ()) if not is_automatic(m)),
        )
        for service in sorted(ours | findings.keys())
        if service in situation.intent.services
    )


def is_automatic(mitigation: Mitigation) -> bool:
    """Whether this policy began it, and so may change and end it; what is lost and comes back has its own."""
    is_own = mitigation.author == AUTHOR and mitigation.finding is not None
    return is_own and not isinstance(mitigation.measure, Recovery)
