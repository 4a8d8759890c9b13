"""The ladder: hold, limit each client, refuse a source, kill. One step at a time, each given its time to work.

Every rung is taken only if the one before leaves something to be wished for:

1. hold the service to its guaranteed share, on all edges at once: it harms nobody else, and needs no evidence beyond
   the finding;
2. limit each client to what normal ones need, if that removes most of the excess and spares normal clients; left out
   where it can't help;
3. refuse the narrowest rule that the excess fulfils, if the tenant consents and normal traffic is spared: on one edge
   first, then on all;
4. kill, only where the tenant consents, nothing less helped and others still suffer.
"""

from dataclasses import dataclass
from typing import Final

from holdfast.mitigate.case import Case
from holdfast.mitigate.clients import find_need, limit_clients
from holdfast.mitigate.pace import (
    CLIENTS_WAIT_S,
    EXPIRY_S,
    HOLD_WAIT_S,
    KILL_WAIT_S,
    LEAK_S,
    LOOK_S,
    RULE_WAIT_S,
    TRIAL_S,
    Timers,
    find_barred,
    find_changed_at,
    held_for,
)
from holdfast.mitigate.predict import Rates, predict
from holdfast.mitigate.steps import Adjust, Start, Step, Suggest
from holdfast.model.finding import Finding, FindingId
from holdfast.model.mitigation import Deny, Kill, Limit, Measure, Mitigation
from holdfast.model.platform import Response
from holdfast.model.prediction import Prediction, Verdict

SUFFERING_MAX: Final = 0.05
"""The share of what isn't known to be bad that may be refused before the next step is thought of."""
REMOVED_MIN: Final = 0.8
"""Of the excess, what limits for each client must remove to be worth trying."""
SPARED_MIN: Final = 0.98
"""Of normal traffic, what a rule must spare by its attribution where prediction can't tell."""
DENIALS_MAX: Final = 3
"""Source rules in force for one service at a time."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A step that might be taken, with what is foretold of it."""

    measure: Measure
    why: str
    prediction: Prediction | None = None
    edges: tuple[str, ...] | None = None


def climb(case: Case, timers: Timers) -> tuple[Step, ...]:
    """The next step up for a service, if it is time for one."""
    lead = case.lead
    if lead is None or case.reading is None or case.policy.response is Response.OBSERVE:
        return ()
    if case.policy.response is Response.SUGGEST:
        return suggest(case, lead)
    if any(isinstance(m.measure, Kill) for m in case.mine + case.theirs):
        return ()
    if case.limit is None and _may_hold(case, timers) and (hold := find_hold(case)):
        return (_start(hold, lead),)
    if case.surge is None:
        return ()
    return spread(case) or (_go_on(case, case.surge, timers) if is_due(case, timers) else ())


def is_due(case: Case, timers: Timers) -> bool:
    """Whether it is time to think about a service's next step again."""
    since_s = held_for(timers, "thought about", case.service, case.now)
    return not 0 <= since_s < LOOK_S


def _may_hold(case: Case, timers: Timers) -> bool:
    """At once; but beside a source rule only if that has let too much through for a while, and not just seems to."""
    tried = case.policy.edges[0]
    established = any(m.edges is None or tried not in m.edges for m in case.denials)
    return not established or held_for(timers, "let through", case.service, case.now) >= LEAK_S


def suggest(case: Case, lead: FindingId) -> tuple[Step, ...]:
    """What would be done, told once: the hold, and the source rule as soon as there is one."""
    rung = (find_denial(case) if case.surge else None) or find_hold(case)
    if rung is None or (lead in case.situation.suggested and _same(case.situation.suggested[lead], rung.measure)):
        return ()
    if isinstance(rung.measure, Limit) and isinstance(case.situation.suggested.get(lead), Deny):
        return ()
    return (Suggest(lead, rung.measure, EXPIRY_S, rung.why, prediction=rung.prediction),)


def find_hold(case: Case) -> Rung | None:
    """The hold, where it is called for: a surge that goes on, or a strain that takes others' room."""
    if "limit" in find_barred(case.situation.ended, case.service, case.now):
        return None
    if case.surge is not None:
        if case.passed_rps <= case.near_usual_rps:
            return None
        hold = tighten(case.policy.hold, case.theirs)
        why = f"{describe(case.findings[case.surge])}; held to its guaranteed share"
        return Rung(hold, why) if hold else None
    in_flight = case.reading.in_flight if case.reading else 0
    if not (case.threatened and case.is_crowding) or in_flight <= case.policy.in_flight_held:
        return None
    hold = tighten(Limit(service=case.service, in_flight=case.policy.in_flight_held), case.theirs)
    why = f"{in_flight} requests in flight while the location is nearly full; held to its guaranteed share"
    return Rung(hold, why) if hold else None


def find_client_limits(case: Case) -> Rung | None:
    """Limits for each client, if they remove most of the excess and spare normal clients."""
    in_force = case.limit
    if in_force is None or not isinstance(in_force.measure, Limit) or in_force.measure.per_client is not None:
        return None
    ipv6_prefix = case.situation.intent.platform.clients.ipv6_prefix
    need = find_need(case.samples.normal, ipv6_prefix)
    clients = None if need is None else limit_clients(need, case.policy.edges_max, case.policy.per_client_rps)
    if clients is None or "per-client" in find_barred(case.situation.ended, case.service, case.now):
        return None
    foretold = _predict(case, Limit(service=case.service, per_client=clients))
    excess = 1 - case.usual_rps / max(case.passed_rps, case.usual_rps, 1e-9)
    if foretold.verdict is not Verdict.HARMLESS or foretold.refused_share < REMOVED_MIN * excess:
        return None
    why = f"each client limited to {clients.requests:.3g}/s, three times what normal clients need"
    return Rung(in_force.measure.model_copy(update={"per_client": clients}), why, foretold)


