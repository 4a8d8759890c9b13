"""A tenant's owner hands in changes of its own, over HTTP; whatever else it touched is told, all at once."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakes.running import PLATFORM, RunningControl

MORE = PLATFORM.replace("[shop.example]", "[shop.example, www.shop.example]")
LISTED = PLATFORM.replace("acme: {", "acme: {owners: [owner-1], ")
ACCEPTED = {201, 202}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def owner(control: RunningControl, api: httpx.Client) -> Iterator[httpx.Client]:
    """The owner of acme, whose name is owner-1, on a platform of two services."""
    del api
    with control.client(control.make_token("owner", "acme")) as client:
        yield client


def put_in_force(api: httpx.Client, text: str) -> None:
    propose(api, text, at_once=True, reason="a test").raise_for_status()


def propose(client: httpx.Client, text: str, **more: object) -> httpx.Response:
    return client.post("/v1/revisions", json={"text": text, "file": "p.yaml", **more})


def assert_trespass(answer: httpx.Response, *paths: str) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["code"]) == (403, "not_yours")
    assert [each["path"] for each in document["diagnostics"]] == list(paths)
    assert all(each["line"] > 1 and each["code"] == "HF131" and each["fix"] for each in document["diagnostics"])
    return document


def test_an_owner_changes_its_own_file(owner: httpx.Client, api: httpx.Client) -> None:
    answer = propose(owner, MORE, reason="more names", commit=COMMIT)
    assert answer.status_code in ACCEPTED, answer.text
    revision = answer.json()["revision"]
    assert (revision["author"], revision["commit"]) == ("owner-1", COMMIT)
    api.post("/v1/rollout/promote", json={"reason": "a test"}).raise_for_status()
    assert api.get("/v1/services/shop").json()["hosts"] == ["shop.example", "www.shop.example"]
    assert api.get("/v1/revisions").json()["revisions"][0]["commit"] == COMMIT


def test_whatever_is_not_its_own_is_told_all_at_once(owner: httpx.Client, api: httpx.Client) -> None:
    text = MORE.replace("[mail.example]", "[post.example]").replace("requests: 50/s", "requests: 60/s")
    document = assert_trespass(propose(owner, text), "defaults.limits.requests", "tenants.globex.services.mail")
    assert "service mail is globex's" in document["detail"]
    assert api.get("/v1/status").json()["in_force"]["number"] == 1


def test_an_operator_is_held_to_none_of_that(control: RunningControl, owner: httpx.Client) -> None:
    text = MORE.replace("[mail.example]", "[post.example]")
    assert propose(owner, text).status_code == 403
    with control.client(control.make_token("operator")) as operator:
        assert propose(operator, text).status_code in ACCEPTED


def test_where_owners_are_named_nobody_else_is_one(owner: httpx.Client, api: httpx.Client) -> None:
    others = LISTED.replace("[owner-1]", "[ann]")
    put_in_force(api, others)
    answer = propose(owner, others.replace("[shop.example]", "[b.example]"))
    assert "owner-1 isn't one of them" in assert_trespass(answer, "tenants.acme.owners")["detail"]
    put_in_force(api, LISTED)
    assert propose(owner, LISTED.replace("[shop.example]", "[b.example]")).status_code in ACCEPTED


def test_an_owner_changes_what_is_in_force_and_not_what_was(owner: httpx.Client, api: httpx.Client) -> None:
    put_in_force(api, PLATFORM.replace("[mail.example]", "[post.example]"))
    assert_trespass(propose(owner, MORE), "tenants.globex.services.mail")


def test_an_owner_of_a_tenant_that_is_gone_changes_nothing(control: RunningControl, api: httpx.Client) -> None:
    del api
    with control.client(control.make_token("owner", "hooli")) as stranger:
        assert "has no tenant hooli" in assert_trespass(propose(stranger, MORE), "tenants.hooli.owners")["detail"]


def test_before_anything_is_in_force_an_owner_has_nothing_to_change(control: RunningControl) -> None:
    with control.client(control.make_token("owner", "acme")) as early:
        answer = propose(early, PLATFORM)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_in_force")


def test_mistakes_come_before_what_is_whose(owner: httpx.Client) -> None:
    assert propose(owner, MORE.replace("50/s", "50")).json()["code"] == "platform_rejected"


@pytest.mark.parametrize("commit", ["main", "0123", f"{COMMIT}-dirty-", "\n" + COMMIT])
def test_what_is_no_commit_is_refused(api: httpx.Client, commit: str) -> None:
    assert propose(api, MORE, commit=commit).status_code == 422


def test_an_owner_waits_until_what_is_on_its_way_has_arrived(owner: httpx.Client, api: httpx.Client) -> None:
    on_its_way = propose(api, PLATFORM.replace("[mail.example]", "[post.example]")).json()["revision"]
    assert on_its_way["status"] == "rolling_out"
    answer = propose(owner, MORE)
    assert (answer.status_code, answer.json()["code"]) == (409, "rollout_under_way")


def test_an_owner_leaves_out_no_wave(owner: httpx.Client) -> None:
    assert propose(owner, MORE, at_once=True, reason="hurry").status_code == 403
