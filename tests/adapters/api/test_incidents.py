"""Incidents, promises and announced work over the API: who may, and what is refused."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakes.fleet import FakeFleet
from fakes.incidents import FLEET, PLATFORM
from fakes.running import FakeOutside, RunningControl, run_in_thread, short_directory

INCIDENTS = "/v1/incidents"
NEW = {"title": "the shop fails", "impact": "major", "components": ["web"], "services": ["shop"]}


@pytest.fixture(scope="module")
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state, FakeOutside(FakeFleet(FLEET))) as running:
        with running.client() as admin:
            body = {"text": PLATFORM.replace("PUBLISH", "auto"), "file": "p.yaml", "at_once": True, "reason": "x"}
            admin.post("/v1/revisions", json=body).raise_for_status()
        yield running


@pytest.fixture
def admin(control: RunningControl) -> Iterator[httpx.Client]:
    with control.client() as client:
        yield client


def open_one(client: httpx.Client, **more: object) -> dict[str, Any]:
    answer = client.post(INCIDENTS, json=NEW | more)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_viewers_see_operators_act_and_owners_do_neither(control: RunningControl, admin: httpx.Client) -> None:
    id_ = open_one(admin)["row"]["incident"]["id"]
    with (
        control.client(control.make_token("viewer")) as viewer,
        control.client(control.make_token("owner", "acme")) as owner,
    ):
        for path in (
            INCIDENTS,
            f"{INCIDENTS}/{id_}",
            f"{INCIDENTS}/{id_}/timeline",
            "/v1/follow-ups",
            "/v1/maintenance",
        ):
            assert viewer.get(path).status_code == 200
            assert owner.get(path).status_code == 403
        for client in (viewer, owner):
            assert client.post(INCIDENTS, json=NEW).status_code == 403
            assert client.patch(f"{INCIDENTS}/{id_}", json={"reason": "x", "phase": "resolved"}).status_code == 403
            assert client.post(f"{INCIDENTS}/{id_}/acknowledge").status_code == 403
            assert client.post(f"{INCIDENTS}/{id_}/posts", json={"text": "x"}).status_code == 403
    with control.client(control.make_token("operator")) as operator:
        assert (
            operator.post(f"{INCIDENTS}/{id_}/acknowledge").json()["row"]["incident"]["acknowledged_by"] == "operator-1"
        )


def test_one_that_is_opened_by_hand_is_not_told_of_by_itself(admin: httpx.Client) -> None:
    document = open_one(admin, public_title="Errors")
    assert (document["row"]["incident"]["led_by"], document["posts"], document["recorded"]) == ("admin", [], True)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (NEW | {"title": ""}, 422, "request_malformed"),
        (NEW | {"title": "x" * 201}, 422, "request_malformed"),
        (NEW | {"title": "bell\a"}, 422, "text_malformed"),
        (NEW | {"impact": "awful"}, 422, "request_malformed"),
        (NEW | {"began_at": -1}, 422, "request_malformed"),
        (NEW | {"surprise": 1}, 422, "request_malformed"),
        (NEW | {"components": ["nope"]}, 404, "status_component_unknown"),
        (NEW | {"regions": ["nope"]}, 404, "region_unknown"),
        (NEW | {"services": ["nope"]}, 404, "service_unknown"),
        (NEW | {"components": ["web"] * 1_001}, 422, "request_malformed"),
    ],
)
def test_what_makes_no_sense_is_refused(admin: httpx.Client, body: dict[str, Any], status: int, code: str) -> None:
    answer = admin.post(INCIDENTS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_all_mistakes_are_told_at_once(admin: httpx.Client) -> None:
    answer = admin.post("/v1/follow-ups", json={"incident": "i-x", "text": "", "due": "soon"})
    told = {field["where"].rpartition(".")[2] for field in answer.json()["fields"]}
    assert told == {"incident", "text", "owner", "due"}


def test_a_resolved_one_takes_notes_and_promises_only(admin: httpx.Client) -> None:
    id_ = open_one(admin)["row"]["incident"]["id"]
    path = f"{INCIDENTS}/{id_}"
    admin.patch(path, json={"reason": "over", "phase": "resolved"}).raise_for_status()
    for refused in (
        admin.post(f"{path}/posts", json={"text": "x"}),
        admin.post(f"{path}/posts", json={"text": "x", "draft": True}),
        admin.post(f"{path}/acknowledge"),
        admin.patch(path, json={"reason": "x", "title": "y"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "incident_resolved")
        assert "reopen it, or open another" in refused.json()["detail"]
    assert admin.post(f"{path}/notes", json={"text": "an afterthought"}).status_code == 201
    promise = {"incident": id_, "text": "raise it", "owner": "ann", "due": "2999-01-31"}
    made = admin.post("/v1/follow-ups", json=promise)
    assert made.status_code == 201
    shown = admin.get(path).json()
    assert [each["follow_up"]["text"] for each in shown["follow_ups"]] == ["raise it"]
    done = admin.patch(f"/v1/follow-ups/{made.json()['follow_up']['id']}", json={"done": True}).json()
    assert done["follow_up"]["done_at"] is not None


def test_what_is_not_there_is_not_found(admin: httpx.Client) -> None:
    for answer in (
        admin.get(f"{INCIDENTS}/i-999"),
        admin.get(f"{INCIDENTS}/i-999/timeline"),
        admin.patch(f"{INCIDENTS}/i-999", json={"reason": "x"}),
        admin.patch("/v1/follow-ups/u-999", json={"done": True}),
        admin.patch("/v1/maintenance/w-999", json={"phase": "completed"}),
        admin.post(f"{INCIDENTS}/{open_one(admin)['row']['incident']['id']}/posts/9/publish", json={}),
    ):
        assert answer.status_code == 404, answer.text
    assert admin.get(f"{INCIDENTS}/f-1").status_code == 422


def test_work_mutes_an_incident_within_it_and_says_which(admin: httpx.Client) -> None:
    now = time.time()
    window = {"title": "Upgrade", "begins_at": now + 60.0, "ends_at": now + 600.0, "components": ["mail"]}
    made = admin.post("/v1/maintenance", json=window)
    assert made.status_code == 201
    path = f"/v1/maintenance/{made.json()['maintenance']['id']}"
    admin.patch(path, json={"phase": "in_progress", "reason": "early"}).raise_for_status()
    within = open_one(admin, components=["mail"], services=["mail"])["row"]
    beyond = open_one(admin, components=["mail", "web"])["row"]
    assert (within["muted"], beyond["muted"]) == (True, False)
    (listed,) = admin.get("/v1/maintenance").json()["coming"]
    assert listed["muted"] == [within["incident"]["id"]]
    assert admin.patch(path, json={"phase": "completed"}).json()["maintenance"]["phase"] == "completed"
    assert not admin.get(f"{INCIDENTS}/{within['incident']['id']}").json()["row"]["muted"]
