"""A site that is lost as a whole: one move for all of its services, and one way back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.model.recovery import Failover, Policy
from holdfast.recover.failover.case import Case, Mark, Situation, UpstreamCase
from holdfast.recover.failover.moving import Wish, choose_standby
from holdfast.recover.failover.returning import Pace, Prospect, pace_return
from holdfast.recover.failover.room import admit
from holdfast.recover.failover.steps import Change, Move, Return, Step, Suggest

LOST_MIN: Final = 3
"""Fewer services than this move by themselves, wherever they are."""
_STRICT: Final = (Policy.MANUAL, Policy.SUGGEST, Policy.AUTOMATIC)


@dataclass(frozen=True, slots=True)
class LostSite:
    """A site, its services, and those of them that a quorum sees fail."""

    site: str
    cases: tuple[Case, ...]
    lost: tuple[Case, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Of the finding about it."""
        return FindingKind.LOSS, self.site

    @property
    def why(self) -> str:
        """What says that it is lost."""
        known = sum(case.is_known for case in self.cases)
        return f"{len(self.lost)} of its {known} services that edges hear of fail at once"


def find_lost_sites(cases: Iterable[Case]) -> tuple[LostSite, ...]:
    """The sites where most services that anything is known of fail, each for whatever time."""
    at: dict[str, list[Case]] = {}
    for case in cases:
        for site in {upstream.site for upstream in case.upstreams if upstream.site is not None}:
            at.setdefault(site, []).append(case)
    found = []
    for site, there in sorted(at.items()):
        lost = tuple(case for case in there if case.lost is not None and case.lost.site == site)
        known = sum(case.is_known for case in there)
        if len(lost) >= LOST_MIN and 2 * len(lost) > known:
            found.append(LostSite(site, tuple(there), lost))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SiteMove:
    """What is done about a lost site at once: the steps, the services it settles, and why others of it must wait."""

    steps: tuple[Step, ...]
    settled: frozenset[str]
    waiting: Mapping[str, str]


def move_site(site: LostSite, situation: Situation) -> SiteMove | None:
    """One move for all that are ready to go, once the first of them has failed for long enough.

    None where too few would go together: then each moves by itself. Those that are well, unready, or that the standby's
    site has no room for are spared, as are those whose policy leaves it to people.
    """
    if not any(case.lost_for_s >= case.failover.after for case in site.lost):
        return None
    going, waiting = _find_going(site)
    let_in, crowded = admit([wish for wish in going if wish.case.is_automatic], situation.sites)
    asked = [wish for wish in going if wish.case.failover.policy is Policy.SUGGEST]
    steps: list[Step] = []
    settled: set[str] = set()
    if len(let_in) >= LOST_MIN:
        steps.append(Move(_measure(site, let_in), site.why, site.key))
        settled |= {wish.case.service for wish in let_in}
    if len(asked) >= LOST_MIN:
        steps.append(Suggest(_measure(site, asked), site.why, site.key))
        settled |= {wish.case.service for wish in asked}
    if not steps:
        return None
    return SiteMove(tuple(steps), frozenset(settled | crowded.keys()), {**waiting, **crowded})


def _find_going(site: LostSite) -> tuple[list[Wish], dict[str, str]]:
    going, waiting = list[Wish](), dict[str, str]()
    for case in site.cases:
        upstream = next((each for each in case.upstreams if each.site == site.site), None)
        if upstream is None or case.is_away or case.own_move or case.well_since is not None:
            continue
        chosen = choose_standby(case, upstream)
        if isinstance(chosen, str):
            waiting[case.service] = chosen
        elif chosen is upstream.standbys[0]:
            going.append(Wish(case, chosen, FailOver(service=case.service), site.why, moved=case.partly_moved))
    return going, waiting


def _measure(site: LostSite, going: Sequence[Wish]) -> FailOver:
    names = {wish.case.service for wish in going}
    spared = sorted(case.service for case in site.cases if case.service not in names)
    return FailOver(site=site.site, spare=tuple(spared))


@dataclass(frozen=True, slots=True)
class SitePace:
    """What is done about a site's move in force."""

    steps: tuple[Step, ...]
    mark: Mark
    waits_for: str


def pace_site(move: Mitigation, situation: Situation) -> SitePace:
    """Back as one, when most of it is well. Services that still fail get a move of their own first."""
    measure = move.measure
    if not isinstance(measure, FailOver) or measure.site is None:
        return SitePace((), Mark(), "")
    covered = [case for case in situation.cases.values() if _covers(measure, case) and case.own_move is None]
    mark = situation.site_marks.get(measure.site, Mark())
    if not covered:
        return SitePace((), mark, "")
    lost = [case for case in covered if case.lost is not None]
    pace = pace_return(move, _merge(covered), _foresee(measure.site, covered, lost), mark, situation.now)
    if lost and _sends_back(pace, measure):
        why, key = "the rest of its site returns, it still fails", (FindingKind.LOSS, measure.site)
        stay = tuple(Move(FailOver(service=case.service), why, key) for case in lost)
        return SitePace(stay, mark, "services that still fail to be moved by themselves")
    return SitePace((pace.step,) if pace.step else (), pace.mark, pace.waits_for)


def _covers(measure: FailOver, case: Case) -> bool:
    if measure.site is None or not case.is_at(measure.site) or case.service in measure.spare:
        return False
    return measure.classes is None or case.criticality in measure.classes


def _sends_back(pace: Pace, before: FailOver) -> bool:
    if isinstance(pace.step, Change):
        return pace.step.measure.share < before.share
    return isinstance(pace.step, Return)


def _merge(covered: Sequence[Case]) -> Failover:
    """The most careful of all their policies."""
    policies = [case.failover for case in covered]
    return Failover(
        fail_back=min((each.fail_back for each in policies), key=_STRICT.index),
        stay=max(each.stay for each in policies),
        ramp=max(each.ramp for each in policies),
        read_only=all(each.read_only for each in policies),
    )


def _foresee(site: str, covered: Sequence[Case], lost: Sequence[Case]) -> Prospect:
    well = sorted(case.well_since for case in covered if case.well_since is not None)
    known = len(well) + len(lost)
    failing = [_find_standby_lost(site, case) for case in covered]
    most_fail = 2 * sum(bool(each) for each in failing) > len(covered)
    return Prospect(
        well_since=well[known // 2] if len(well) > known // 2 else None,
        hurts=bool(lost) and 2 * len(lost) >= known,
        checked=all(case.is_checked for case in covered),
        standby_lost=next((each for each in failing if each), "") if most_fail else "",
        blind=covered[0].blind,
        heard=covered[0].is_heard,
        lagging=tuple(case.service for case in covered if case.lagging),
    )


def _find_standby_lost(site: str, case: Case) -> str:
    upstream: UpstreamCase | None = next((each for each in case.upstreams if each.site == site), None)
    if upstream is None:
        return ""
    poll = upstream.standbys[0].poll
    is_lost = poll.lost_since is not None and case.now - poll.lost_since >= case.failover.after
    return poll.why if is_lost else ""
