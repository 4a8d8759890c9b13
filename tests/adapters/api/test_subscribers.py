"""Subscribers over the API: masked, exported by admins only, removed; and their own pages without a credential."""

from collections.abc import Iterator

import httpx
import pytest

from fakes.fleet import FakeFleet
from fakes.incidents import FLEET
from fakes.running import FakeOutside, RunningControl, run_in_thread, short_directory
from fakes.subscribers import SITE_PLATFORM, seed_subscribers

SUBSCRIBERS = "/v1/subscribers"
PUBLIC = "/public/subscribers"


@pytest.fixture
def control() -> Iterator[RunningControl]:
    with short_directory() as state:
        seed_subscribers(state / "subscribers.db", "ann@acme.example", "https://hooks.example/secret?key=1")
        with run_in_thread(state, FakeOutside(FakeFleet(FLEET))) as running:
            with running.client() as admin:
                body = {"text": SITE_PLATFORM, "file": "p.yaml", "at_once": True, "reason": "x"}
                admin.post("/v1/revisions", json=body).raise_for_status()
            yield running


@pytest.fixture
def admin(control: RunningControl) -> Iterator[httpx.Client]:
    with control.client() as client:
        yield client


def test_addresses_are_masked_but_for_an_admins_export(control: RunningControl, admin: httpx.Client) -> None:
    with (
        control.client(control.make_token("viewer")) as viewer,
        control.client(control.make_token("operator")) as operator,
        control.client(control.make_token("owner", "acme")) as owner,
    ):
        document = viewer.get(SUBSCRIBERS).json()
        assert (document["counts"], document["asked"], document["next"]) == ({"email": 1, "webhook": 1}, 0, None)
        addresses = {each["address"] for each in document["subscribers"]}
        assert addresses == {"a…@acme.example", "https://hooks.example/…"}
        for client in (viewer, operator, owner):
            assert client.get(f"{SUBSCRIBERS}/export").status_code == 403
        assert owner.get(SUBSCRIBERS).status_code == 403
    exported = {each["address"] for each in admin.get(f"{SUBSCRIBERS}/export").json()["subscribers"]}
    assert exported == {"ann@acme.example", "https://hooks.example/secret?key=1"}


def test_pages_follow_each_other(admin: httpx.Client) -> None:
    first = admin.get(SUBSCRIBERS, params={"count_max": 1}).json()
    second = admin.get(SUBSCRIBERS, params={"count_max": 1, "after": first["next"]}).json()
    third = admin.get(SUBSCRIBERS, params={"after": second["next"]}).json()
    assert first["subscribers"] != second["subscribers"]
    assert third["subscribers"] == []
    assert admin.get(SUBSCRIBERS, params={"count_max": 0}).status_code == 422
    assert admin.get(SUBSCRIBERS, params={"after": "x"}).status_code == 422


def test_a_subscriber_is_removed_once(control: RunningControl, admin: httpx.Client) -> None:
    id_ = admin.get(SUBSCRIBERS).json()["subscribers"][0]["id"]
    with control.client(control.make_token("viewer")) as viewer:
        assert viewer.delete(f"{SUBSCRIBERS}/{id_}").status_code == 403
    assert admin.delete(f"{SUBSCRIBERS}/{id_}").status_code == 204
    assert admin.delete(f"{SUBSCRIBERS}/{id_}").json()["code"] == "subscriber_unknown"
    assert len(admin.get(SUBSCRIBERS).json()["subscribers"]) == 1


def test_clients_behind_a_proxy_of_this_machine_are_told_apart(control: RunningControl) -> None:
    def ask(client: str) -> int:
        with httpx.Client(base_url=control.url, headers={"x-forwarded-for": client}) as stranger:
            return stranger.post(PUBLIC, data={"address": "no address"}).status_code

    assert [ask("192.0.2.1") for _ in range(6)] == [422] * 5 + [429]
    assert ask("192.0.2.2") == 422


def test_the_pages_take_no_credential_and_nothing_else_does_so(control: RunningControl) -> None:
    with httpx.Client(base_url=control.url) as stranger:
        page = stranger.get(PUBLIC)
        assert (page.status_code, "Subscribe to Acme" in page.text) == (200, True)
        assert stranger.get(f"{PUBLIC}/unsubscribe/x").status_code == 200
        assert stranger.get("/public/other").status_code == 404
        assert stranger.get("/publicity").status_code == 401
        assert stranger.get(SUBSCRIBERS).status_code == 401