def find_denial(case: Case) -> Rung | None:
    """The source rule of the finding, if the tenant consents and it spares normal traffic; on one edge at first."""
    finding = case.findings[case.surge] if case.surge else None
    if finding is None or finding.source is None or not case.policy.consent.deny:
        return None
    barred = Deny(service=case.service, source=finding.source).kind in find_barred(
        case.situation.ended, case.service, case.now
    )
    if barred or finding.source in case.rules or len(case.denials) >= DENIALS_MAX:
        return None
    measure = Deny(service=case.service, source=finding.source)
    foretold = _predict(case, measure)
    attributed = finding.source_spares is not None and finding.source_spares >= SPARED_MIN
    if foretold.verdict is Verdict.HARMFUL or (foretold.verdict is Verdict.UNKNOWN and not attributed):
        return None
    edges = case.policy.edges[:1] if len(case.policy.edges) > 1 else None
    return Rung(measure, f"the excess comes from {shorten(finding.source.describe())}", foretold, edges)


def spread(case: Case) -> tuple[Step, ...]:
    """A source rule that has stood its trial on one edge is put on all."""
    for mitigation in case.denials:
        on_trial = mitigation.edges is not None and mitigation.edges == case.policy.edges[:1]
        if on_trial and case.now - mitigation.started_at >= TRIAL_S:
            why = f"stood its trial of {TRIAL_S:g} s on {case.policy.edges[0]}"
            return (Adjust(mitigation.id, mitigation.measure, None, EXPIRY_S, why),)
    return ()


def _go_on(case: Case, surge: FindingId, timers: Timers) -> tuple[Step, ...]:
    """The next rung above the hold, once the one before had its time and good clients or others still suffer.

    Not once traffic is back to normal: what good clients suffer then is what is in force, and about to be let go.
    """
    if case.passed_rps <= case.near_usual_rps:
        return ()
    if not _had_its_time(case):
        return ()
    if case.suffering > SUFFERING_MAX:
        if case.limit and (clients := find_client_limits(case)):
            return (Adjust(case.limit.id, clients.measure, case.limit.edges, EXPIRY_S, clients.why),)
        if denial := find_denial(case):
            return (_start(denial, surge),)
    if case.policy.consent.kill and held_for(timers, "others", case.service, case.now) >= KILL_WAIT_S:
        why = "nothing less has helped, and others still lose requests; killed as its tenant consents"
        return (_start(Rung(Kill(service=case.service), why), surge),)
    return ()


def _had_its_time(case: Case) -> bool:
    """Whether every step in force was given its time to work."""
    for mitigation in case.mine:
        measure, age = mitigation.measure, case.now - mitigation.started_at
        if isinstance(measure, Deny) and age < RULE_WAIT_S:
            return False
        if isinstance(measure, Limit) and age < HOLD_WAIT_S:
            return False
        clients = isinstance(measure, Limit) and measure.per_client is not None
        if clients and case.now - find_changed_at(mitigation) < CLIENTS_WAIT_S:
            return False
    return True


def tighten(limit: Limit, others: tuple[Mitigation, ...]) -> Limit | None:
    """A limit that is nowhere looser than those that people put in force; None if theirs are as tight already."""
    for other in (m.measure for m in others if isinstance(m.measure, Limit) and m.edges is None):
        limit = limit.model_copy(
            update={
                "requests_per_s": _least(limit.requests_per_s, other.requests_per_s),
                "in_flight": _least(limit.in_flight, other.in_flight),
                "per_client": other.per_client or limit.per_client,
                "client_prefix": other.client_prefix if other.per_client else limit.client_prefix,
            }
        )
        if limit == other:
            return None
    return limit


def describe(finding: Finding) -> str:
    """What was found, with its numbers, in one line."""
    now, usual = finding.evidence.now, finding.evidence.usual
    beyond = f", beyond {finding.evidence.capacity:.3g}/s" if finding.evidence.capacity is not None else ""
    return f"{finding.kind}: {now:.3g}/s, usually {usual:.3g}/s{beyond}"


def shorten(text: str, most: int = 200) -> str:
    """A text of at most so many printable characters."""
    printable = "".join(c if c.isprintable() else "?" for c in text)
    return printable if len(printable) <= most else printable[: most - 1] + "…"


def _predict(case: Case, measure: Measure) -> Prediction:
    return predict(
        measure,
        case.samples.normal,
        case.samples.recent,
        Rates(case.offered_rps, case.usual_rps),
        ipv6_prefix=case.situation.intent.platform.clients.ipv6_prefix,
    )


def _start(rung: Rung, finding: FindingId) -> Start:
    return Start(rung.measure, EXPIRY_S, rung.why, finding, rung.edges, rung.prediction)


def _same(one: Measure, other: Measure) -> bool:
    """Whether there is nothing new in a suggestion: the numbers of a limit may differ."""
    if isinstance(one, Deny) and isinstance(other, Deny):
        return one.source == other.source
    return one.kind == other.kind


def _least(one: float | None, other: float | None) -> float | None:
    values = [value for value in (one, other) if value is not None]
    return min(values, default=None)
