"""Findings, suggestions and predictions over real HTTP."""

from typing import Any

import httpx
import pytest

from fakes.engine import make_finding
from fakes.running import RunningControl
from holdfast.engine.command import CloseFinding, OpenFinding, SuggestMitigation
from holdfast.model.mitigation import Limit
from holdfast.model.prediction import Prediction, Verdict

SUGGESTION = SuggestMitigation("f-1", Limit(service="shop", requests_per_s=5.0), 90.0, "it would help", edges=("e1",))
DENY = {
    "kind": "deny",
    "service": "shop",
    "source": {"matches": [{"dimension": "user-agent-family", "values": ["curl"]}]},
}


@pytest.fixture
def found(control: RunningControl, api: httpx.Client) -> httpx.Client:
    """The admin, where a surge of shop was found and a limit is suggested."""
    control.submit(OpenFinding(make_finding()))
    control.submit(SUGGESTION)
    return api


def test_nothing_is_found_at_first(api: httpx.Client) -> None:
    assert api.get("/v1/findings").json() == {"open": [], "closed": []}
    missing = api.get("/v1/findings/f-1")
    assert (missing.status_code, missing.json()["code"]) == (404, "finding_unknown")
    assert api.get("/v1/findings/seven").status_code == 422


def test_a_finding_with_what_is_suggested(control: RunningControl, found: httpx.Client) -> None:
    document = found.get("/v1/findings/f-1").json()
    assert (document["state"], document["since"], document["mitigations"]) == ("open", 995.0, [])
    assert document["finding"]["evidence"]["now"] == 900.0
    assert document["suggestion"]["measure"]["requests_per_s"] == 5.0
    assert found.get("/v1/findings").json()["open"] == [document]
    control.submit(CloseFinding("f-1", "as usual again"))
    listed = found.get("/v1/findings").json()
    assert listed["open"] == []
    (closed,) = listed["closed"]
    assert (closed["state"], closed["why"], closed["suggestion"]) == ("closed", "as usual again", None)


def test_a_suggestion_is_accepted_by_operators(control: RunningControl, found: httpx.Client) -> None:
    with control.client(control.make_token("viewer")) as viewer:
        assert viewer.get("/v1/findings").status_code == 200
        assert viewer.post("/v1/findings/f-1/accept", json={}).status_code == 403
        assert viewer.post("/v1/mitigations/preview", json={"measure": DENY}).status_code == 403
    answer = found.post("/v1/findings/f-1/accept", json={})
    assert answer.status_code == 201
    document = answer.json()
    assert (document["finding"], document["edges"], document["reason"]) == ("f-1", ["e1"], "it would help")
    assert found.get("/v1/findings/f-1").json()["mitigations"] == ["m-1"]
    again = found.post("/v1/findings/f-1/accept", json={})
    assert (again.status_code, again.json()["code"]) == (404, "suggestion_unknown")
    ended = found.delete("/v1/mitigations/m-1").json()
    assert ended["finding"] == "f-1"


def test_what_is_foretold_to_harm_is_a_problem_with_the_prediction(control: RunningControl, api: httpx.Client) -> None:
    foretold = Prediction(
        verdict=Verdict.HARMFUL, why="it would refuse 60% of normal traffic", samples=400, refused_share=0.5,
        normal_refused_share=0.6, clients_refused=30, clients=40, refused_per_s=12.0,
    )  # fmt: skip
    control.foretell(foretold)
    wish: dict[str, Any] = {"measure": DENY, "for_s": 60, "reason": "flood"}
    refused = api.post("/v1/mitigations", json=wish)
    assert (refused.status_code, refused.json()["code"]) == (409, "prediction_harmful")
    assert Prediction.model_validate(refused.json()["prediction"]) == foretold
    assert Prediction.model_validate(api.post("/v1/mitigations/preview", json={"measure": DENY}).json()) == foretold
    assert api.get("/v1/mitigations").json()["active"] == []
    forced = api.post("/v1/mitigations", json={**wish, "force": True})
    assert forced.status_code == 201
    assert (forced.json()["forced"], forced.json()["prediction"]["verdict"]) == (True, "harmful")
    kill = api.post("/v1/mitigations", json={**wish, "measure": {"kind": "kill", "service": "shop"}})
    assert (kill.status_code, kill.json()["forced"]) == (201, False)


def test_nothing_is_foretold_while_nothing_is_watched(api: httpx.Client) -> None:
    preview = api.post("/v1/mitigations/preview", json={"measure": DENY}).json()
    assert (preview["verdict"], preview["samples"]) == ("unknown", 0)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"edges": ["e9"]}, 404, "edge_unknown"),
        ({"edges": []}, 422, "request_malformed"),
        ({"finding": "f-9"}, 404, "finding_unknown"),
        ({"measure": {**DENY, "source": {"matches": []}}}, 422, "request_malformed"),
        ({"measure": {**DENY, "source": {"matches": DENY["source"]["matches"] * 2}}}, 422, "request_malformed"),  # type: ignore[index]
        (
            {"measure": {**DENY, "source": {"matches": [{"dimension": "network", "values": ["10.0.0.1/8"]}]}}},
            422,
            "request_malformed",
        ),
        (
            {"measure": {**DENY, "source": {"matches": [{"dimension": "path-prefix", "values": ["/api"]}]}}},
            422,
            "request_malformed",
        ),
        ({"measure": {"kind": "limit", "service": "shop", "client_prefix": 33}}, 422, "request_malformed"),
    ],
)
def test_what_is_refused(api: httpx.Client, changes: dict[str, Any], status: int, code: str) -> None:
    answer = api.post("/v1/mitigations", json={"measure": DENY, "for_s": 60, "reason": "flood", **changes})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert api.get("/v1/mitigations").json()["active"] == []
