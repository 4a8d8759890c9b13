"""Playbooks: what is seen, and what is done about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from holdfast.model.mitigation import FailOver
from holdfast.model.platform import Criticality
from holdfast.model.recovery import Policy
from holdfast.recover.failover.case import Burden, Case, SiteCapacity, StandbyCase
from holdfast.recover.failover.plan import plan_failover
from holdfast.recover.failover.returning import EXPIRY_S, SHARES, TRICKLE
from holdfast.recover.failover.steps import Change, Move, Note, Over, Return, Step, Suggest
from recover.failover.scenes import (
    AUTOMATIC,
    DEAD,
    LONG_AGO,
    NOW,
    UNKNOWN,
    WELL,
    case,
    met,
    move,
    seen,
    situation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from holdfast.model.recovery import Failover

JUST_NOW = NOW - 0.5


def play(*cases: Case) -> list[Step]:
    """What is done, findings aside."""
    return [step for step in plan_failover(situation(*cases)).steps if not isinstance(step, Note | Over)]


def wait_for(of: Case) -> str:
    """What is waited for."""
    return plan_failover(situation(of)).waiting.get(of.service, "")


def moves(steps: Iterable[Step]) -> list[FailOver]:
    return [step.measure for step in steps if isinstance(step, Move)]


def policy(**changes: object) -> Failover:
    return AUTOMATIC.model_copy(update=changes)


def test_what_a_quorum_sees_fail_for_long_enough_moves() -> None:
    (step,) = play(case())
    assert isinstance(step, Move)
    assert step.measure == FailOver(service="shop")
    assert step.why == "seen by 3 of 3 edges: the last 9 tries failed"
    (note, _) = plan_failover(situation(case())).steps
    assert isinstance(note, Note)
    assert note.finding.key == step.finding


@pytest.mark.parametrize(
    "primary",
    [WELL, UNKNOWN, seen("a", "b", "c", since=JUST_NOW), seen("a", well="bc"), seen("a", blind="bcd")],
    ids=["well", "unknown", "not for long enough", "a minority", "most edges aren't heard"],
)
def test_nothing_else_moves_everybody(primary: object) -> None:
    steps = play(case(primary))  # type: ignore[arg-type]  # a poll
    assert not [step for step in steps if isinstance(step, Move) and step.edges is None]


@pytest.mark.parametrize(
    ("standby", "unready", "why"),
    [
        (DEAD, "", "b: edges see it fail too: the last 9 tries failed"),
        (UNKNOWN, "", "b: nobody sees that it does well"),
        (WELL, "its last drill failed", "b: its last drill failed"),
    ],
)
def test_nothing_moves_to_a_standby_that_is_not_ready(standby: object, unready: str, why: str) -> None:
    lost = case(standby=standby, unready=unready)  # type: ignore[arg-type]  # a poll
    assert play(lost) == []
    assert wait_for(lost) == why


def test_the_first_standby_that_is_ready_is_taken() -> None:
    lost = case(unready="its last drill failed")
    upstream = replace(lost.upstreams[0], standbys=(*lost.upstreams[0].standbys, StandbyCase("c", WELL, "asia")))
    assert moves(play(replace(lost, upstreams=(upstream,)))) == [FailOver(service="shop", to="c")]


def test_people_are_asked_or_left_alone_as_the_policy_says() -> None:
    (asked,) = play(case(policy=policy(policy=Policy.SUGGEST)))
    assert isinstance(asked, Suggest)
    assert play(case(policy=policy(policy=Policy.MANUAL))) == []


def test_only_edges_that_cannot_reach_it_ask_a_standby_and_for_reading_alone() -> None:
    (step,) = play(case(seen("a", well="bc")))
    assert isinstance(step, Move)
    assert (step.edges, step.measure.read_only) == (("a",), True)
    joined = case(seen("b", well="ac"), moves=(move(edges=("a",)),), partial_mark=met())
    (change,) = play(joined)
    assert isinstance(change, Change)
    assert change.edges == ("a", "b")
    assert play(case(seen("a", well="bc"), standby=seen("a", well="bc"))) == []


def test_some_edges_alone_overfill_no_site_either() -> None:
    some = case(seen("a", well="bc"), burdens={"a": Burden(10), "b": Burden(40)})
    assert moves(plan_failover(situation(some, sites={"eu": SiteCapacity(requests=60)})).steps) != []
    short = plan_failover(situation(some, sites={"eu": SiteCapacity(requests=40)}))
    assert moves(short.steps) == []
    assert short.waiting["shop"] == "eu has no room for its 50 requests/s"


def test_what_some_edges_brought_already_is_counted_once() -> None:
    lost = case(burdens={"a": Burden(30), "b": Burden(20)}, moves=(move(edges=("a",)),), partial_mark=met())
    there = {"eu": SiteCapacity(requests=60, burden=Burden(30))}
    assert moves(plan_failover(situation(lost, sites=there)).steps) == [FailOver(service="shop")]


def test_where_all_are_moved_none_is_moved_by_itself() -> None:
    away = case(moves=(move(edges=("a",)), move()), mark=met())
    assert Return("m-1", "all edges ask a standby now") in play(away)


def away(primary: object = WELL, share: float = 1.0, **more: object) -> Case:
    """A service on its standby, since long ago."""
    given = {"mark": met(), "finding": "f-1", "moves": (move(share),), **more}
    return case(primary, **given)  # type: ignore[arg-type]  # whatever the test says


def test_the_way_back_goes_step_by_step() -> None:
    (begun,) = play(away())
    assert isinstance(begun, Change)
    assert begun.measure.share == SHARES[0]
    assert play(away(share=0.9, mark=met(stepped_at=NOW - 1))) == []
    (further,) = play(away(share=0.9, mark=met(stepped_at=NOW - 5)))
    assert isinstance(further, Change)
    assert further.measure.share == SHARES[1]
    (ended,) = play(away(share=SHARES[-1], mark=met(stepped_at=NOW - 5)))
    assert isinstance(ended, Return)


def test_the_way_back_waits_until_the_primary_has_been_well_for_long_enough() -> None:
    for primary in (DEAD, UNKNOWN, seen(well="abc", since=NOW - 59), seen(well="abc", blind="defg")):
        assert play(away(primary)) == []
    assert play(away(moves=(move(started_at=NOW - 59),))) == []
    assert play(away(mark=met(turned_at=NOW - 59))) == []
    assert play(away(mark=met(turned_at=NOW - 100, hurts=1))) == []
    assert play(away(mark=replace(met(), met_at=NOW - 59))) == []


def test_the_way_back_waits_for_edges_that_still_see_it_fail_but_not_for_ever() -> None:
    late = away(seen("d", well="abc", since=NOW - 61))
    assert play(late) == []
    assert wait_for(late) == "its primary to be well for d too"
    (begun,) = play(away(seen("d", well="abc", since=NOW - 121)))
    assert isinstance(begun, Change)


def test_once_it_hurts_all_go_to_the_standby_again() -> None:
    hurt = away(seen("a", "b", "c", since=NOW), share=0.5)
    (step,) = play(hurt)
    assert isinstance(step, Change)
    assert step.measure.share == 1.0
    mark = plan_failover(situation(hurt)).marks["shop"]
    assert (mark.turned_at, mark.hurts) == (NOW, 1)


def test_a_primary_that_is_not_checked_is_tried_with_a_trickle_of_reads() -> None:
    (begun,) = play(away(UNKNOWN, checked=False))
    assert isinstance(begun, Change)
    assert begun.measure.share == TRICKLE
    waiting = away(UNKNOWN, TRICKLE, checked=False, mark=met(stepped_at=LONG_AGO))
    assert play(waiting) == []
    assert wait_for(waiting) == "requests to tell how its primary does"


def test_people_end_what_the_policy_leaves_to_them() -> None:
    suggested = away(policy=policy(fail_back=Policy.SUGGEST))
    assert play(suggested) == []
    assert wait_for(suggested) == "people to end it: its primary has been well for 1000 s"
    assert play(away(moves=(move(author="ann"),))) == []
    assert play(away(moves=(move(author="ann"),), mark=met(seen_lost=True)))


def test_moves_are_prolonged_while_they_are_needed() -> None:
    soon = NOW + 200
    (ours,) = play(away(DEAD, moves=(move(expires_at=soon),)))
    assert isinstance(ours, Change)
    assert ours.for_s == EXPIRY_S
    (theirs,) = play(away(DEAD, moves=(move(author="ann", expires_at=soon),)))
    assert isinstance(theirs, Change)
    assert play(away(moves=(move(author="ann", expires_at=soon),))) == []


def test_a_failing_standby_is_left_for_a_primary_that_is_well() -> None:
    (step,) = play(away(standby=DEAD, moves=(move(started_at=NOW - 5),)))
    assert isinstance(step, Return)
    fled = case(mark=met(fled_at=NOW - 10))
    assert play(fled) == []
    assert wait_for(fled) == "it left a failing standby, and doesn't move again for 50 s"
    assert play(away(DEAD, standby=DEAD)) == []


def test_writes_return_only_when_every_edge_can_be_told() -> None:
    blind = seen(well="abc", blind="d")
    last = {"share": SHARES[-1], "mark": met(stepped_at=NOW - 5)}
    assert isinstance(play(away(blind, **last))[0], Return)  # type: ignore[arg-type]  # whatever the test says
    writing = policy(read_only=False)
    assert play(away(blind, policy=writing, **last)) == []  # type: ignore[arg-type]  # whatever the test says


def site(count: int, lost: int, **more: object) -> list[Case]:
    """Services at one site, of which some are lost."""
    return [
        case(DEAD if n < lost else WELL, service=f"s{n}", **more)  # type: ignore[arg-type]  # whatever the test says
        for n in range(count)
    ]


def test_a_lost_site_is_one_move_and_one_finding() -> None:
    steps = plan_failover(situation(*site(1_000, 990))).steps
    note, step = steps
    assert isinstance(note, Note)
    assert isinstance(step, Move)
    assert note.finding.key == step.finding == ("loss", "us")
    assert step.measure == FailOver(site="us", spare=tuple(sorted(f"s{n}" for n in range(990, 1_000))))


def test_a_few_lost_services_are_no_lost_site() -> None:
    assert {m.service for m in moves(play(*site(10, 4)))} == {"s0", "s1", "s2", "s3"}


def test_those_whose_policy_leaves_it_to_people_are_spared_by_the_sites_move() -> None:
    manual = [case(service=f"m{n}", policy=policy(policy=Policy.MANUAL)) for n in range(2)]
    (measure,) = moves(play(*site(5, 5), *manual))
    assert measure.spare == ("m0", "m1")


def test_the_critical_ones_go_first_where_a_standby_site_is_small() -> None:
    classes = [Criticality.CRITICAL_PLUS, Criticality.CRITICAL, Criticality.SHEDDABLE]
    cases = [case(service=f"{c.replace('_', '-')}-{n}", criticality=c, rps=10) for c in classes for n in range(4)]
    capacity = {"eu": SiteCapacity(requests=100, burden=Burden(rps=35))}
    plan = plan_failover(situation(*cases, sites=capacity))
    (measure,) = moves(plan.steps)
    moved = {each.service for each in cases} - set(measure.spare)
    assert moved == {*(f"critical-plus-{n}" for n in range(4)), "critical-0", "critical-1"}
    assert plan.waiting["sheddable-0"] == "eu has no room for critical services, which go first"


def test_a_site_returns_as_one_and_leaves_behind_what_still_fails() -> None:
    whole = move(service=None, site="us")
    marks = {"us": met(seen_lost=True)}
    held = [replace(each, moves=(whole,)) for each in site(5, 1)]
    steps = plan_failover(situation(*held, site_moves=(whole,), site_marks=marks, site_findings={"us": "f-1"})).steps
    assert moves(steps) == [FailOver(service="s0")]
    own = move(service="s0", started_at=NOW)
    held[0] = replace(held[0], moves=(whole, own))
    steps = plan_failover(situation(*held, site_moves=(whole,), site_marks=marks, site_findings={"us": "f-1"})).steps
    (change,) = [step for step in steps if isinstance(step, Change)]
    assert change.measure == FailOver(site="us", share=SHARES[0])


def test_what_was_found_is_over_after_a_while() -> None:
    found = case(WELL, finding="f-1")
    assert plan_failover(situation(found)).steps == ()
    assert plan_failover(situation(replace(found, mark=met(well_at=NOW - 10)))).steps == (
        Over("f-1", "edges don't see it fail any more"),
    )
