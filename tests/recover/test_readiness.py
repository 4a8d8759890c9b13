"""Whether standbys could take over: what is proved, and what it comes to as time passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.recovery import list_proofs, prove
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.readiness import Outcome, ProofKind, Readiness, StandbyName
from holdfast.model.recorded import Usage
from holdfast.model.recovery import Lag
from holdfast.model.route import Probe
from holdfast.model.upstream import HealthCheck, Standby, Timeouts, Upstream
from holdfast.recover.readiness import Verdict, judge_standby
from holdfast.recover.readiness.answers import (
    Asked,
    Reply,
    list_questions,
    prove_lag,
    prove_parity,
    prove_probes,
    read_lag,
)
from holdfast.recover.readiness.headroom import prove_headroom, sum_peaks
from holdfast.recover.readiness.judging import GOOD_FOR_S, VITAL

NOW = 1_790_000_000.0
NAME = StandbyName("shop", None, "west")
PROBE = Probe(path="/")
OK = Reply(200, {"content-type": "text/html"})


def judge(proofs: list, now: float = NOW, since: float = 0.0) -> Verdict:  # type: ignore[type-arg]
    return judge_standby(NAME, proofs, since, now)


def test_a_standby_is_ready_when_all_was_proved_lately() -> None:
    verdict = judge(list_proofs(NOW))
    assert (verdict.readiness, verdict.alarm, verdict.reasons) == (Readiness.READY, False, ())
    assert verdict.may_take_over


def test_a_drill_gets_old_and_then_is_an_alarm_but_no_reason_to_stay() -> None:
    for age_d, readiness, alarm in (
        (89, Readiness.READY, False),
        (91, Readiness.STALE, False),
        (181, Readiness.STALE, True),
    ):
        verdict = judge(list_proofs(NOW, age_d * 86_400.0))
        assert (verdict.readiness, verdict.alarm) == (readiness, alarm), age_d
        assert verdict.may_take_over
    assert verdict.reasons == ("drill: proved 181d ago, and good for 90d",)


@pytest.mark.parametrize("kind", VITAL)
def test_what_may_change_at_any_time_must_be_known(kind: ProofKind) -> None:
    fresh = list_proofs(NOW)
    for age, readiness in ((0.5, Readiness.READY), (1.5, Readiness.STALE), (2.5, Readiness.NOT_READY)):
        old = prove(kind, NOW - age * GOOD_FOR_S[kind], "well")
        proofs = [old if each.kind is kind else each for each in fresh]
        assert judge(proofs).readiness is readiness, age


def test_what_was_never_asked_is_stale_at_first_and_then_not_ready() -> None:
    assert judge([], NOW, NOW - 10).readiness is Readiness.STALE
    assert judge([], NOW, NOW - 10).reasons[0] == "no failover to it was ever exercised"
    assert judge([], NOW, NOW - 700).readiness is Readiness.NOT_READY


def test_the_latest_proof_of_a_kind_counts_whatever_the_order() -> None:
    failed = prove(ProofKind.PROBES, NOW - 5, "GET /: 500, expected 200", Outcome.FAILED)
    for proofs in ([*list_proofs(NOW), failed], [failed, *list_proofs(NOW)]):
        verdict = judge(proofs)
        assert (verdict.readiness, verdict.alarm) == (Readiness.NOT_READY, True)
        assert verdict.reasons == ("GET /: 500, expected 200",)
    assert judge([failed.model_copy(update={"at": NOW - 60}), *list_proofs(NOW)]).readiness is Readiness.READY


@given(st.floats(0, 400 * 86_400.0), st.floats(0, 400 * 86_400.0))
def test_nothing_gets_readier_by_waiting(first_s: float, later_s: float) -> None:
    rank = {Readiness.READY: 2, Readiness.STALE: 1, Readiness.NOT_READY: 0}
    proofs = list_proofs(NOW)
    before, after = judge(proofs, NOW + first_s), judge(proofs, NOW + first_s + later_s)
    assert rank[after.readiness] <= rank[before.readiness]
    assert after.alarm or not before.alarm


def test_only_probes_that_read_are_asked_and_else_the_health_check() -> None:
    standby = Standby(endpoints=("127.0.0.1:9",), health_check=HealthCheck(path="/up"))
    reading, writing = Probe(path="/a"), Probe(path="/b", method="POST")
    assert list_questions((reading, writing), standby) == (reading,)
    assert list_questions((writing,), standby) == (Probe(path="/up"),)
    assert list_questions((), Standby(endpoints=("127.0.0.1:9",))) == ()


def test_probes_must_be_answered_as_expected() -> None:
    passed = prove_probes((Asked(PROBE, None, OK),), NOW)
    assert (passed.outcome, passed.told) == (Outcome.PASSED, "1 probe answered as expected")
    failed = prove_probes((Asked(PROBE, OK, None), Asked(PROBE, OK, Reply(404, {}))), NOW)
    assert (failed.outcome, failed.told) == (
        Outcome.FAILED,
        "GET /: no answer, expected 200; GET /: 404, expected 200",
    )
    assert prove_probes((), NOW).outcome is Outcome.DOUBTFUL


def test_a_standby_must_answer_like_its_primary() -> None:
    primary = Upstream(endpoints=("127.0.0.1:9",))
    for theirs, told in (
        (Reply(302, {}), "GET /: 302, the primary says 200"),
        (Reply(200, {"content-type": "text/plain"}), "GET /: content-type is text/plain, the primary's is text/html"),
        (Reply(200, {}), "GET /: content-type is missing, the primary's is text/html"),
    ):
        proof = prove_parity(primary, primary, (Asked(PROBE, OK, theirs),), NOW)
        assert (proof.outcome, proof.told) == (Outcome.FAILED, told)
    alike = Reply(200, {"content-type": "Text/HTML", "date": "now"})
    assert prove_parity(primary, primary, (Asked(PROBE, OK, alike),), NOW).outcome is Outcome.PASSED
    assert prove_parity(primary, primary, (Asked(PROBE, None, Reply(500, {})),), NOW).outcome is Outcome.PASSED


def test_a_standby_that_is_declared_otherwise_is_doubtful() -> None:
    primary = Upstream(endpoints=("127.0.0.1:9", "127.0.0.1:10"))
    for standby, told in (
        (Standby(endpoints=("127.0.0.1:9",)), "it has 1 endpoint, the primary 2"),
        (Standby(endpoints=primary.endpoints, protocol="http2"), "it speaks http2, the primary http1"),
        (
            Standby(endpoints=primary.endpoints, timeouts=Timeouts(request=1.0)),
            "its timeouts differ from the primary's",
        ),
        (
            Standby(endpoints=primary.endpoints, health_check=HealthCheck()),
            "its health check differs from the primary's",
        ),
    ):
        proof = prove_parity(primary, standby, (), NOW)
        assert (proof.outcome, proof.told) == (Outcome.DOUBTFUL, told)


def test_lag_is_read_where_it_is_said_to_stand() -> None:
    header = Lag(path="/lag", header="X-Lag")
    pointed = Lag(path="/lag", json_pointer="/db/0/behind~1s")
    bare = Lag(path="/lag")
    assert read_lag(header, Reply(200, {"x-lag": "1.5"})) == 1.5
    assert read_lag(pointed, Reply(200, {}, b'{"db": [{"behind/s": 2}]}')) == 2.0
    assert read_lag(bare, Reply(200, {}, b"12")) == 12.0
    for body in (b"", b"nonsense", b"true", b"-1", b'"x"', b"NaN", b"Infinity", b"[1]", b"{}", b"1e999"):
        assert read_lag(bare, Reply(200, {}, body)) is None, body
    for body in (b"[]", b'{"db": []}', b'{"db": 3}', b'{"db": [{"behind/s": null}]}'):
        assert read_lag(pointed, Reply(200, {}, body)) is None, body


@given(st.binary(max_size=200), st.sampled_from((None, "", "/a/0", "/~1")))
def test_whatever_a_standby_says_of_its_lag_is_a_number_or_nothing(body: bytes, pointer: str | None) -> None:
    found = read_lag(Lag(path="/lag", json_pointer=pointer), Reply(200, {}, body))
    assert found is None or 0 <= found < float("inf")


def test_a_standby_that_is_too_far_behind_isnt_ready() -> None:
    lag = Lag(path="/lag", max=30.0)
    assert prove_lag(None, None, NOW).outcome is Outcome.UNUSED
    assert prove_lag(lag, Reply(200, {}, b"29"), NOW).outcome is Outcome.PASSED
    behind = prove_lag(lag, Reply(200, {}, b"31"), NOW)
    assert (behind.outcome, behind.told) == (Outcome.FAILED, "31 s behind, 30s is the most")
    assert prove_lag(lag, None, NOW).told == "GET /lag: nothing, so its lag isn't known"
    assert prove_lag(lag, Reply(503, {}), NOW).outcome is Outcome.FAILED
    assert prove_lag(lag, Reply(200, {}, b"soon"), NOW).outcome is Outcome.FAILED


def make_intent(carries: float | None) -> Intent:
    def service(name: str, home: str, to: str | None) -> dict[str, object]:
        standbys = {"other": {"endpoints": ["127.0.0.1:10"], "site": to}} if to else {}
        return {
            "hosts": [f"{name}.example"],
            "upstream": {"endpoints": ["127.0.0.1:9"], "site": home, "standbys": standbys},
        }

    services = {"shop": service("shop", "east", "west"), "api": service("api", "east", "west")}
    services["docs"] = service("docs", "west", None)
    text = {
        "holdfast": 1,
        "name": "demo",
        "locations": {
            "l": {"edges": [{"name": "e", "listen": "127.0.0.1:1"}], "capacity": {"in_flight": 9, "requests": 9.0}}
        },
        "sites": {"east": {}, "west": {} if carries is None else {"requests": carries}},
        "tenants": {"acme": {"services": services}},
    }
    return Intent(Platform.model_validate(text))


@pytest.mark.parametrize(
    ("carries", "outcome"),
    [(400.0, Outcome.PASSED), (320.0, Outcome.DOUBTFUL), (299.0, Outcome.FAILED), (None, Outcome.UNUSED)],
)
def test_a_site_must_have_room_for_its_own_and_all_that_comes(carries: float | None, outcome: Outcome) -> None:
    intent = make_intent(carries)
    usage = {name: Usage(peak_rps=100.0) for name in intent.services}
    proof = prove_headroom(intent, usage, sum_peaks(intent, usage), "east", "west", NOW)
    assert proof.outcome is outcome
    if carries is not None:
        assert proof.told == f"300 requests/s at peaks, of {carries:,.0f} that site west carries"


def test_room_isnt_known_where_no_traffic_was_watched_and_no_matter_without_a_site() -> None:
    intent = make_intent(400.0)
    assert prove_headroom(intent, {}, ({}, {}), "east", "west", NOW).outcome is Outcome.DOUBTFUL
    assert prove_headroom(intent, {}, ({}, {}), "east", None, NOW).outcome is Outcome.UNUSED
