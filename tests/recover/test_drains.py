"""How many machines may be left out: never so many that the others couldn't take over, never all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.mitigation import Drain, Mitigation
from holdfast.model.recovery import Endpoint
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.upstream import Standby
from holdfast.recover.drains import Upstreams, check_drain, count_spared, plan_drain
from holdfast.recover.reclaims import Reclaim, find_over


def upstreams(count: int, share_max: float = 0.5, first: int = 1) -> Upstreams:
    endpoints = tuple(Endpoint(address=f"192.0.2.{n}:80") for n in range(first, first + count))
    return Upstreams(Standby(endpoints=endpoints, ephemeral_max=share_max), endpoints)


@pytest.mark.parametrize(
    ("count", "share", "spared"),
    [(0, 0.5, 0), (1, 1.0, 0), (2, 0.1, 1), (4, 0.5, 2), (5, 0.5, 2), (4, 1.0, 3), (10, 0.3, 3)],
)
def test_so_many_may_be_left_out(count: int, share: float, spared: int) -> None:
    assert count_spared(count, share) == spared


def test_what_the_others_can_take_over_is_drained_and_the_rest_is_kept() -> None:
    four = upstreams(4)
    plan = plan_drain({"192.0.2.4:80", "192.0.2.2:80", "192.0.2.3:80", "elsewhere:80"}, (), [four])
    assert (plan.drained, plan.kept) == (("192.0.2.2:80", "192.0.2.3:80"), ("192.0.2.4:80",))
    later = plan_drain({"192.0.2.4:80"}, plan.drained, [four])
    assert (later.drained, later.kept) == ((), ("192.0.2.4:80",))
    joined = Upstreams(four.stated, upstreams(6).endpoints)
    assert plan_drain({"192.0.2.4:80"}, plan.drained, [joined]).drained == ("192.0.2.4:80",)


@given(st.integers(1, 40), st.floats(0, 1), st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_each_upstream_keeps_what_it_needs(count: int, share: float, leaving: set[int], drained: set[int]) -> None:
    group = upstreams(count, share)
    here = {each.address for each in group.endpoints}
    out = sorted(here & {f"192.0.2.{n}:80" for n in drained})[: count_spared(count, share)]
    plan = plan_drain({f"192.0.2.{n}:80" for n in leaving}, out, [group])
    assert len(here - {*out, *plan.drained}) >= max(1, count - max(1, int(count * share)))
    assert {*plan.drained, *plan.kept} == here & {f"192.0.2.{n}:80" for n in leaving} - set(out)


def test_people_may_drain_all_but_the_last() -> None:
    three = upstreams(3)
    two = Drain(service="shop", endpoints=("192.0.2.1:80", "192.0.2.2:80"))
    assert check_drain(two, (), [three]) is None
    refused = check_drain(two, {"192.0.2.3:80"}, [three])
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.ENDPOINTS_NEEDED
    other = upstreams(2, first=7)
    assert check_drain(two, {"192.0.2.7:80", "192.0.2.8:80"}, [three, other]) is None


def test_edges_that_look_names_up_cannot_be_told() -> None:
    named = (Endpoint(address="a.internal:80"), Endpoint(address="b.internal:80"))
    group = Upstreams(Standby(endpoints=named), named, can_be_told=False)
    assert plan_drain({"a.internal:80"}, (), [group]).kept == ("a.internal:80",)
    refused = check_drain(Drain(service="shop", endpoints=("a.internal:80",)), (), [group])
    assert isinstance(refused, Refusal)
    assert "names" in refused.message


def test_unknown_endpoints_are_named() -> None:
    refused = check_drain(Drain(service="shop", endpoints=("192.0.2.9:80",)), (), [upstreams(2)])
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.ENDPOINT_UNKNOWN
    assert "192.0.2.9:80" in refused.message


def make(author: str, reason: str, *endpoints: str) -> Mitigation:
    measure = Drain(service="shop", endpoints=endpoints)
    return Mitigation(id="m-1", measure=measure, reason=reason, author=author, started_at=0.0, expires_at=9.0)


def test_only_drains_of_machines_that_are_gone_are_over() -> None:
    reason = Reclaim("192.0.2.1", 5.0, "ann").reason
    gone = make("holdfast", reason, "192.0.2.1:80", "192.0.2.1:81")
    half = make("holdfast", reason, "192.0.2.1:80", "192.0.2.2:80")
    theirs = make("ann", reason, "192.0.2.1:80")
    other = make("holdfast", "too slow", "192.0.2.1:80")
    assert find_over([gone, half, theirs, other], {"192.0.2.2:80"}) == (gone,)


def test_a_machine_is_an_address_or_all_of_a_host() -> None:
    host = Reclaim("2001:db8::1", 5.0, "ann")
    assert [host.concerns(each) for each in ("[2001:DB8::1]:80", "[2001:db8::2]:80")] == [True, False]
    one = Reclaim("192.0.2.1", 5.0, "ann", "192.0.2.1:80")
    assert [one.concerns(each) for each in ("192.0.2.1:80", "192.0.2.1:81")] == [True, False]
