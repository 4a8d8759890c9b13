"""The guard on what is in force, whoever began it: what refuses normal traffic, or harms others, is ended.

Prediction stops most of that beforehand; the guard is for what was forced past it, or wasn't foretold. Kills and
read-only are spared: they refuse by design, and people said so.

Three ways to tell harm, each of which must hold for `HARM_S`:

- by counts: so much is refused that it can't all have been excess. What is refused beyond what is offered beyond the
  usual was normal traffic; in a flood that is next to nothing, however much is refused;
- by samples: clients that were there before anything unusual began are refused, by this very mitigation;
- by others' fate: they were well before it began, aren't since, and no finding explains it.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

from holdfast.mitigate.case import is_automatic
from holdfast.mitigate.pace import HARM_S, Timers, held_for
from holdfast.mitigate.pressure import Pressure, compute_harm
from holdfast.mitigate.situation import Samples, Situation
from holdfast.mitigate.steps import End
from holdfast.model.mitigation import REVERTED, Block, Deny, Kill, Limit, Mitigation, ReadOnly, Recovery, Shed
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import Metric

NORMAL_REFUSED_MAX: Final = 0.2
"""The share of usual traffic that may be refused before it is called harm; prediction's limit is far lower."""
OFFERED_MIN_RPS: Final = 2.5
"""Below this, counts of two seconds say nothing."""
COUNTED_S: Final = 4.0
CHANCE_DEVIATIONS: Final = 2.5
"""Means that forget within two seconds vary by chance as counts of so many seconds; so many deviations are forgiven."""
SAMPLES_MIN: Final = 10
"""Samples of known clients, refused, before that is called harm."""
OTHERS_WELL_MAX: Final = 0.01
OTHERS_HARMED_MIN: Final = 0.05
OTHERS_WITHIN_S: Final = 5.0
"""Harm to others is laid at a mitigation's door only if it came so soon after it."""
_BEFORE_S: Final = 3.0
_AFTER_S: Final = 1.0


def revert_harmful(situation: Situation, timers: Timers) -> tuple[End, ...]:
    """An end for each mitigation that has been doing harm for long enough to be sure of it."""
    return tuple(
        End(id_, f"{REVERTED}{find_harm(situation, mitigation)}")
        for id_, mitigation in situation.mitigations.items()
        if held_for(timers, "harm", id_, situation.now) >= HARM_S
    )


def find_harm_timers(situation: Situation) -> dict[tuple[str, str], bool]:
    """Whether each mitigation in force does harm now."""
    return {("harm", i): find_harm(situation, m) is not None for i, m in situation.mitigations.items()}


def find_harm(situation: Situation, mitigation: Mitigation) -> str | None:
    """What harm a mitigation does, with numbers; None if none is seen."""
    if isinstance(mitigation.measure, Kill | ReadOnly | Shed | Recovery):
        return None
    return (
        _harm_by_counts(situation, mitigation)
        or _harm_by_samples(situation, mitigation)
        or _harm_to_others(situation, mitigation)
    )


def _harm_by_counts(situation: Situation, mitigation: Mitigation) -> str | None:
    """Not for Holdfast's own limits while their finding is open: those hold a service to less on purpose."""
    measure, service = mitigation.measure, mitigation.measure.service
    if is_automatic(mitigation) and isinstance(measure, Limit) and mitigation.finding in situation.findings:
        return None
    if service is None:
        shares = (_refused_at(p) for p in situation.locations.values())
        share = max(shares, default=0.0)
    elif service in situation.services:
        reading = situation.services[service]
        refused = reading.rates.get(Metric.MITIGATED, 0.0)
        if isinstance(measure, Limit) and measure.in_flight is not None:
            refused += reading.rates.get(Metric.WALLED, 0.0)
        usual = reading.usual_rps if reading.learned else 0.0
        share = _normal_refused(reading.rates.get(Metric.OFFERED, 0.0), refused, usual)
    else:
        return None
    if share <= NORMAL_REFUSED_MAX:
        return None
    whose = "the platform's" if service is None else "its"
    return f"it refuses {share:.0%} of {whose} usual traffic"


def _refused_at(pressure: Pressure) -> float:
    rates = pressure.rates(pressure.whole)
    offered, refused = float(rates[Metric.OFFERED]), float(rates[Metric.MITIGATED])
    return _normal_refused(offered, refused, pressure.usual_rps or 0.0)


def _normal_refused(offered_rps: float, refused_rps: float, usual_rps: float) -> float:
    """The share of usual traffic that is refused, at least: as if all that is offered beyond it were refused first.

    Less what chance explains: when an attack ebbs away, what is let through may be below the usual for a while.
    """
    if min(offered_rps, usual_rps) < OFFERED_MIN_RPS:
        return 0.0
    normal_rps = min(offered_rps, usual_rps)
    chance_rps = CHANCE_DEVIATIONS * sqrt(normal_rps / COUNTED_S)
    return max(0.0, refused_rps - (offered_rps - normal_rps) - chance_rps) / normal_rps


def _harm_by_samples(situation: Situation, mitigation: Mitigation) -> str | None:
    measure = mitigation.measure
    if not isinstance(measure, Deny | Block) and not (isinstance(measure, Limit) and measure.per_client):
        return None
    if measure.service is None:
        return None
    samples = situation.samples.get(measure.service, Samples())
    known = {s.client for s in samples.normal}
    seen = [s for s in samples.recent if s.client in known and s.at >= mitigation.started_at]
    refused = [s for s in seen if s.cause.endswith(f".{mitigation.id}")]
    share = _weigh(refused) / _weigh(seen) if seen else 0.0
    if len(refused) < SAMPLES_MIN or share <= NORMAL_REFUSED_MAX:
        return None
    clients = len({s.client for s in refused})
    return f"it refuses {share:.0%} of what clients ask that were there before ({clients} of them)"


def _harm_to_others(situation: Situation, mitigation: Mitigation) -> str | None:
    began = mitigation.started_at
    since_s = situation.now - began
    if situation.findings or not _AFTER_S <= since_s <= OTHERS_WITHIN_S + HARM_S:
        return None
    service = mitigation.measure.service
    for name, pressure in situation.locations.items():
        others = pressure.others([service] if service else [])
        before = compute_harm(pressure.rates(others, _BEFORE_S, began))
        after = compute_harm(pressure.rates(others, _AFTER_S))
        offered = float(pressure.rates(others, _AFTER_S)[Metric.OFFERED])
        if before <= OTHERS_WELL_MAX and after >= OTHERS_HARMED_MIN and offered >= 10 * OFFERED_MIN_RPS:
            return f"at {name}, others lose {after:.0%} of their requests since, {before:.1%} before"
    return None


def _weigh(samples: Sequence[SampledRequest]) -> float:
    return sum(s.weight for s in samples)
