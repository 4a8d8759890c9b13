"""Machines over HTTP: listed for those who may read, announced by whoever they are."""

import time
from collections.abc import Iterator

import httpx
import pytest

from fakes.running import PLATFORM, RunningControl

MACHINES = PLATFORM.replace(
    '["127.0.0.1:9000"]',
    '["127.0.0.1:9000", {address: "127.0.0.2:9000", zone: east, ephemeral: true}], health_check: {path: /healthz}',
)
SHOP, MAIL = "127.0.0.1:9000", "127.0.0.1:9001"


@pytest.fixture
def machines(api: httpx.Client) -> httpx.Client:
    answer = api.post("/v1/revisions", json={"text": MACHINES, "file": "p.yaml", "reason": "a test", "at_once": True})
    answer.raise_for_status()
    return api


@pytest.fixture
def owner(control: RunningControl, machines: httpx.Client) -> Iterator[httpx.Client]:
    del machines
    with control.client(control.make_token("owner", "acme")) as client:
        yield client


def test_endpoints_are_listed_with_what_they_are(machines: httpx.Client) -> None:
    told = machines.get("/v1/endpoints").json()
    assert [each["cluster"] for each in told["clusters"]] == ["mail", "shop"]
    assert told["more"] is False
    shop = machines.get("/v1/endpoints", params={"service": "shop"}).json()["clusters"]
    assert [each["cluster"] for each in shop] == ["shop"]
    plain = {"zone": None, "ephemeral": False, "drained": False}
    assert shop[0]["endpoints"] == [
        {"address": SHOP, **plain},
        {"address": "127.0.0.2:9000", "zone": "east", "ephemeral": True, "drained": False},
    ]
    assert machines.get("/v1/endpoints", params={"service": "none"}).json()["clusters"] == []


def test_a_machine_says_that_it_goes_and_is_drained(machines: httpx.Client) -> None:
    at = time.time() + 60
    told = machines.post("/v1/reclaims", json={"host": "127.0.0.2", "at": at}).raise_for_status().json()
    assert told == {
        "machine": "127.0.0.2",
        "at": at,
        "services": [{"name": "shop", "drained": ["127.0.0.2:9000"], "kept": []}],
    }
    drained = machines.get("/v1/endpoints", params={"service": "shop"}).json()["clusters"][0]["endpoints"][1]
    assert drained["drained"] is True
    active = machines.get("/v1/mitigations").json()["active"]
    assert [(each["author"], each["measure"]["kind"]) for each in active] == [("holdfast", "drain")]
    assert "127.0.0.2" in active[0]["reason"]


def test_the_last_machine_is_not_drained_and_that_is_said(machines: httpx.Client) -> None:
    told = machines.post("/v1/reclaims", json={"address": MAIL}).raise_for_status().json()
    assert told["services"] == [{"name": "mail", "drained": [], "kept": [MAIL]}]
    assert machines.get("/v1/mitigations").json()["active"] == []


def test_an_owner_is_heard_for_its_own_machines_only(owner: httpx.Client, machines: httpx.Client) -> None:
    assert owner.post("/v1/reclaims", json={"address": MAIL}).status_code == 404
    told = owner.post("/v1/reclaims", json={"host": "127.0.0.1"}).raise_for_status().json()
    assert [each["name"] for each in told["services"]] == ["shop"]
    assert [each["measure"]["service"] for each in machines.get("/v1/mitigations").json()["active"]] == ["shop"]
    assert owner.get("/v1/endpoints").status_code == 403


def test_viewers_look_on(control: RunningControl, machines: httpx.Client) -> None:
    del machines
    with control.client(control.make_token("viewer")) as viewer:
        assert viewer.get("/v1/endpoints").status_code == 200
        assert viewer.post("/v1/reclaims", json={"host": "127.0.0.2"}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"host": "127.0.0.1", "address": SHOP},
        {"address": "127.0.0.1"},
        {"host": ""},
        {"host": "x" * 300},
        {"host": "127.0.0.2", "at": -1},
        {"host": "127.0.0.2", "at": 1e300},
        {"host": "127.0.0.2", "more": 1},
    ],
)
def test_what_names_no_machine_is_refused(machines: httpx.Client, body: dict[str, object]) -> None:
    assert machines.post("/v1/reclaims", json=body).status_code == 422


def test_a_drain_that_would_leave_nothing_is_refused(machines: httpx.Client) -> None:
    measure = {"kind": "drain", "service": "shop", "endpoints": [SHOP, "127.0.0.2:9000"]}
    answer = machines.post("/v1/mitigations", json={"measure": measure, "for_s": 60, "reason": "a test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "endpoints_needed")
    measure["endpoints"] = ["127.0.0.9:9000"]
    answer = machines.post("/v1/mitigations", json={"measure": measure, "for_s": 60, "reason": "a test"})
    assert (answer.status_code, answer.json()["code"]) == (404, "endpoint_unknown")
