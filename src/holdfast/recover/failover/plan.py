"""From what edges see to what is done about it: the policy of failover, as one pure function."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.recover.failover.case import Case, Mark, Situation, name_mark
from holdfast.recover.failover.losses import close_sites, note_losses
from holdfast.recover.failover.moving import (
    Wish,
    choose_standby,
    move_alone,
    wish_to_move,
    wish_to_move_partly,
)
from holdfast.recover.failover.returning import EXPIRY_S, Pace, Prospect, pace_return
from holdfast.recover.failover.room import admit
from holdfast.recover.failover.sites import LostSite, find_lost_sites, move_site, pace_site
from holdfast.recover.failover.steps import Change, Moving, Return, Step

MOVES_MAX: Final = 200
"""Services that one look moves by themselves; more take turns, the critical ones first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done now, in order; what is to be remembered; and what each service or site waits for, in words."""

    steps: tuple[Step, ...] = ()
    marks: Mapping[str, Mark] = field(default_factory=dict)
    site_marks: Mapping[str, Mark] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)


def plan_failover(situation: Situation) -> Plan:
    """What follows from a situation: the same for the same arguments."""
    lost_sites = find_lost_sites(situation.cases.values())
    findings, marks = note_losses(situation, lost_sites)
    over, site_marks = close_sites(situation, lost_sites)
    site_steps, settled, waiting = _move_sites(situation, lost_sites)
    moves, held = _move_services(situation, lost_sites, settled)
    waiting = {**waiting, **held}
    steps: list[Step] = [*findings, *over, *site_steps, *moves]
    for name, case in situation.cases.items():
        for pace in (_pace_own(replace(case, mark=marks[name])), _pace_partial(case)):
            steps += [pace.step] if pace.step else []
            marks[name_mark(name, partial=pace.is_partial)] = pace.mark
            if pace.waits_for:
                waiting.setdefault(name, pace.waits_for)
    for move in situation.site_moves:
        whole = pace_site(move, situation)
        site = move.measure.site if isinstance(move.measure, FailOver) else None
        if site is not None:
            steps += whole.steps
            site_marks[site] = whole.mark
            waiting.setdefault(f"site {site}", whole.waits_for)
    return Plan(tuple(steps), marks, site_marks, waiting)


def _move_sites(
    situation: Situation, lost_sites: tuple[LostSite, ...]
) -> tuple[list[Step], frozenset[str], dict[str, str]]:
    """One site in a look: what it takes of others' room is known at the next one. Nor does anything else take any."""
    moved = {m.measure.site for m in situation.site_moves if isinstance(m.measure, FailOver)}
    for site in lost_sites:
        move = move_site(site, situation) if site.site not in moved else None
        if move is not None:
            others = situation.cases.keys() if situation.sites else frozenset[str]()
            return list(move.steps), move.settled | others, dict(move.waiting)
    return [], frozenset(), {}


def _move_services(
    situation: Situation, lost_sites: tuple[LostSite, ...], settled: frozenset[str]
) -> tuple[list[Step], dict[str, str]]:
    """Those that move by themselves: the ones that may, as far as there is room; the others are suggested."""
    steps, waiting, going = list[Step](), dict[str, str](), list[Wish]()
    for case in situation.cases.values():
        if case.service in settled:
            continue
        wish = wish_to_move(case) or wish_to_move_partly(case)
        if isinstance(wish, str):
            waiting[case.service] = wish
        elif wish is not None and case.is_automatic:
            going.append(wish)
        elif wish is not None and (suggestion := move_alone(wish)):
            steps.append(_answer(suggestion, case, situation, lost_sites))
            waiting[case.service] = "people to move it"
        elif wish is not None:
            waiting[case.service] = "people to move it: its policy is manual"
    let_in, crowded = admit(going, situation.sites)
    for wish in let_in[:MOVES_MAX]:
        if move := move_alone(wish):
            steps.append(_answer(move, wish.case, situation, lost_sites))
    return steps, {**waiting, **crowded}


def _answer(step: Moving, case: Case, situation: Situation, lost_sites: tuple[LostSite, ...]) -> Moving:
    """Services of a lost site have no finding of their own: the site's speaks of them."""
    if isinstance(step, Change):
        return step
    site = case.lost.site if case.lost else None
    found = site is not None and (site in situation.site_findings or any(s.site == site for s in lost_sites))
    return replace(step, finding=(FindingKind.LOSS, site)) if found and site and case.finding is None else step


def _pace_own(case: Case) -> Pace:
    """What is done about what moves one service on all edges."""
    own = case.own_move
    if own is None:
        return Pace(None, case.mark)
    if flight := _flee(case, own):
        return Pace(flight, replace(case.mark, fled_at=case.now, turned_at=case.now))
    return pace_return(own, case.failover, _foresee(case, own), case.mark, case.now)


def _flee(case: Case, move: Mitigation) -> Change | None:
    """On to another standby, where both the primary and the present one fail; once in `stay`."""
    measure, lost = move.measure, case.lost
    if lost is None or not isinstance(measure, FailOver) or not case.is_automatic:
        return None
    if case.now - case.mark.fled_at < case.failover.stay or not _find_standby_lost(case, move, None):
        return None
    chosen = choose_standby(case, lost)
    if isinstance(chosen, str) or chosen.name == (measure.to or lost.standbys[0].name):
        return None
    why = "both its primary and the present standby fail"
    return Change(move.id, measure.model_copy(update={"to": chosen.name, "share": 1.0}), why, move.edges, EXPIRY_S)


def _pace_partial(case: Case) -> Pace:
    """What is done about what moves it on some edges. Those that have just joined stay as long as any."""
    move, mark = case.partial_move, case.partial_mark
    if move is None:
        return Pace(None, Mark(), is_partial=True)
    if case.is_away:
        return Pace(Return(move.id, "all edges ask a standby now"), Mark(), is_partial=True)
    if wish_to_move_partly(case):
        return Pace(None, replace(mark, turned_at=case.now), is_partial=True)
    polls = [upstream.poll.among(move.edges or ()) for upstream in case.upstreams]
    known = [poll for poll in polls if poll.is_known]
    since = [at for at in (poll.well_since for poll in known) if at is not None]
    prospect = Prospect(
        well_since=max(since) if known and len(since) == len(known) else None,
        hurts=any(poll.failing for poll in polls),
        checked=case.is_checked,
        standby_lost=_find_standby_lost(case, move, move.edges),
        heard=any(poll.is_heard for poll in polls),
    )
    return replace(pace_return(move, case.failover, prospect, mark, case.now), is_partial=True)


def _foresee(case: Case, move: Mitigation) -> Prospect:
    lost = _find_standby_lost(case, move, None)
    is_lost = case.lost is not None
    return Prospect(case.well_since, is_lost, case.is_checked, lost, case.blind, case.is_heard, case.lagging)


def _find_standby_lost(case: Case, move: Mitigation, edges: tuple[str, ...] | None) -> str:
    """What edges say of the standby that requests go to, if it has failed for long enough."""
    to = move.measure.to if isinstance(move.measure, FailOver) else None
    for upstream in case.upstreams:
        standby = next((each for each in upstream.standbys if to is None or each.name == to), None)
        if standby is not None:
            poll = standby.poll if edges is None else standby.poll.among(edges)
            if poll.lost_since is not None and case.now - poll.lost_since >= case.failover.after:
                return poll.why
    return ""
