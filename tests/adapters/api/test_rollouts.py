"""Rollouts over HTTP: seen, paused, resumed, promoted, aborted; and changes frozen."""

from typing import Any

import httpx
import pytest
from starlette.responses import Response

from fakes.running import PLATFORM, RunningControl
from holdfast.adapters.api import platform_routes
from holdfast.adapters.api.problems import Problem
from holdfast.model.revision import RevisionStatus
from holdfast.views.edges import Reach
from holdfast.views.revisions import ProposalDocument, RevisionDocument

OTHER = PLATFORM.replace("requests: 50/s", "requests: 60/s")
"""Both services are changed, so that there are two waves."""


@pytest.fixture
def going(api: httpx.Client) -> httpx.Client:
    """The admin, while revision 2 is on its way."""
    proposed = api.post("/v1/revisions", json={"text": OTHER, "file": "p.yaml", "reason": "more for all"})
    assert proposed.status_code == 201
    assert proposed.json()["revision"]["status"] == "rolling_out"
    return api


def ask(api: httpx.Client, method: str, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = api.request(method, path, json=body or None)
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_there_is_nothing_on_its_way(api: httpx.Client) -> None:
    shown = ask(api, "GET", "/v1/rollout")
    assert shown["in_force"] == 1
    assert [shown[name] for name in ("proving", "rollout", "rolled_back", "freeze")] == [None] * 4
    for path in ("pause", "resume", "promote", "abort"):
        assert ask(api, "POST", f"/v1/rollout/{path}", 409, reason="hm")["code"] == "rollout_none"


def test_a_rollout_is_shown_wave_by_wave(going: httpx.Client) -> None:
    shown = ask(going, "GET", "/v1/rollout")["rollout"]
    assert (shown["number"], shown["base"], shown["author"], shown["reason"]) == (2, 1, "admin", "more for all")
    assert (shown["wave"], shown["reached"], shown["services"]) == (1, 1, 2)
    assert [(w["number"], w["services"], w["shared"], w["state"]) for w in shown["waves"]] == [
        (1, 1, False, "now"),
        (2, 1, False, "to come"),
    ]
    moving = ("waits_for", "bakes_s")
    again = ask(going, "GET", "/v1/status")["rollout"]
    assert {k: v for k, v in again.items() if k not in moving} == {k: v for k, v in shown.items() if k not in moving}
    assert ask(going, "GET", "/v1/revisions")["revisions"][0]["status"] == "rolling_out"


def test_while_one_is_on_its_way_no_other_is(going: httpx.Client) -> None:
    assert ask(going, "POST", "/v1/revisions", 409, text=PLATFORM)["code"] == "rollout_under_way"


def test_paused_and_resumed(going: httpx.Client) -> None:
    assert ask(going, "POST", "/v1/rollout/pause", reason="lunch")["rollout"]["paused"] == "lunch"
    assert ask(going, "POST", "/v1/rollout/pause", 409, reason="lunch")["code"] == "unchanged"
    resumed = ask(going, "POST", "/v1/rollout/resume", reason="")["rollout"]
    assert (resumed["paused"], resumed["wave"]) == ("", 1)


def test_promoted(going: httpx.Client) -> None:
    shown = ask(going, "POST", "/v1/rollout/promote", reason="urgent")
    assert (shown["in_force"], shown["rollout"], shown["rolled_back"]) == (2, None, None)


def test_aborted(going: httpx.Client) -> None:
    shown = ask(going, "POST", "/v1/rollout/abort", reason="not this way")
    assert (shown["in_force"], shown["rollout"]) == (1, None)
    back = shown["rolled_back"]
    assert (back["number"], back["why"], back["author"], back["wave"]) == (2, "not this way", "admin", 1)
    assert ask(going, "GET", "/v1/status")["rolled_back"] == back
    assert ask(going, "GET", "/v1/revisions")["revisions"][0]["status"] == "rolled_back"
    going.post("/v1/revisions", json={"text": OTHER, "reason": "again", "at_once": True}).raise_for_status()
    assert ask(going, "GET", "/v1/rollout")["rolled_back"] is None


def test_back_to_what_a_rollout_began_from(going: httpx.Client) -> None:
    answer = ask(going, "POST", "/v1/rollback", 201, reason="worse")
    assert (answer["revision"]["number"], answer["revision"]["status"]) == (1, "in_force")
    assert ask(going, "GET", "/v1/rollout")["rolled_back"]["why"] == "worse"


@pytest.mark.parametrize("path", ["pause", "promote", "abort"])
def test_what_people_do_takes_a_reason(going: httpx.Client, path: str) -> None:
    for reason in ("", " ", "two\nlines"):
        assert ask(going, "POST", f"/v1/rollout/{path}", 422, reason=reason)["code"] == "reason_malformed"
    assert ask(going, "GET", "/v1/rollout")["rollout"]["wave"] == 1


def test_to_everybody_at_once_takes_a_reason_too(api: httpx.Client) -> None:
    assert ask(api, "POST", "/v1/revisions", 422, text=OTHER, at_once=True)["code"] == "reason_malformed"
    done = ask(api, "POST", "/v1/revisions", 201, text=OTHER, at_once=True, reason="certificates expire")
    assert (done["revision"]["status"], done["revision"]["at_once"]) == ("in_force", True)


def test_frozen_and_thawed(api: httpx.Client) -> None:
    assert ask(api, "GET", "/v1/freeze", 404)["code"] == "not_frozen"
    frozen = ask(api, "POST", "/v1/freeze", 201, reason="Black Friday", for_s=3_600)
    assert (frozen["why"], frozen["author"]) == ("Black Friday", "admin")
    assert 3_500 < frozen["remaining_s"] <= 3_600
    assert ask(api, "POST", "/v1/revisions", 409, text=OTHER)["code"] == "changes_frozen"
    assert ask(api, "GET", "/v1/freeze")["until"] == frozen["until"]
    thawed = api.delete("/v1/freeze", params={"reason": "over"})
    assert (thawed.status_code, thawed.json()["freeze"]) == (200, None)
    assert api.delete("/v1/freeze").status_code == 409
    assert ask(api, "POST", "/v1/revisions", 201, text=OTHER)["revision"]["status"] == "rolling_out"


def test_a_freeze_lasts_until_it_is_ended(api: httpx.Client) -> None:
    frozen = ask(api, "POST", "/v1/freeze", 201, reason="holidays")
    assert (frozen["until"], frozen["remaining_s"]) == (None, None)
    assert ask(api, "GET", "/v1/status")["freeze"]["why"] == "holidays"


@pytest.mark.parametrize("for_s", [0, -1, 1e9, "inf"])
def test_a_freeze_is_bounded(api: httpx.Client, for_s: object) -> None:
    ask(api, "POST", "/v1/freeze", 422, reason="why", for_s=for_s)


def test_who_may_only_look_changes_nothing(going: httpx.Client, control: RunningControl) -> None:
    with control.client(control.make_token("viewer")) as viewer:
        assert ask(viewer, "GET", "/v1/rollout")["rollout"]["number"] == 2
        for path in ("pause", "resume", "promote", "abort"):
            assert viewer.post(f"/v1/rollout/{path}", json={"reason": "hm"}).status_code == 403
        assert viewer.post("/v1/freeze", json={"reason": "hm"}).status_code == 403
        assert viewer.delete("/v1/freeze").status_code == 403
    with control.client(control.make_token("owner", "acme")) as owner:
        assert owner.get("/v1/rollout").status_code == 403
        skipping = owner.post("/v1/revisions", json={"text": OTHER, "at_once": True, "reason": "mine"})
        assert skipping.status_code == 403
    assert ask(going, "GET", "/v1/rollout")["rollout"]["number"] == 2


def test_what_is_over_before_the_answer_is_a_problem() -> None:
    revision = RevisionDocument(
        number=2, status=RevisionStatus.ROLLED_BACK, since=1.0, why="probes fail", author="ann", reason="", file="",
        content="0" * 64, proposed_at=1.0, rollback_of=None,
    )  # fmt: skip
    answer = ProposalDocument(revision=revision, reach=Reach(programmed=1, edges=1), warnings=())
    with pytest.raises(Problem, match="revision 2 was rolled back: probes fail") as problem:
        platform_routes._conclude(answer, Response())
    assert (problem.value.document.status, problem.value.document.code) == (409, "revision_rolled_back")
