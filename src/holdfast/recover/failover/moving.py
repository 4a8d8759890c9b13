"""Away from a primary: when, to which standby, and on which edges."""

from dataclasses import dataclass
from typing import Final

from holdfast.model.mitigation import FailOver
from holdfast.model.recovery import Policy
from holdfast.recover.failover.case import Burden, Case, StandbyCase, UpstreamCase
from holdfast.recover.failover.poll import Poll
from holdfast.recover.failover.steps import Change, Move, Moving, Suggest

NEVER: Final = "nobody sees that it does well"


@dataclass(frozen=True, slots=True)
class Wish:
    """A service that should move to a standby now, for what its edges see. `to` None is the first of each upstream.

    `edges` are those that should ask the standby, None for all; `moved` those of them that do so already.
    """

    case: Case
    standby: StandbyCase
    measure: FailOver
    why: str
    edges: tuple[str, ...] | None = None
    moved: tuple[str, ...] = ()

    @property
    def burden(self) -> Burden:
        """What the standby may get on top of what it has: of all edges, since a few now may be all in a moment."""
        return self.case.sum_burden(besides=self.moved)


def wish_to_move(case: Case) -> Wish | str | None:
    """Where a lost service should move; why it can't, in words, where it should; None where it needn't.

    A service moves as a whole: with one of its upstreams go all that have the standby, so that it has one place.
    """
    lost = case.lost
    if lost is None or case.is_away or case.own_move or case.lost_for_s < case.failover.after:
        return None
    if case.now - case.mark.fled_at < case.failover.stay:
        left_s = case.failover.stay - (case.now - case.mark.fled_at)
        return f"it left a failing standby, and doesn't move again for {left_s:.0f} s"
    chosen = choose_standby(case, lost)
    if isinstance(chosen, str):
        return chosen
    to = None if chosen is lost.standbys[0] else chosen.name
    measure, why = FailOver(service=case.service, to=to), describe_loss(lost.poll)
    return Wish(case, chosen, measure, why, moved=case.partly_moved)


def move_alone(wish: Wish) -> Moving | None:
    """The step that moves one service by itself, as far as its policy lets Holdfast."""
    case, before = wish.case, wish.case.partial_move
    if wish.edges is not None:
        if before is None:
            return Move(wish.measure, wish.why, case.key, wish.edges)
        return Change(before.id, wish.measure, wish.why, wish.edges)
    if case.is_automatic:
        return Move(wish.measure, wish.why, case.key)
    return Suggest(wish.measure, wish.why, case.key) if case.failover.policy is Policy.SUGGEST else None


def wish_to_move_partly(case: Case) -> Wish | None:
    """Where only some edges can't reach the primary, those alone ask a standby, and for reading alone.

    A minority never moves everybody. Edges join, and leave all together on the way back.
    """
    lost = find_partly_lost(case)
    if lost is None or not case.is_automatic:
        return None
    upstream, failing = lost
    moved = case.partly_moved
    joined = tuple(sorted({*moved, *failing}))
    standby = next((s for s in upstream.standbys if not s.unready and set(failing) <= s.poll.well.keys()), None)
    if standby is None or joined == moved:
        return None
    why = f"{', '.join(failing)} can't reach it, others can: {upstream.poll.why}"
    to = None if standby is upstream.standbys[0] else standby.name
    return Wish(case, standby, FailOver(service=case.service, to=to, read_only=True), why, joined, moved)


def find_partly_lost(case: Case) -> tuple[UpstreamCase, tuple[str, ...]] | None:
    """The upstream that some edges see fail for long enough while no quorum does, and those edges."""
    if case.lost is not None or case.is_away:
        return None
    for upstream in case.upstreams:
        poll, latest = upstream.poll, case.now - case.failover.after
        failing = tuple(sorted(edge for edge, since in poll.failing.items() if since <= latest))
        if failing and poll.is_heard and poll.well:
            return upstream, failing
    return None


def choose_standby(case: Case, lost: UpstreamCase) -> StandbyCase | str:
    """The first standby that is ready for it; if none is, why not."""
    against = []
    for standby in lost.standbys:
        reason = find_reason_against(case, standby)
        if not reason:
            return standby
        against.append(f"{standby.name}: {reason}")
    return "; ".join(against)


def find_reason_against(case: Case, standby: StandbyCase) -> str:
    """Why a service can't move to a standby now; nothing if it can. What takes another upstream's place counts too."""
    if standby.unready:
        return standby.unready
    if standby.poll.failing and len(standby.poll.failing) >= len(standby.poll.well):
        return f"edges see it fail too: {standby.poll.why}"
    if not standby.poll.well:
        return NEVER
    others = (s for u in case.upstreams for s in u.standbys if s.name == standby.name and s is not standby)
    if any(s.poll.lost_since is not None for s in others):
        return "it fails for another of the service's upstreams"
    return ""


def describe_loss(poll: Poll) -> str:
    """What edges see, such as `2 of 3 edges: the last 40 tries failed`."""
    known = len(poll.failing) + len(poll.well)
    edges = "the edge" if known == 1 else f"{len(poll.failing)} of {known} edges"
    return f"seen by {edges}: {poll.why}"
