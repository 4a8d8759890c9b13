"""Everything that control does, over real HTTP."""

from typing import Any

import httpx
import pytest

from fakes.running import PLATFORM, RunningControl
from holdfast.model.observed import ObservedCounts

KILL = {"measure": {"kind": "kill", "service": "shop"}, "for_s": 60, "reason": "flood"}


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:holdfast:problem:{document['code']}"
    return document


def test_status_before_anything_is_in_force(control: RunningControl) -> None:
    with control.client() as client:
        status = client.get("/v1/status").json()
        assert (status["in_force"], status["service_count"]) == (None, 0)
        assert client.get("/v1/services").json() == {"services": [], "next": None}


def test_status(api: httpx.Client) -> None:
    status = api.get("/v1/status").json()
    assert status["platform"] == "small"
    assert status["in_force"]["number"] == 1
    assert (status["tenant_count"], status["service_count"]) == (2, 2)
    assert status["reach"] == {"programmed": 1, "edges": 1}
    assert status["journal"] == {"writable": True, "unrecorded": 0}


def test_a_proposal_is_answered_when_it_is_in_force(control: RunningControl) -> None:
    with control.client() as client:
        answer = client.post("/v1/revisions", json={"text": PLATFORM, "file": "p.yaml", "reason": "first"})
    assert answer.status_code == 201
    revision = answer.json()["revision"]
    assert (revision["status"], revision["author"], revision["reason"]) == ("in_force", "admin", "first")
    assert control.outside.tended


def test_mistakes_in_a_platform_are_all_told_at_once(api: httpx.Client) -> None:
    text = PLATFORM.replace("50/s", "50").replace("name: small", "nam: small")
    answer = api.post("/v1/revisions", json={"text": text, "file": "p.yaml"})
    assert answer.status_code == 422
    told = problem(answer)
    assert told["code"] == "platform_rejected"
    assert len(told["diagnostics"]) >= 2
    assert all(d["line"] > 0 and d["fix"] and d["file"] == "p.yaml" for d in told["diagnostics"])


def test_the_same_file_is_no_new_revision(api: httpx.Client) -> None:
    answer = api.post("/v1/revisions", json={"text": PLATFORM, "file": "p.yaml"})
    assert (answer.status_code, problem(answer)["code"]) == (409, "unchanged")


def test_what_the_canary_refuses_is_a_problem(control: RunningControl, api: httpx.Client) -> None:
    control.outside.canary.complaint = "unknown cluster"  # type: ignore[attr-defined]
    answer = api.post("/v1/revisions", json={"text": PLATFORM + "\n"})
    assert (answer.status_code, problem(answer)["code"]) == (409, "revision_refused")
    assert "unknown cluster" in answer.json()["detail"]
    assert api.get("/v1/status").json()["in_force"]["number"] == 1


def test_rollback_and_history(api: httpx.Client) -> None:
    api.post("/v1/revisions", json={"text": PLATFORM + "\n", "at_once": True, "reason": "now"}).raise_for_status()
    answer = api.post("/v1/rollback", json={"reason": "worse"})
    assert answer.status_code == 201
    assert answer.json()["revision"]["rollback_of"] == 1
    history = api.get("/v1/revisions").json()["revisions"]
    assert [(r["number"], r["status"]) for r in history] == [(3, "in_force"), (2, "superseded"), (1, "superseded")]
    assert problem(api.post("/v1/rollback", json={"to": 77}))["code"] == "revision_unknown"


def test_a_mitigation_from_start_to_end(api: httpx.Client) -> None:
    started = api.post("/v1/mitigations", json=KILL)
    assert started.status_code == 201
    document = started.json()
    assert (document["id"], document["recorded"], document["author"]) == ("m-1", True, "admin")
    assert document["reach"] == {"programmed": 1, "edges": 1}
    assert 59 < document["remaining_s"] <= 60
    assert [m["id"] for m in api.get("/v1/mitigations").json()["active"]] == ["m-1"]
    assert api.get("/v1/services/shop").json()["mitigations"] == ["m-1"]
    assert api.get("/v1/services/mail").json()["mitigations"] == []
    ended = api.delete("/v1/mitigations/m-1")
    assert (ended.status_code, ended.json()["why"]) == (200, "ended")
    assert problem(api.delete("/v1/mitigations/m-1"))["code"] == "mitigation_ended"
    assert problem(api.delete("/v1/mitigations/m-2"))["code"] == "mitigation_unknown"


