"""Downtime over HTTP: who may read whose, and what is answered before anything was measured."""

from collections.abc import Iterator

import httpx
import pytest

from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory


@pytest.fixture
def control() -> Iterator[RunningControl]:
    """A control that measures, though no edge reports."""
    with short_directory() as state, run_in_thread(state, watching=True) as running:
        yield running


@pytest.fixture
def owner(control: RunningControl, api: httpx.Client) -> Iterator[httpx.Client]:
    with control.client(control.make_token("owner", "acme")) as client:
        yield client


def test_each_region_as_a_whole_is_shown_without_a_name(api: httpx.Client) -> None:
    (subject,) = api.get("/v1/downtime").raise_for_status().json()["subjects"]
    assert (subject["kind"], subject["title"]) == ("region", "all services")
    (place,) = subject["places"]
    assert (place["region"], place["standing"], place["uptime"], place["down_s"]) == ("east", "unknown", None, 0)
    assert place["budget"]["objective"] == 0.999


@pytest.mark.parametrize(("kind", "name"), [("service", "shop"), ("tenant", "acme")])
def test_one_is_shown_or_all_of_a_kind(api: httpx.Client, kind: str, name: str) -> None:
    one = api.get("/v1/downtime", params={"kind": kind, "name": name}).raise_for_status().json()
    assert [subject["name"] for subject in one["subjects"]] == [name]
    every = api.get("/v1/downtime", params={"kind": kind}).raise_for_status().json()
    assert len(every["subjects"]) == 2
    stretches = api.get("/v1/downtime/stretches", params={"kind": kind, "name": name}).raise_for_status().json()
    assert stretches["stretches"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"kind": "service", "name": "nobody"}, "service_unknown"),
        ({"kind": "tenant", "name": "nobody"}, "tenant_unknown"),
        ({"kind": "component", "name": "nobody"}, "status_component_unknown"),
        ({"region": "mars"}, "region_unknown"),
    ],
)
def test_what_there_isnt_is_not_found(api: httpx.Client, query: dict[str, str], code: str) -> None:
    for path in ("/v1/downtime", "/v1/downtime/stretches"):
        answer = api.get(path, params=query)
        assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_an_owner_sees_its_own_and_nothing_else(owner: httpx.Client) -> None:
    for path in ("/v1/downtime", "/v1/downtime/stretches"):
        for own in ({"kind": "tenant", "name": "acme"}, {"kind": "service", "name": "shop"}):
            assert owner.get(path, params=own).status_code == 200
        for other in ({}, {"kind": "service"}, {"kind": "tenant"}, {"kind": "component", "name": "shop"}):
            assert owner.get(path, params=other).status_code == 404
        hidden = owner.get(path, params={"kind": "service", "name": "mail"})
        unknown = owner.get(path, params={"kind": "service", "name": "nail"})
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.json()["code"] == unknown.json()["code"]


def test_where_nothing_is_measured_that_is_said() -> None:
    with short_directory() as state, run_in_thread(state) as control, control.client() as client:
        client.post("/v1/revisions", json={"text": PLATFORM, "file": "p.yaml"}).raise_for_status()
        answer = client.get("/v1/downtime")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_measured")
