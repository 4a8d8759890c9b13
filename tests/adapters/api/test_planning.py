"""Plans over HTTP, and revisions that wait for what their plan found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from fakes.compiler import ReadableCompiler
from fakes.running import PLATFORM, FakeOutside, RunningControl, run_in_thread, short_directory
from fakes.trials import FakeTrials

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

MOVED = PLATFORM.replace("shop.example", "store.example")
ASKED = {"method": "GET", "host": "shop.example", "path": "/cart", "weight": 12}


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> FakeTrials:
    monkeypatch.setattr(ReadableCompiler, "settle_walls", lambda *_: {})
    return FakeTrials()


@pytest.fixture
def control(trials: FakeTrials) -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state, FakeOutside(trials=trials)) as running:
        yield running


def plan(api: httpx.Client, text: str, *requests: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = api.post("/v1/plan", json={"text": text, "file": "p.yaml", "requests": requests, **more})
    document: dict[str, Any] = answer.raise_for_status().json()
    return document


def propose(api: httpx.Client, text: str, *confirmed: str) -> httpx.Response:
    return api.post("/v1/revisions", json={"text": text, "file": "p.yaml", "confirmed": confirmed})


def read_codes(document: dict[str, Any]) -> list[str]:
    return [danger["code"] for danger in document["dangers"]]


def test_a_plan_says_what_would_change_and_changes_nothing(api: httpx.Client) -> None:
    found = plan(api, MOVED.replace("50/s", "20/s"), ASKED)
    assert (found["verdict"], found["against"], found["asked"], found["different"]) == ("confirm", 1, 1, 1)
    assert read_codes(found) == ["requests-lost"]
    assert found["differences"][0]["loses"]
    (shop,) = (each for each in found["changes"]["services"] if each["service"] == "shop")
    assert shop["edits"] == [{"path": "hosts[0]", "old": "shop.example", "new": "store.example"}]
    (shared,) = found["changes"]["shared"]
    assert shared == {"path": "defaults.limits.requests", "old": "50/s", "new": "20/s"}
    assert api.get("/v1/status").json()["in_force"]["number"] == 1


def test_what_is_confirmed_is_sound(api: httpx.Client) -> None:
    found = plan(api, MOVED, ASKED, confirmed=["requests-lost"])
    assert (found["verdict"], found["confirmed"]) == ("sound", ["requests-lost"])


def test_a_file_with_mistakes_is_answered_with_all_of_them(api: httpx.Client) -> None:
    found = plan(api, PLATFORM.replace("50/s", "50"))
    assert found["verdict"] == "refused"
    assert [each["severity"] for each in found["diagnostics"]] == ["error"]


def test_before_anything_is_in_force_there_is_no_plan(control: RunningControl) -> None:
    with control.client() as api:
        answer = api.post("/v1/plan", json={"text": PLATFORM})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_in_force")


def test_one_plan_is_made_at_a_time(api: httpx.Client, control: RunningControl, trials: FakeTrials) -> None:
    loop = control.running.ended.get_loop()
    loop.call_soon_threadsafe(trials.opened.clear)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(plan, api, MOVED, ASKED)
        statuses = set[int]()
        with control.client() as other:
            while 503 not in statuses:
                answer = other.post("/v1/plan", json={"text": "no platform"})
                statuses.add(answer.status_code)
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("busy", "1")
        loop.call_soon_threadsafe(trials.opened.set)
        assert read_codes(first.result(60)) == ["requests-lost"]


@pytest.mark.parametrize(("role", "status"), [("viewer", 200), ("owner", 403)])
def test_who_may_plan(api: httpx.Client, control: RunningControl, role: str, status: int) -> None:
    assert api.get("/v1/status").status_code == 200
    token = control.make_token(role, "acme" if role == "owner" else None)
    with control.client(token) as client:
        assert client.post("/v1/plan", json={"text": MOVED}).status_code == status


def test_requests_are_checked(api: httpx.Client) -> None:
    bad = [{**ASKED, "path": "/a b"}, {**ASKED, "host": "a\r\nb"}, {**ASKED, "method": "G T"}]
    for request in bad:
        answer = api.post("/v1/plan", json={"text": MOVED, "requests": [request]})
        assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")


def test_a_body_is_bounded(api: httpx.Client) -> None:
    assert api.post("/v1/plan", content=b" " * (33 * 1024**2)).status_code == 413


def test_a_revision_waits_for_what_its_plan_found(api: httpx.Client, trials: FakeTrials) -> None:
    trials.broken = True
    answer = propose(api, MOVED)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "unconfirmed")
    assert read_codes(problem) == ["effects-unknown"]
    assert "no edge came up" in problem["dangers"][0]["message"]
    assert api.get("/v1/status").json()["in_force"]["number"] == 1
    assert len(api.get("/v1/revisions").json()["revisions"]) == 1


def test_what_was_confirmed_is_recorded(api: httpx.Client, trials: FakeTrials) -> None:
    trials.broken = True
    answer = propose(api, MOVED, "effects-unknown", "hosts-gone")
    assert answer.is_success, answer.text
    assert answer.json()["revision"]["confirmed"] == ["effects-unknown"]


def test_what_changes_nothing_dangerous_needs_no_word(api: httpx.Client) -> None:
    answer = propose(api, PLATFORM.replace("per_client: {requests: 5/s}", "per_client: {requests: 6/s}"))
    assert answer.is_success, answer.text
    assert answer.json()["revision"]["confirmed"] == []


def test_a_rollback_waits_for_nothing(api: httpx.Client, trials: FakeTrials) -> None:
    assert propose(api, MOVED).is_success
    trials.broken = True
    assert api.post("/v1/rollback", json={"reason": "worse"}).is_success
