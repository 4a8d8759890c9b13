"""Every refusal is explained with the numbers that held, from the lines that said them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explain.moments import LINES, TEXT, find_moment, make_history, refused
from holdfast.compile.replies import REPLIES
from holdfast.explain import Moment, explain
from holdfast.explain.figures import tell_limits, tell_walls
from holdfast.explain.flags import FLAGS, tell_flags
from holdfast.explain.history import History
from holdfast.model.effective import EffectiveService
from holdfast.model.event import OwnerLimitsSet, RevisionInForce, RevisionProposed
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.mitigation import MitigationKind
from holdfast.model.platform import ClientLimits, Limits
from holdfast.model.revision import Revision
from holdfast.model.units import format_rate
from holdfast.spec import check_text
from holdfast.views.explanation import Explanation, FigureDocument, KnownFrom, Origin, Outcome

LIMIT_CAUSES = {"limit.service", "limit.location", "limit.mitigation"}
CAUSES = {reply.cause for reply in REPLIES if "%" not in reply.cause} | LIMIT_CAUSES | {"edge"}


def figures(explanation: Explanation) -> dict[str, FigureDocument]:
    return {figure.name: figure for figure in explanation.figures}


def line_of(text: str, nth: int = 0) -> int:
    """The number of the nth line that holds a text."""
    return [number for number, line in enumerate(LINES, 1) if text in line][nth]


def test_a_services_limit_with_its_numbers_and_their_lines() -> None:
    told = explain(refused("limit.service"), find_moment(1_500.0))
    assert told.outcome is Outcome.REFUSED
    found = figures(told)
    total, client = found["requests of the service"], found["requests of one client"]
    assert (total.value, total.origin) == ("50/s", Origin.SERVICE)
    assert total.line is not None
    assert (total.line.file, total.line.line, total.line.text) == ("p1.yaml", line_of("50/s"), "requests: 50/s")
    assert total.line.path == "tenants.acme.services.shop.limits.requests"
    assert (client.value, found["requests of one client at once"].value) == ("5/s", "20")
    burst = found["requests of the service at once"]
    assert (burst.value, burst.line) == ("100", total.line)
    assert "2 edges" in " ".join(told.details)
    assert told.revision is not None
    assert (told.revision.number, told.revision.still) == (1, False)


def test_the_revision_and_the_owners_choice_of_the_time() -> None:
    later = figures(explain(refused("limit.service", 3_500.0), find_moment(3_500.0)))["requests of the service"]
    assert (later.value, later.line.file if later.line else "") == ("40/s", "p2.yaml")
    chosen = explain(refused("limit.service", 4_500.0), find_moment(4_500.0))
    total = figures(chosen)["requests of the service"]
    assert (total.value, total.origin, total.chosen_by, total.line) == ("10/s", Origin.OWNER, "owner-1", None)
    assert chosen.revision is not None
    assert chosen.revision.still


@pytest.mark.parametrize(
    ("service", "size", "whose"),
    [("shop", 50, "the service's own bucket"), ("shop", 10, "this client's bucket"), ("shop", 7, "which of the two")],
)
def test_which_bucket_it_was_is_told_by_its_size(service: str, size: int, whose: str) -> None:
    told = explain(refused("limit.service", service=service), find_moment(1_500.0), bucket_size=size)
    assert whose in told.details[0]


def test_a_mitigation_as_it_was_then_with_what_became_of_it() -> None:
    request = refused("limit.mitigation", 2_005.0, rule="limit.m-1")
    told = explain(request, find_moment(2_005.0))
    assert told.mitigation is not None
    assert told.mitigation.mitigation.id == "m-1"
    assert figures(told)["requests of the service"].value == "20/s"
    assert (told.mitigation.ended_at, told.mitigation.ended_by) == (2_100.0, "bob")
    assert told.mitigation.finding is not None
    assert told.mitigation.finding.evidence.now == 500
    assert told.mitigation.found_until == 2_101.0
    assert [telling.contact for telling in told.mitigation.told] == ["ops@acme.example"]
    after = figures(explain(refused("limit.mitigation", 2_050.0, rule="limit.m-1"), find_moment(2_050.0)))
    assert {name: figure.value for name, figure in after.items()} == {
        "requests of the service": "30/s",
        "requests of one client": "1/s",
        "requests in flight": "9",
    }


@pytest.mark.parametrize(
    ("cause", "rule", "more", "detail"),
    [
        ("block", "block.m-2", {"client": "198.51.100.7"}, "198.51.100.0/24"),
        ("block", "block.m-2", {"client": "203.0.113.1"}, ""),
        ("block", "block.m-2", {"client": "nonsense"}, ""),
        ("deny", "deny.m-3", {}, "user-agent-family curl"),
    ],
)
def test_which_of_many_values_it_met(cause: str, rule: str, more: dict[str, Any], detail: str) -> None:
    matched = f"rbac_access_denied_matched_policy[{rule}]"
    told = explain(refused(cause, 5_100.0, details=matched, **more), find_moment(5_100.0))
    assert told.mitigation is not None
    assert told.mitigation.mitigation.id == rule.split(".")[1]
    assert any(detail in each for each in told.details) if detail else not told.details
    assert told.advice == (f"To end it: holdfast end {told.mitigation.mitigation.id}",)


def test_others_in_force_are_named_unless_they_hold_elsewhere() -> None:
    assert explain(refused("bulkhead", 5_100.0), find_moment(5_100.0)).also_in_force == ("m-2", "m-3", "m-5")
    assert explain(refused("bulkhead", 2_050.0), find_moment(2_050.0)).also_in_force == ("m-1",)
    assert explain(refused("bulkhead", 2_050.0, edge="e2"), find_moment(2_050.0)).also_in_force == ()
    lowered = figures(explain(refused("bulkhead", 2_050.0), find_moment(2_050.0)))
    assert lowered["requests in flight"].origin is Origin.MITIGATION


@pytest.mark.parametrize(
    ("cause", "value", "written"),
    [
        ("accept.methods", "GET, POST", "methods:"),
        ("accept.body_max", "64KiB", "body_max:"),
        ("accept.graphql", "as told", "graphql:"),
        ("limit.location", "1000/s", "capacity:"),
        ("upstream.timeout", "3s", "timeouts:"),
        ("upstream.unreachable", "3s", "timeouts:"),
        ("upstream.unhealthy", "/up every 1s", "health_check:"),
        ("upstream.broken", "127.0.0.1:9000", "endpoints:"),
        ("bulkhead", "25", "capacity:"),
    ],
)
def test_the_line_that_says_the_number(cause: str, value: str, written: str) -> None:
    told = explain(refused(cause), find_moment(1_500.0))
    first = told.figures[0]
    assert first.value == value
    assert first.line is not None
    assert first.line.line == line_of(written)


def test_a_location_that_is_short_of_capacity_tells_what_the_class_may_have() -> None:
    usual = figures(explain(refused("limit.location", service="api", status=503), find_moment(1_500.0)))
    assert usual["criticality"].value == "sheddable"
    assert usual["criticality"].origin is Origin.SERVICE
    assert usual["requests of its class, at east"].value == "800/s"
    steered = figures(explain(refused("limit.location", 5_100.0, service="api"), find_moment(5_100.0)))
    assert steered["requests of its class, at east"].value == "120/s"
    assert steered["requests of its class, at east"].chosen_by == "m-5 by ann"


def test_of_several_limits_the_latest_of_each_thing_counts() -> None:
    told = figures(explain(refused("limit.mitigation", 5_600.0, rule="limit.m-7"), find_moment(5_600.0)))
    assert {name: (figure.value, figure.chosen_by) for name, figure in told.items()} == {
        "requests of the service": ("20/s", "m-7 by ann"),
        "requests of all clients of a /24": ("2/s", "m-6 by ann"),
    }


@pytest.mark.parametrize(
    "cause", sorted(CAUSES | {f"{kind}" for kind in MitigationKind if kind not in {"limit", "shed"}})
)
def test_every_cause_has_words_with_and_without_a_platform(cause: str) -> None:
    for at, service in ((1_500.0, "shop"), (500.0, "shop"), (1_500.0, ""), (1_500.0, "gone")):
        told = explain(refused(cause, at, service=service), find_moment(at))
        assert "no words for it" not in told.summary
        assert told.summary.endswith(".")
        assert "{" not in told.summary
        assert told.outcome is (Outcome.FAILED if cause.startswith("upstream.") else Outcome.REFUSED)


def test_a_cause_that_came_later_is_told_as_it_is() -> None:
    assert "new.cause" in explain(refused("new.cause"), find_moment(1_500.0)).summary


def test_a_mitigation_that_the_journal_forgot_is_said_to_be_unknown() -> None:
    told = explain(refused("kill", rule="kill.m-99"), find_moment(1_500.0))
    assert told.mitigation is None
    assert "m-99" in told.details[0]


def answered(**more: Any) -> LoggedRequest:
    given = {"edge": "e1", "service": "shop", "status": 200, "duration_s": 0.5, **more}
    return LoggedRequest(at=1_500.0, request_id="r", **given)


def test_what_was_let_through_tells_who_answered_and_how_long_it_took() -> None:
    told = explain(answered(upstream="127.0.0.1:9000", upstream_s=0.25, attempts=2), find_moment(1_500.0))
    assert told.outcome is Outcome.ANSWERED
    assert "127.0.0.1:9000 of shop answered 200" in told.summary
    assert told.details == (
        "Its answer began after 250ms; with all of it sent, the request took 500ms.",
        "It took 2 tries: those before the last failed.",
    )


def test_a_client_that_went_away() -> None:
    told = explain(answered(status=0, flags="DC,URX"), find_moment(1_500.0))
    assert told.outcome is Outcome.ABANDONED
    assert [flag.flag for flag in told.flags] == ["DC", "URX"]


def test_every_flag_is_one_sentence() -> None:
    assert all(meaning.endswith(".") and meaning.count(". ") == 0 for meaning in FLAGS.values())
    assert [flag.meaning for flag in tell_flags("UF, -,,ZZ")] == [
        FLAGS["UF"],
        "Envoy says so; this version of Holdfast has no words for it.",
    ]


def test_a_pasted_answer_says_that_it_is_one() -> None:
    told = explain(refused("kill", edge="", rule="kill.m-4"), find_moment(1_500.0), KnownFrom.PASTED)
    assert "handed in" in told.details[-1]
    assert told.location == ""


LIMITS = st.builds(
    Limits,
    requests=st.none() | st.integers(10, 50).map(float),
    burst=st.none() | st.integers(1, 99),
    per_client=st.none() | st.builds(ClientLimits, requests=st.integers(1, 9).map(float), burst=st.none()),
)


@given(LIMITS, LIMITS, LIMITS)
def test_the_numbers_are_those_that_hold_and_the_lines_say_them(file: Limits, defaults: Limits, owner: Limits) -> None:
    moment, service = _lay(file, defaults, owner)
    told = {figure.name: figure for figure in tell_limits(moment, service)}
    assert told["requests of the service"].value == format_rate(service.total.per_s)
    assert told["requests of the service at once"].value == f"{service.total.burst:,}"
    assert ("requests of one client" in told) is (service.per_client is not None)
    for figure in told.values():
        if figure.line is not None:
            follows = figure.line.path.endswith("requests") and figure.name.endswith("at once")
            assert figure.value in figure.line.text or follows
        else:
            assert figure.origin in {Origin.OWNER, Origin.BUILT_IN}
    owns = owner.requests is not None
    assert (told["requests of the service"].origin is Origin.OWNER) is owns


def test_walls_that_follow_from_others_point_to_them() -> None:
    moment, service = _lay(Limits(), Limits(), Limits())
    in_flight, pending, connections = tell_walls(moment, service, "east")
    assert (in_flight.value, in_flight.origin) == ("25", Origin.LOCATION)
    assert (pending.value, pending.origin) == ("64", Origin.BUILT_IN)
    assert (connections.value, connections.origin) == ("64", Origin.BUILT_IN)


HOOLI = """\
services:
  search:
    hosts: [search.hooli.example]
    limits:
      requests: 7/s
    upstream: {endpoints: ["127.0.0.1:9777"]}
