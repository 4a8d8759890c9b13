"""What a service's owner may choose, and when that choice ends."""

import pytest

from fakes.engine import Play, make_content, make_facts
from holdfast.engine.command import CanaryAnswered, ProposeRevision, SetOwnerLimits
from holdfast.engine.facts import PlatformFacts
from holdfast.engine.react import PublishRevision, PublishServices
from holdfast.model.event import OwnerLimitsSet
from holdfast.model.platform import Bounds, ClientLimits, Limits
from holdfast.model.refusal import RefusalCode

BOUNDS = Bounds(requests_max=100.0, burst_max=200, per_client_max=10.0)
MODEST = Limits(requests=50.0)


@pytest.fixture
def play() -> Play:
    play = Play()
    play.put_in_force("a", make_facts("shop", "mail", bounds=BOUNDS))
    return play


def test_a_choice_within_bounds_is_published_for_that_service_only(play: Play) -> None:
    play.do(SetOwnerLimits("shop-owner", "shop", MODEST))
    assert play.effects == [PublishServices(("shop",))]
    assert play.state.owner_limits == {"shop": MODEST}
    play.do(SetOwnerLimits("shop-owner", "shop", None))
    assert play.state.owner_limits == {}


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(requests=101.0), "requests: 101/s is more than the platform's 100/s"),
        (Limits(burst=201), "burst: 201 is more than the platform's 200"),
        (Limits(per_client=ClientLimits(requests=11.0)), "requests per client"),
        (Limits(per_client=ClientLimits(requests=1.0, burst=201)), "burst per client"),
    ],
)
def test_a_choice_beyond_bounds_is_refused(play: Play, limits: Limits, words: str) -> None:
    assert play.refuse(SetOwnerLimits("o", "shop", limits)) is RefusalCode.LIMITS_OUT_OF_BOUNDS
    assert words in play.message


def test_exactly_the_bounds_may_be_chosen(play: Play) -> None:
    client = ClientLimits(requests=10.0, burst=200)
    play.do(SetOwnerLimits("o", "shop", Limits(requests=100.0, burst=200, per_client=client)))


def test_what_is_refused(play: Play) -> None:
    assert play.refuse(SetOwnerLimits("o", "nobody", MODEST)) is RefusalCode.SERVICE_UNKNOWN
    assert play.refuse(SetOwnerLimits("o", "shop", None)) is RefusalCode.UNCHANGED
    play.do(SetOwnerLimits("o", "shop", MODEST))
    assert play.refuse(SetOwnerLimits("o", "shop", MODEST)) is RefusalCode.UNCHANGED
    assert Play().refuse(SetOwnerLimits("o", "shop", MODEST)) is RefusalCode.NOTHING_IN_FORCE


@pytest.mark.parametrize(
    ("platform", "why"),
    [
        (make_facts("mail", bounds=BOUNDS), "the service is gone"),
        (PlatformFacts({"shop": "t-other", "mail": "t-mail"}, BOUNDS), "the service belongs to another tenant now"),
        (make_facts("shop", "mail", bounds=Bounds(requests_max=49.0)), "requests: 50/s is more than"),
    ],
)
def test_a_choice_that_a_new_revision_makes_impossible_is_reset(play: Play, platform: PlatformFacts, why: str) -> None:
    play.do(SetOwnerLimits("o", "shop", MODEST))
    play.do(SetOwnerLimits("o", "mail", Limits(requests=1.0)))
    play.do(ProposeRevision("ann", make_content("b"), "p.yaml"))
    _, reset = play.do(CanaryAnswered(2, platform))
    assert isinstance(reset, OwnerLimitsSet)
    assert (reset.service, reset.limits) == ("shop", None)
    assert reset.why.startswith(why)
    assert play.effects == [PublishRevision(2), PublishServices(("shop",))]
    assert set(play.state.owner_limits) == {"mail"}


def test_a_choice_outlives_a_revision_that_allows_it(play: Play) -> None:
    play.do(SetOwnerLimits("o", "shop", MODEST))
    play.put_in_force("b", make_facts("shop", "news", bounds=BOUNDS))
    assert play.state.owner_limits == {"shop": MODEST}
