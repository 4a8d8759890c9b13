"""Whatever is seen, and in whatever order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.drills.simulation.failovers import draw_few, draw_flapping, draw_loss
from holdfast.drills.simulation.failovers_run import run_failover
from holdfast.drills.simulation.failovers_world import Fate
from holdfast.model.platform import Criticality
from holdfast.recover.failover.case import Burden, SiteCapacity
from holdfast.recover.failover.moving import Wish, wish_to_move
from holdfast.recover.failover.room import ORDER, admit
from recover.failover.scenes import case

wishes = st.lists(st.tuples(st.sampled_from(list(Criticality)), st.floats(0, 100)), max_size=12)


@given(wishes, st.floats(0, 400), st.floats(0, 200))
def test_no_site_is_overfilled_and_nobody_goes_before_a_more_critical_one(
    drawn: list[tuple[Criticality, float]], most: float, there: float
) -> None:
    made = [wish_to_move(case(service=f"s{n}", criticality=c, rps=rps)) for n, (c, rps) in enumerate(drawn)]
    going = [wish for wish in made if isinstance(wish, Wish)]
    assert len(going) == len(drawn)
    let_in, waiting = admit(going, {"eu": SiteCapacity(requests=most, burden=Burden(rps=there))})
    assert len(let_in) + len(waiting) == len(going)
    assert not let_in or there + sum(wish.burden.rps for wish in let_in) <= most * 1.000001
    ranks = {wish.case.service: ORDER.index(wish.case.criticality) for wish in going}
    first_held = min((ranks[name] for name in waiting), default=len(ORDER))
    assert all(ranks[wish.case.service] <= first_held for wish in let_in)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_flaps(seed: int) -> None:
    assert run_failover(draw_flapping(seed), seed).flaps == ()


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([Fate.DEAD, Fate.HUNG, Fate.BLACKHOLED]))
def test_what_is_lost_for_good_is_left_by_all(seed: int, fate: Fate) -> None:
    verdict = run_failover(draw_loss(seed, fate), seed)
    assert verdict.moved == verdict.draw.edges


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_a_minority_moves_nobody_else(seed: int) -> None:
    verdict = run_failover(draw_few(seed), seed)
    assert verdict.moved <= verdict.draw.fails_for