"""


def test_a_line_of_a_directory_is_told_in_its_own_file() -> None:
    text = f"--- # file: platform.yaml\n{TEXT}--- # file: tenants/hooli.yaml\n\n{HOOLI}"
    checked = check_text(text, "platform/")
    assert checked.platform is not None, checked.diagnostics
    moment = Moment(1_500.0, make_history(), checked.platform, checked.source_map)
    line = moment.find_line(("tenants", "hooli", "services", "search", "limits", "requests"))
    assert line is not None
    assert (line.file, line.line, line.text) == ("platform/tenants/hooli.yaml", 6, "requests: 7/s")
    line = moment.find_line(("name",))
    assert line is not None
    assert line.file == "platform/platform.yaml"


def _lay(file: Limits, defaults: Limits, owner: Limits) -> tuple[Moment, EffectiveService]:
    text = TEXT.replace("  limits: {requests: 60/s}", f"  limits: {_write(defaults)}")
    text = text.replace("        criticality: sheddable", f"        limits: {_write(file)}")
    checked = check_text(text, "p.yaml")
    assert checked.platform is not None, checked.diagnostics
    history = History()
    revision = Revision(number=1, content="a" * 64, author="ann", reason="", proposed_at=0, file="p.yaml")
    history.take(
        (
            RevisionProposed(at=0, author="ann", revision=revision),
            RevisionInForce(at=0, author="ann", number=1),
            OwnerLimitsSet(at=1, author="owner", service="api", limits=owner),
        )
    )
    moment = Moment(2.0, history, checked.platform, checked.source_map)
    assert moment.intent is not None
    return moment, moment.intent.effective("api", "east")


def _write(limits: Limits) -> str:
    said = []
    if limits.requests is not None:
        said.append(f"requests: {format_rate(limits.requests)}")
    if limits.burst is not None:
        said.append(f"burst: {limits.burst}")
    if limits.per_client is not None:
        said.append(f"per_client: {{requests: {format_rate(limits.per_client.requests)}}}")
    return "{" + ", ".join(said) + "}"
