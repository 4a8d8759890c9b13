"""From a request's id or a pasted answer to what people and programs read."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from explain.moments import refused
from explain.serving import Explained, Serving, serve
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.explain import explain as explain_command
from holdfast.runtime.explaining import NO_JOURNAL, NOT_AN_ANSWER, NOT_FOUND, Explainer
from holdfast.views.explanation import ExplanationsDocument, KnownFrom

KILLED = {"cause": "kill", "rule": "kill.m-4", "service": "api", "status": 503, "request_id": "lost"}
Run = Callable[..., Result]


@pytest.fixture
def explained() -> Explained:
    limited = refused(
        "limit.mitigation", 2_005.0, rule="limit.m-1", client="203.0.113.9", path="/cart", host="shop.example"
    )
    return Explained(logged={"r-1": (limited,), "twice": (refused("bulkhead"), refused("limit.service", 3_500.0))})


def ask(explained: Explained, asked: str, tenant: str | None = None) -> ExplanationsDocument:
    async def run() -> ExplanationsDocument:
        return await Explainer(explained.control, explained.find).explain(asked, tenant)

    return asyncio.run(run())


def test_a_request_by_its_id(explained: Explained) -> None:
    (told,) = ask(explained, "r-1").explanations
    assert told.known_from is KnownFrom.LOG
    assert told.mitigation is not None
    assert told.mitigation.mitigation.id == "m-1"
    assert told.revision is not None
    assert (told.revision.number, told.revision.still) == (1, False)


def test_each_line_of_the_log_is_told_by_its_own_time(explained: Explained) -> None:
    numbers = [told.revision.number if told.revision else None for told in ask(explained, "twice").explanations]
    assert numbers == [2, 1]


def test_a_pasted_answer_that_no_log_holds(explained: Explained) -> None:
    (told,) = ask(explained, json.dumps(KILLED)).explanations
    assert told.known_from is KnownFrom.PASTED
    assert told.mitigation is not None
    assert told.mitigation.mitigation.reason == "ticket 4711"


def test_a_pasted_answer_that_a_log_holds_is_told_from_the_log(explained: Explained) -> None:
    (told,) = ask(explained, json.dumps({**KILLED, "request_id": "r-1"})).explanations
    assert (told.known_from, told.request.cause) == (KnownFrom.LOG, "limit.mitigation")


def test_what_is_not_known_is_said(explained: Explained) -> None:
    assert ask(explained, "nobody").remark == NOT_FOUND
    assert ask(explained, "no such thing").remark == NOT_AN_ANSWER
    assert ask(explained, "{}").remark == NOT_AN_ANSWER


def test_a_tenant_is_told_of_its_own_services_only(explained: Explained) -> None:
    assert len(ask(explained, "r-1", "acme").explanations) == 1
    assert ask(explained, "r-1", "globex") == ask(explained, "nobody", "globex").model_copy(
        update={"request_id": "r-1"}
    )


def test_the_journal_is_read_once_and_then_what_is_new(explained: Explained) -> None:
    async def run() -> None:
        explainer = Explainer(explained.control, explained.find)
        explained.journal.reads.clear()
        await explainer.explain("r-1")
        await explainer.explain("r-1")

    asyncio.run(run())
    assert explained.journal.reads == [0, len(explained.journal.bodies)]


def test_a_journal_that_cannot_be_read_is_said(explained: Explained) -> None:
    explained.journal.broken = True
    document = ask(explained, "r-1")
    assert document.remark == NO_JOURNAL
    assert len(document.explanations) == 1


def test_a_text_that_is_gone_leaves_the_rest(explained: Explained) -> None:
    explained.journal.texts.clear()
    (told,) = ask(explained, "twice").explanations[:1]
    assert told.figures == ()
    assert "can't be read any more" in told.details[-1]


@pytest.fixture
def serving(explained: Explained, tmp_path: Path) -> Iterator[Serving]:
    with serve(explained, tmp_path) as serving:
        yield serving


def client(serving: Serving, role: str) -> httpx.Client:
    return httpx.Client(base_url=serving.url, headers={"Authorization": f"Bearer {serving.tokens[role]}"}, timeout=30)


def test_the_api_answers_by_id_and_by_answer(serving: Serving) -> None:
    with client(serving, "viewer") as viewer:
        by_id = viewer.get("/v1/explain/r-1")
        by_answer = viewer.post("/v1/explain", json={"text": json.dumps(KILLED)})
        assert (by_id.status_code, by_answer.status_code) == (200, 200)
        assert by_id.json()["explanations"][0]["mitigation"]["mitigation"]["id"] == "m-1"
        assert by_answer.json()["explanations"][0]["known_from"] == "pasted"
        assert viewer.get("/v1/explain/nobody").json()["code"] == "request_unknown"
        assert viewer.get("/v1/explain/" + "x" * 129).status_code == 422
        assert viewer.post("/v1/explain", json={"text": "hello"}).json()["code"] == "answer_unreadable"
        assert viewer.post("/v1/explain", json={"text": "x" * 70_000}).status_code == 422


def test_the_api_takes_a_credential_that_may_read_everything(serving: Serving) -> None:
    assert httpx.get(f"{serving.url}/v1/explain/r-1").status_code == 401
    with client(serving, "owner") as owner:
        assert owner.get("/v1/explain/r-1").status_code == 403
        assert owner.post("/v1/explain", json={"text": "{}"}).status_code == 403


@pytest.fixture
def run(serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command and expects it to end with a certain code."""
    monkeypatch.setenv("HOLDFAST_URL", serving.url)
    monkeypatch.setenv("HOLDFAST_TOKEN_FILE", str(tmp_path / "admin.token"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "180")
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(explain_command)

    def invoke(*arguments: str, given: str = "", code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(app, arguments, input=given, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return invoke


def test_the_command_tells_it_to_people(run: Run) -> None:
    shown = run("r-1").stdout
    for part in (
        "The service shop was held to less than its own limits",
        "203.0.113.9",
        "Mitigation m-1",
        "limit shop to 20/s",
        "ticket 4711",
        "by bob: ended",
        "f-1: surge, 500 where 50 is usual and 80 is the most",
        "ops@acme.example",
        "revision 1 of p1.yaml",
        "not any more",
    ):
        assert part in shown, shown
    assert "p2.yaml:18  requests: 40/s" in run("twice").stdout


def test_the_command_reads_an_answer_from_standard_input(run: Run) -> None:
    assert "switched off for a time" in run("-", given=json.dumps(KILLED)).stdout
    assert run("-", code=ExitCode.USAGE).exit_code == 2
    run("-", given="hello", code=ExitCode.INPUT_MISTAKEN)


def test_the_command_prints_json_and_nothing_else(run: Run) -> None:
    document = ExplanationsDocument.model_validate_json(run("r-1", "--json").stdout)
    assert document.explanations[0].mitigation is not None


def test_what_is_not_known_has_an_exit_code_of_its_own(run: Run) -> None:
    assert NOT_FOUND in run("nobody", code=ExitCode.NOT_FOUND).output
