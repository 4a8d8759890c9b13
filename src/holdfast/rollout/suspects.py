"""Which of the recent changes is why something was found: each weighed against its being a coincidence.

A change is compared with its being no cause at all by Bayes' rule, in three factors: how probable such a finding is
after such a change (a prior, by kind), how well the time fits (a cause is soon followed by its effect, half of the time
within `HALF_LIFE_S`; a coincidence falls anywhere, as often as such changes are made), and whether those that are
affected have the change more often than all others do.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from holdfast.model.finding import Finding, FindingKind
from holdfast.model.ledger import LedgerKind
from holdfast.model.suspect import RuledOut, Suspect
from holdfast.model.token import SYSTEM
from holdfast.rollout.change_reach import Change, Reach

SUSPECTS_MAX: Final = 5
LOOK_BACK_S: Final = 3 * 3_600.0
"""Older changes are no suspects."""
ONSET_SLACK_S: Final = 0.5
"""How much later than the onset a change may seem to be: two reports of an edge."""
WEIGHT_MIN: Final = 0.01
HALF_LIFE_S: Final = 60.0
HALF_LIVES_S: Final[Mapping[LedgerKind, float]] = {
    LedgerKind.DEPLOY: 300.0,
    LedgerKind.CERTIFICATE: 600.0,
    LedgerKind.OTHER: 300.0,
}
"""Of what takes effect by and by, instance by instance, or at the next handshake."""
PRIOR: Final = 0.05
PRIORS: Final[Mapping[LedgerKind, float]] = {
    LedgerKind.DEPLOY: 0.10,
    LedgerKind.DRILL: 0.30,
    LedgerKind.COMPONENT: 0.002,
}
"""How often such a change is followed by a finding about whom it reached. Components only look on."""
FROM_CLIENTS: Final = frozenset({FindingKind.SURGE, FindingKind.HEADROOM})
OVERLOADED: Final = FROM_CLIENTS | {FindingKind.SATURATION}
FROM_CLIENTS_FACTOR: Final = 0.2
"""What clients do by themselves is seldom because of a change; a drill is such clients."""
MISS: Final = 0.1
"""How likely it is that one of those affected together is so for another cause."""
TOGETHER_S: Final = 60.0
"""What begins within this of each other may have one cause."""
COUNTED_MAX: Final = 4
"""Those who are affected together aren't so independently: as evidence they count as so many at most."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is affected, and of how many: services, or edges where the finding is about none in particular."""

    affected: frozenset[str]
    count: int
    noun: str = "service"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A change, how it came to what the finding is about, how many of those affected have it, and what share of all."""

    change: Change
    reached: Reach
    lead_s: float
    having: int
    share: float


def rank_suspects(finding: Finding, changes: Sequence[Change], now: float, crowd: Crowd) -> tuple[Suspect, ...]:
    """The changes that most probably are why, the likeliest first; times are Unix times, in seconds.

    Those that hadn't reached whom the finding is about when it began are none. `crowd` is who is affected with it.
    """
    return tuple(
        _accuse(each, finding, crowd, weight)
        for weight, each in _rank(finding, changes, min(finding.began_at, now), crowd)[:SUSPECTS_MAX]
        if weight >= WEIGHT_MIN
    )


def rule_out_changes(finding: Finding, changes: Sequence[Change], now: float, crowd: Crowd) -> tuple[RuledOut, ...]:
    """The other changes made lately, the newest first, with why they are no suspects; see `rank_suspects`."""
    onset = min(finding.began_at, now)
    ranked = _rank(finding, changes, onset, crowd)
    weights = {id(each.change): weight for weight, each in ranked}
    accused = {id(each.change) for weight, each in ranked[:SUSPECTS_MAX] if weight >= WEIGHT_MIN}
    cleared = [each for each in _list_lately(changes, onset) if id(each) not in accused]
    newest = sorted(cleared, key=lambda change: -change.reaches[0].at)
    return tuple(_clear(each, finding, onset, weights.get(id(each))) for each in newest)


def _rank(finding: Finding, changes: Sequence[Change], onset: float, crowd: Crowd) -> list[tuple[float, _Candidate]]:
    """All that had reached whom the finding is about, with their weights; the likeliest first."""
    lately = _list_lately(changes, onset)
    alike = Counter(change.kind for change in lately)
    candidates = [_examine(change, reached, onset, crowd) for change, reached in _find_reaching(lately, finding, onset)]
    odds = [exp(_weigh(each, finding, alike[each.change.kind], crowd)) for each in candidates]
    total = 1.0 + sum(odds)
    weighed = ((o / total, each) for o, each in zip(odds, candidates, strict=True))
    return sorted(weighed, key=lambda pair: (-pair[0], pair[1].lead_s))


def _list_lately(changes: Sequence[Change], onset: float) -> list[Change]:
    return [
        change
        for change in changes
        if change.kind is not LedgerKind.FREEZE and any(_is_lately(reach, onset) for reach in change.reaches)
    ]


def _clear(change: Change, finding: Finding, onset: float, weight: float | None) -> RuledOut:
    return RuledOut(
        sequence=change.sequence,
        kind=change.kind,
        subject=change.subject,
        title=change.title,
        author=change.author,
        why=change.why,
        at=min(reach.at for reach in change.reaches),
        evidence=(_tell_clear(change, finding, onset, weight),),
    )


def _tell_clear(change: Change, finding: Finding, onset: float, weight: float | None) -> str:
    about = _name(finding)
    if weight is not None:
        return f"it had reached {about}, but less than {_percent(max(weight, WEIGHT_MIN))} speaks for it"
    later = [reach.at for reach in change.reaches if _concerns(reach, finding) and reach.at > onset]
    if later:
        return f"it reached {about} only {_span(min(later) - onset)} after it began"
    return f"it never reached {about}"


def _find_reaching(changes: Iterable[Change], finding: Finding, onset: float) -> Iterator[tuple[Change, Reach]]:
    """The changes that had come to what the finding is about in time, and how they did at the latest.

    What Holdfast does about more than can be carried isn't why there is more than can be carried.
    """
    overloaded = finding.kind in OVERLOADED
    for change in changes:
        if overloaded and change.kind is LedgerKind.MITIGATION and change.author == SYSTEM:
            continue
        before = [reach for reach in change.reaches if _is_lately(reach, onset) and _concerns(reach, finding)]
        if before:
            yield change, max(before, key=lambda reach: reach.at)


def _is_lately(reach: Reach, onset: float) -> bool:
    return onset - LOOK_BACK_S <= reach.at <= onset + ONSET_SLACK_S


def _concerns(reach: Reach, finding: Finding) -> bool:
    return (
        (finding.service is None or reach.services is None or finding.service in reach.services)
        and (finding.location is None or reach.locations is None or finding.location in reach.locations)
        and (finding.edge is None or reach.edges is None or finding.edge in reach.edges)
    )


def _examine(change: Change, reached: Reach, onset: float, crowd: Crowd) -> _Candidate:
    """Who had the change when it began."""
    reaches = [each for each in change.reaches if each.at <= onset + ONSET_SLACK_S]
    sets = [each.edges if crowd.noun == "edge" else each.services for each in reaches]
    lead_s = max(0.0, onset - reached.at)
    known = [each for each in sets if each is not None]
    if len(known) < len(sets):
        return _Candidate(change, reached, lead_s, len(crowd.affected), 1.0)
    having = known[0] if len(known) == 1 else frozenset[str]().union(*known)
    share = min(1.0, len(having) / max(1, crowd.count))
    return _Candidate(change, reached, lead_s, len(crowd.affected & having), share)


def _weigh(candidate: _Candidate, finding: Finding, alike: int, crowd: Crowd) -> float:
    """The logarithm of the odds that the change is the cause, and not a coincidence.

    `alike` is how many changes of its kind were made lately, this one included.
    """
    kind = candidate.change.kind
    prior = PRIORS.get(kind, PRIOR)
    if finding.kind in FROM_CLIENTS and kind is not LedgerKind.DRILL:
        prior *= FROM_CLIENTS_FACTOR
    half_life_s = HALF_LIVES_S.get(kind, HALF_LIFE_S)
    as_cause = log(log(2) / half_life_s) - candidate.lead_s / half_life_s * log(2)
    as_coincidence = log(alike / LOOK_BACK_S)
    return log(prior / (1 - prior)) + as_cause - as_coincidence + _weigh_cohort(candidate, crowd)


def _weigh_cohort(candidate: _Candidate, crowd: Crowd) -> float:
    """Were the change no cause, the affected would have it as often as everybody does."""
    if not crowd.affected or not candidate.share:
        return 0.0
    counted = min(len(crowd.affected), COUNTED_MAX)
    hits = counted * candidate.having / len(crowd.affected)
    return hits * log(1 / candidate.share) + (counted - hits) * log(MISS)


def _accuse(candidate: _Candidate, finding: Finding, crowd: Crowd, weight: float) -> Suspect:
    change = candidate.change
    return Suspect(
        sequence=change.sequence,
        kind=change.kind,
        subject=change.subject,
        title=change.title,
        author=change.author,
        why=change.why,
        reached_at=candidate.reached.at,
        lead_s=candidate.lead_s,
        affected=len(crowd.affected),
        affected_having=candidate.having,
        having_share=candidate.share,
        weight=weight,
        evidence=tuple(_tell(candidate, finding, crowd)),
    )


def _tell(candidate: _Candidate, finding: Finding, crowd: Crowd) -> Iterator[str]:
    about = _name(finding)
    yield f"{candidate.change.title} reached {about} {_span(candidate.lead_s)} before it began"
    of_all = "so do all" if candidate.share >= 1 else f"{_percent(candidate.share)} of all do"
    affected, having = len(crowd.affected), candidate.having
    noun = crowd.noun if affected == 1 else f"{crowd.noun}s"
    yield f"{having} of {affected} affected {noun} {'has' if having == 1 else 'have'} it, {of_all}"
    if candidate.reached.locations:
        yield f"it had reached {', '.join(sorted(candidate.reached.locations))} only"


def _name(finding: Finding) -> str:
    return finding.service or finding.edge or finding.location or "the platform"


def _span(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def gather_crowd(
    finding: Finding, others: Iterable[Finding], services: Collection[str], edges: Collection[str]
) -> Crowd:
    """Who is affected together with what a finding is about: whatever else began within `TOGETHER_S` of it.

    `services` and `edges` are all that there are; edges those of the finding's location, if it has one.
    """
    together = [each for each in others if abs(each.began_at - finding.began_at) <= TOGETHER_S]
    if finding.service is not None:
        affected = {finding.service, *(each.service for each in together if each.service is not None)}
        return Crowd(frozenset(affected), len(services))
    if finding.edge is not None:
        hit = {finding.edge, *(each.edge for each in together if each.edge is not None)}
        return Crowd(frozenset(hit), len(edges), "edge")
    return Crowd(frozenset(edges), len(edges), "edge")
