"""The change ledger over real HTTP: who may read it and tell it what, and that nothing sent is unbounded."""

from collections.abc import Iterator

import httpx
import pytest

from fakes.engine import make_finding
from fakes.running import PLATFORM, RunningControl
from holdfast.engine.command import OpenFinding

NOTE = {"kind": "deploy", "services": ["shop"], "why": "release 1.4.2"}


@pytest.fixture
def owner(control: RunningControl, api: httpx.Client) -> Iterator[httpx.Client]:
    """The owner of globex, which has the service mail."""
    with control.client(control.make_token("owner", "globex")) as client:
        yield client


def list_titles(client: httpx.Client, **query: str | int) -> list[str]:
    document = client.get("/v1/ledger", params=query).raise_for_status().json()
    return [f"{entry['kind']} {entry['title']}" for entry in document["entries"]]


def test_what_was_changed_is_there_with_who_has_it(api: httpx.Client) -> None:
    made = api.post("/v1/ledger/notes", json=NOTE)
    assert made.status_code == 201
    assert (made.json()["author"], made.json()["services"]) == ("admin", ["shop"])
    assert list_titles(api) == ["deploy deploy of shop", "revision in force", "revision proposed"]
    first = api.get("/v1/ledger/1").json()
    assert first["entry"]["standing"] == "in force"
    (edge,) = first["edges"]
    assert (edge["name"], edge["has_it"], len(edge["has"])) == ("e1", True, 32)
    assert edge["has"] == edge["should"]
    assert {each["service"] for each in first["changes"]["services"]} == {"shop", "mail"}


def test_a_drill_is_noted_for_its_time_and_ended_once_by_those_whose_it_is(
    api: httpx.Client, owner: httpx.Client
) -> None:
    drill = {"kind": "drill", "services": ["shop"], "why": "game day", "for_s": 7_200}
    noted = api.post("/v1/ledger/notes", json=drill).json()
    assert noted["title"] == "drill of shop, for 2 h"
    end = f"/v1/ledger/{noted['sequence']}/end"
    assert owner.post(end, json={"why": "over"}).json()["code"] == "service_unknown"
    ended = api.post(end, json={"why": "over"})
    assert (ended.status_code, ended.json()["services"]) == (201, ["shop"])
    assert ended.json()["title"] == f"drill of shop: what {noted['sequence']} began is over"
    for path in (end, "/v1/ledger/1/end"):
        again = api.post(path, json={"why": "over"})
        assert (again.status_code, again.json()["code"]) == (404, "drill_unknown")


def test_a_change_says_what_is_otherwise(api: httpx.Client) -> None:
    text = PLATFORM.replace("requests: 50/s", "requests: 60/s")
    api.post("/v1/revisions", json={"text": text, "file": "p.yaml", "reason": "more room"}).raise_for_status()
    found = api.get("/v1/ledger", params={"kind": "revision", "count_max": 1}).json()["entries"][0]
    (edit,) = api.get(f"/v1/ledger/{found['sequence']}").json()["changes"]["shared"]
    assert (edit["path"], edit["old"], edit["new"]) == ("defaults.limits.requests", "50/s", "60/s")


def test_pages_follow_each_other(api: httpx.Client) -> None:
    for number in range(4):
        api.post("/v1/ledger/notes", json={**NOTE, "why": f"release {number}"}).raise_for_status()
    seen, older = [], None
    while True:
        query = {"count_max": 2} | ({"before": older} if older else {})
        page = api.get("/v1/ledger", params=query).json()
        seen += [entry["sequence"] for entry in page["entries"]]
        older = page["older"]
        if older is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1]
    assert len(list_titles(api, service="shop", kind="deploy")) == 4


def test_an_owner_sees_and_tells_of_its_own(api: httpx.Client, owner: httpx.Client) -> None:
    api.post("/v1/ledger/notes", json=NOTE).raise_for_status()
    assert list_titles(owner) == ["revision in force", "revision proposed"]
    entry = owner.get("/v1/ledger/1").json()
    assert entry["entry"]["services"] == ["mail"]
    assert {each["service"] for each in entry["changes"]["services"]} == {"mail"}
    assert entry["edges"] == []
    assert owner.get("/v1/ledger/3").status_code == 404
    assert owner.post("/v1/ledger/notes", json=NOTE).json()["code"] == "service_unknown"
    assert owner.post("/v1/ledger/notes", json={**NOTE, "services": ["mail"]}).status_code == 201


def test_a_viewer_reads_and_tells_nothing(control: RunningControl, api: httpx.Client) -> None:
    with control.client(control.make_token("viewer")) as viewer:
        assert len(list_titles(viewer)) == 2
        assert viewer.post("/v1/ledger/notes", json=NOTE).status_code == 403


BAD_NOTES = (
    {**NOTE, "kind": "revision"},
    {**NOTE, "why": "x" * 501},
    {**NOTE, "why": ""},
    {**NOTE, "why": "two\nlines"},
    {**NOTE, "services": ["NOT A NAME"]},
    {**NOTE, "services": ["shop"] * 1_001},
    {**NOTE, "more": 1},
    {**NOTE, "for_s": 60},
    {**NOTE, "kind": "drill", "for_s": 0},
    {**NOTE, "kind": "drill", "for_s": 1e6},
)


@pytest.mark.parametrize("body", BAD_NOTES, ids=str)
def test_what_makes_no_sense_is_refused(api: httpx.Client, body: dict[str, object]) -> None:
    answer = api.post("/v1/ledger/notes", json=body)
    assert answer.status_code == 422
    assert len(list_titles(api)) == 2


@pytest.mark.parametrize(
    "query", ["before=0", "count_max=501", "kind=nothing", "since=inf", "service=A", "author=" + "x" * 65]
)
def test_questions_that_make_no_sense_are_refused(api: httpx.Client, query: str) -> None:
    assert api.get(f"/v1/ledger?{query}").status_code == 422


def test_what_is_not_in_the_ledger_is_not_found(control: RunningControl, api: httpx.Client) -> None:
    control.submit(OpenFinding(make_finding()))
    for sequence, status in (("3", 404), ("99", 404), ("0", 422), ("x", 422), ("9" * 30, 422)):
        assert api.get(f"/v1/ledger/{sequence}").status_code == status, sequence


def test_a_finding_names_the_changes_that_are_suspected(control: RunningControl, api: httpx.Client) -> None:
    entry = api.post("/v1/ledger/notes", json=NOTE).json()
    finding = make_finding().model_copy(update={"began_at": entry["at"] + 0.001, "seen_at": entry["at"] + 0.002})
    control.submit(OpenFinding(finding))
    document = api.get("/v1/findings/f-1").json()
    suspect = next(each for each in document["suspects"] if each["kind"] == "deploy")
    assert (suspect["sequence"], suspect["why"]) == (entry["sequence"], "release 1.4.2")
    assert suspect["evidence"][0].endswith("before it began")
    assert api.get("/v1/findings").json()["open"][0]["suspects"] == document["suspects"]