@pytest.mark.parametrize(
    "measure",
    [
        {"kind": "read-only", "service": "shop"},
        {"kind": "limit", "service": "shop", "requests_per_s": 5},
        {"kind": "limit", "service": "shop", "per_client": {"requests": "30/min"}, "in_flight": 2},
        {"kind": "block", "networks": ["192.0.2.0/24", "2001:db8::/32"]},
        {"kind": "block", "networks": ["192.0.2.1"], "service": "shop"},
    ],
)
def test_the_whole_menu(api: httpx.Client, measure: dict[str, Any]) -> None:
    answer = api.post("/v1/mitigations", json={**KILL, "measure": measure})
    assert answer.status_code == 201
    assert answer.json()["measure"]["kind"] == measure["kind"]


TWO_EDGES = PLATFORM.replace(
    '{name: e1, listen: "127.0.0.1:18080"}',
    '{name: e1, listen: "127.0.0.1:18080"}, {name: e2, listen: "127.0.0.1:18081"}',
)


def observe_shop(api: httpx.Client, text: str = TWO_EDGES) -> None:
    observing = text.replace("{hosts: [shop.example]", "{mode: observe, hosts: [shop.example]")
    api.post("/v1/revisions", json={"text": observing, "at_once": True, "reason": "now"}).raise_for_status()


def test_what_would_have_been_refused_is_added_up_over_edges(control: RunningControl, api: httpx.Client) -> None:
    observe_shop(api)
    ended = api.post("/v1/mitigations", json=KILL).json()["id"]
    api.delete(f"/v1/mitigations/{ended}").raise_for_status()
    block = {"kind": "block", "networks": ["192.0.2.1"]}
    api.post("/v1/mitigations", json={**KILL, "measure": block}).raise_for_status()
    limit = {"kind": "limit", "service": "shop", "requests_per_s": 5}
    api.post("/v1/mitigations", json={**KILL, "measure": limit}).raise_for_status()
    control.outside.counts = {
        "e1": {"shop": ObservedCounts(10, 3, {"accept.methods": 2, "kill.m-1": 9, "block.m-2": 1}, 4)},
        "e2": {"shop": ObservedCounts(5, 1, {"accept.methods": 1, "block.m-2": 1}, 2), "mail": ObservedCounts(7)},
    }
    document = api.get("/v1/observed").raise_for_status().json()
    assert (document["silent_edges"], document["next"]) == ([], None)
    (shop,) = document["services"]
    assert (shop["name"], shop["tenant"], shop["requests"], shop["limited"]) == ("shop", "acme", 15, 4)
    assert shop["refusals"] == [{"rule": "accept.methods", "requests": 3}, {"rule": "kill.m-1", "requests": 9}]
    assert shop["walls"] == [{"location": "east", "in_flight": 6, "maximum": 25}]
    assert [(m["id"], m["requests"]) for m in shop["mitigations"]] == [("m-2", 2), ("m-3", None)]


def test_an_edge_that_does_not_answer_is_named_and_not_counted_as_zero(
    control: RunningControl, api: httpx.Client
) -> None:
    observe_shop(api)
    control.outside.counts = {"e1": {"shop": ObservedCounts(10, 3)}}
    document = api.get("/v1/observed").json()
    assert document["silent_edges"] == ["e2"]
    assert document["services"][0]["requests"] == 10
    control.outside.counts = {}
    document = api.get("/v1/observed").json()
    assert document["silent_edges"] == ["e1", "e2"]
    (shop,) = document["services"]
    assert (shop["requests"], shop["limited"], shop["walls"][0]["in_flight"]) == (None, None, None)


def test_observed_services_come_in_pages(control: RunningControl, api: httpx.Client) -> None:
    assert api.get("/v1/observed").json()["services"] == []
    control.outside.counts = {"e1": {}}
    api.post(
        "/v1/revisions",
        json={"text": PLATFORM.replace("name: small", "name: small\nmode: observe"), "at_once": True, "reason": "now"},
    )
    first = api.get("/v1/observed", params={"count_max": 1}).json()
    assert ([s["name"] for s in first["services"]], first["next"]) == (["mail"], "mail")
    second = api.get("/v1/observed", params={"count_max": 1, "after": "mail"}).json()
    assert ([(s["name"], s["requests"]) for s in second["services"]], second["next"]) == ([("shop", 0)], None)


