"""Prediction: what a measure would do to the traffic that was sampled."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.mitigate.predict import NORMAL_REFUSED_MAX, SAMPLES_MIN, Rates, predict
from holdfast.mitigate.replay import block_share, mask_client
from holdfast.model.mitigation import Block, Deny, Kill, Limit, Measure, ReadOnly
from holdfast.model.prediction import Verdict
from mitigate.playing import NOW, make_rule, make_samples

NORMAL = make_samples(1200, clients=100, over_s=60, until=NOW)
"""Twenty a second, from a hundred clients of 10.0.0.0/24, each of them one every five seconds."""
RATES = Rates(now_rps=200.0, usual_rps=20.0)


def limit(**words: Any) -> Limit:
    return Limit.model_validate({"service": "shop", **words})


def block(*networks: str) -> Block:
    return Block.model_validate({"service": "shop", "networks": networks})


@pytest.mark.parametrize(
    ("measure", "refused"),
    [
        (block("203.0.113.0/24"), 0.0),
        (block("10.0.0.0/24"), 1.0),
        (block("10.0.0.0/28"), 0.15),
        (Deny(service="shop", source=make_rule()), 0.0),
        (Deny(service="shop", source=make_rule("Mozilla/5.0 Firefox/1")), 1.0),
        (limit(requests_per_s=40.0), 0.0),
        (limit(requests_per_s=10.0), 0.5),
        (limit(per_client={"requests": 1.0}), 0.0),
        (limit(per_client={"requests": 1.0}, client_prefix=24), 0.95),
        (limit(per_client={"requests": 50.0}, client_prefix=2), 0.0),
        (limit(in_flight=20), 0.0),
        (limit(in_flight=0), 1.0),
        (Kill(service="shop"), 1.0),
        (ReadOnly(service="shop"), 0.0),
    ],
)
def test_the_share_of_normal_traffic(measure: Measure, refused: float) -> None:
    foretold = predict(measure, NORMAL, (), RATES)
    assert foretold.normal_refused_share == pytest.approx(refused, abs=0.05)
    harmful = refused > NORMAL_REFUSED_MAX and not isinstance(measure, Kill | ReadOnly)
    assert foretold.verdict is (Verdict.HARMFUL if harmful else Verdict.HARMLESS)


def test_a_prefix_typed_2_instead_of_24_is_stopped() -> None:
    spread = make_samples(1200, clients=5000, over_s=60, until=NOW)
    assert predict(limit(per_client={"requests": 10.0}, client_prefix=24), spread, (), RATES).verdict is (
        Verdict.HARMLESS
    )
    foretold = predict(limit(per_client={"requests": 10.0}, client_prefix=2), spread, (), RATES)
    assert foretold.verdict is Verdict.HARMFUL
    assert foretold.normal_refused_share == pytest.approx(0.5, abs=0.05)


def test_what_goes_on_now_is_told_apart_from_what_is_normal() -> None:
    recent = make_samples(900, clients=30, over_s=5, until=NOW, agent="floodbot", network="20.0") + make_samples(
        100, clients=50, over_s=5, until=NOW
    )
    foretold = predict(Deny(service="shop", source=make_rule()), NORMAL, recent, RATES)
    assert foretold.refused_share == pytest.approx(0.9)
    assert foretold.refused_per_s == pytest.approx(180.0)
    assert (foretold.clients_refused, foretold.clients, foretold.samples) == (30, 130, 2200)


def test_weights_are_heeded() -> None:
    light = make_samples(150, clients=50, over_s=60, until=NOW)
    heavy = make_samples(50, clients=10, over_s=60, until=NOW, network="20.0", weight=9.0)
    foretold = predict(block("20.0.0.0/16"), light + heavy, (), Rates(20.0, 20.0))
    assert foretold.normal_refused_share == pytest.approx(0.75)


@pytest.mark.parametrize("weight", [1.0, 20.0])
def test_a_thin_sample_finds_gross_harm_and_invents_none(weight: float) -> None:
    """What is sampled one in twenty stands for as much traffic, seen less clearly."""
    thin = make_samples(400, clients=400, over_s=20 * weight, until=NOW, weight=weight)
    rates = Rates(20.0, 20.0)
    assert predict(limit(per_client={"requests": 1.0}), thin, (), rates).normal_refused_share == 0
    gross = predict(limit(per_client={"requests": 1.0}, client_prefix=8), thin, (), rates)
    assert gross.normal_refused_share > 0.4
    assert gross.verdict is Verdict.HARMFUL


def test_few_samples_tell_nothing_unless_they_tell_enough() -> None:
    few = make_samples(SAMPLES_MIN - 1, clients=20, over_s=60, until=NOW)
    assert predict(block("203.0.113.0/24"), few, (), RATES).verdict is Verdict.UNKNOWN
    assert predict(block("10.0.0.0/8"), few, (), RATES).verdict is Verdict.HARMFUL
    nothing = predict(block("10.0.0.0/8"), (), (), RATES)
    assert (nothing.verdict, nothing.samples, nothing.refused_share) == (Verdict.UNKNOWN, 0, 0.0)


def test_addresses_of_both_kinds_are_clients() -> None:
    assert mask_client("2001:db8::1", 32, 64) == mask_client("2001:db8::2", 32, 64)
    assert mask_client("2001:db8:0:1::1", 32, 64) != mask_client("2001:db8::1", 32, 64)
    assert mask_client("10.0.0.1", 24, 64) == mask_client("10.0.0.2", 24, 64)
    assert mask_client("10.0.0.1", 0, 64) != mask_client("::1", 0, 0)


@pytest.mark.parametrize(("load", "places", "share"), [(1.0, 1, 0.5), (2.0, 2, 0.4), (10.0, 10, 0.2146), (0.5, 0, 1.0)])
def test_the_loss_formula(load: float, places: int, share: float) -> None:
    assert block_share(load, places) == pytest.approx(share, abs=1e-4)


prefixes, rates = st.integers(0, 32), st.floats(0.1, 100.0)


@given(prefix=prefixes, wider=prefixes, rate=rates)
def test_the_more_clients_share_a_bucket_the_more_is_refused(prefix: int, wider: int, rate: float) -> None:
    narrow, wide = max(prefix, wider), min(prefix, wider)
    shares = [
        predict(limit(per_client={"requests": rate}, client_prefix=p), NORMAL[:300], (), RATES).normal_refused_share
        for p in (narrow, wide)
    ]
    assert shares[0] <= shares[1] + 0.1


@given(rate=st.floats(0.1, 100.0), factor=st.floats(1.0, 10.0), in_flight=st.integers(0, 50))
def test_a_looser_limit_refuses_no_more(rate: float, factor: float, in_flight: int) -> None:
    tight = predict(limit(requests_per_s=rate, in_flight=in_flight), NORMAL[:300], (), RATES)
    loose = predict(limit(requests_per_s=rate * factor, in_flight=in_flight + 1), NORMAL[:300], (), RATES)
    assert 0 <= loose.normal_refused_share <= tight.normal_refused_share + 1e-9 <= 1 + 1e-9