def test_a_mitigation_that_refuses_nothing_says_so(api: httpx.Client) -> None:
    observe_shop(api)
    warned = api.post("/v1/mitigations", json=KILL).json()
    assert warned["observed_only"] is True
    assert warned["warnings"] == ["nothing is refused while shop is in observe mode"]
    mail = api.post("/v1/mitigations", json={**KILL, "measure": {"kind": "kill", "service": "mail"}}).json()
    assert (mail["observed_only"], mail["warnings"]) == (False, [])
    block = {"kind": "block", "networks": ["192.0.2.1"]}
    everywhere = api.post("/v1/mitigations", json={**KILL, "measure": block}).json()
    assert everywhere["observed_only"] is False
    assert everywhere["warnings"] == ["nothing is refused to 1 service in observe mode"]
    assert [m["observed_only"] for m in api.get("/v1/mitigations").json()["active"]] == [True, False, False]
    assert [m["observed_only"] for m in api.get("/v1/status").json()["mitigations"]] == [True, False, False]


def test_a_block_of_a_platform_in_observe_mode_says_so(api: httpx.Client) -> None:
    api.post(
        "/v1/revisions",
        json={"text": PLATFORM.replace("name: small", "name: small\nmode: observe"), "at_once": True, "reason": "now"},
    )
    block = {"kind": "block", "networks": ["192.0.2.1"]}
    warned = api.post("/v1/mitigations", json={**KILL, "measure": block}).json()
    assert warned["observed_only"] is True
    assert warned["warnings"] == ["nothing is refused while the platform is in observe mode"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"measure": {"kind": "kill", "service": "nobody"}}, "service_unknown"),
        ({"for_s": 1e9}, "duration_out_of_bounds"),
        ({"reason": ""}, "reason_malformed"),
        ({"measure": {"kind": "limit", "service": "shop"}}, "measure_empty"),
        ({"measure": {"kind": "explode", "service": "shop"}}, "request_malformed"),
        ({"measure": {"kind": "block", "networks": ["10.0.0.1/8"]}}, "request_malformed"),
        ({"for_s": "NaN"}, "request_malformed"),
        ({"surprise": 1}, "request_malformed"),
    ],
)
def test_what_is_refused(api: httpx.Client, change: dict[str, Any], code: str) -> None:
    answer = api.post("/v1/mitigations", json={**KILL, **change})
    assert answer.status_code in {404, 422}
    assert problem(answer)["code"] == code
    assert api.get("/v1/mitigations").json()["active"] == []


def test_services_come_in_pages(api: httpx.Client) -> None:
    first = api.get("/v1/services", params={"count_max": 1}).json()
    assert [s["name"] for s in first["services"]] == ["mail"]
    second = api.get("/v1/services", params={"count_max": 1, "after": first["next"]}).json()
    assert [s["name"] for s in second["services"]] == ["shop"]
    assert second["next"] is None
    acme = api.get("/v1/services", params={"tenant": "acme"}).json()
    assert [s["name"] for s in acme["services"]] == ["shop"]


def test_a_service_with_everything_unsaid_filled_in(api: httpx.Client) -> None:
    shop = api.get("/v1/services/shop").json()
    assert shop["total"] == {"requests_per_s": 50.0, "burst": 100}
    assert shop["per_client"] == {"requests_per_s": 5.0, "burst": 10}
    assert shop["walls"] == [
        {"location": "east", "in_flight": {"guaranteed": 0, "maximum": 25}, "pending": 64, "connections": 64}
    ]
    assert problem(api.get("/v1/services/nobody"))["code"] == "service_unknown"


def test_limits_within_bounds(api: httpx.Client) -> None:
    set_ = api.put("/v1/services/shop/limits", json={"limits": {"requests": "7/s"}})
    assert (set_.status_code, set_.json()["total"]["requests_per_s"]) == (200, 7.0)
    assert set_.json()["owner_limits"]["requests"] == 7.0
    refused = api.put("/v1/services/shop/limits", json={"limits": {"requests": "101/s"}})
    assert (refused.status_code, problem(refused)["code"]) == (422, "limits_out_of_bounds")
    reset = api.put("/v1/services/shop/limits", json={"limits": None})
    assert reset.json()["total"]["requests_per_s"] == 50.0


def test_what_does_not_exist_is_a_problem_too(api: httpx.Client) -> None:
    assert problem(api.get("/v1/nothing"))["code"] == "not_found"
    assert problem(api.patch("/v1/status"))["code"] == "method_not_allowed"
    assert problem(api.post("/v1/mitigations", content=b"{"))["code"] == "request_malformed"


def test_bodies_have_a_maximum_stated_or_not(api: httpx.Client) -> None:
    stated = api.post("/v1/mitigations", content=b" " * (1024**2 + 1))
    assert (stated.status_code, problem(stated)["code"]) == (413, "body_too_large")

    def drip() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    unstated = api.post("/v1/mitigations", content=drip(), headers={"content-type": "application/json"})
    assert unstated.status_code == 413
    assert api.get("/healthz").json() == {"status": "ok"}
