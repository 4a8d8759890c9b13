"""What commands about components and queries print."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import typer
from pydantic import BaseModel, SecretStr
from typer.testing import CliRunner, Result

from holdfast.cli import client, components
from holdfast.cli.exit_codes import ExitCode
from holdfast.model.component import Phase
from holdfast.model.problem import ProblemDocument
from holdfast.model.query import QueryFlag, QueryMeasures, Unreadable
from holdfast.views.components import ComponentDocument, ComponentsDocument
from holdfast.views.queries import FlaggedDocument, FlaggedOperationDocument, OperationDocument, QueriesDocument

ANALYSER = ComponentDocument(
    name="analyser", version="mine-1", previous="built-in", versions=("built-in", "mine-1"), checksum="a" * 64,
    phase=Phase.OFF, since=0.0, why="took 99% of a core", pid=None, confined=True, cpu_share=0.99, cpu_share_max=0.25,
    memory_bytes=50 * 1024**2, memory_bytes_max=256 * 1024**2, lag_s=1.5, lag_s_max=2.0, handed=1_000, dropped=3,
)  # fmt: skip
MEASURES = QueryMeasures(depth=20, fields=21, aliases=1, directives=0, cost=5_101)
QUERIES = QueriesDocument(
    service="shop", answered=True, counts=False, phase=Phase.SHADOW, note="new", requests=50.0,
    unreadable={Unreadable.MALFORMED: 10.0},
    operations=(
        OperationDocument(
            fingerprint="0123456789abcdef", text="query{a(b:?)}", requests=40.0, overcount=0.0, load_share=1.0,
            measures=MEASURES, flags=(QueryFlag.DEEP,),
        ),
    ),
)  # fmt: skip
FLAGGED = FlaggedDocument(
    phase=Phase.ON,
    operations=(
        FlaggedOperationDocument(
            service="shop", fingerprint="0123456789abcdef", text="query{a\x1b[2J}", measures=MEASURES,
            flags=(QueryFlag.DEEP,),
        ),
    ),
)  # fmt: skip
ANSWERS: dict[tuple[str, str], BaseModel] = {
    ("GET", "/v1/components"): ComponentsDocument(components=(ANALYSER,)),
    ("GET", "/v1/services/shop/queries"): QUERIES,
    ("GET", "/v1/queries"): FLAGGED,
    ("POST", "/v1/components/analyser/revert"): ANALYSER.model_copy(update={"phase": Phase.STARTING}),
    ("POST", "/v1/components/analyser/off"): ANALYSER,
    ("POST", "/v1/components/analyser/on"): ANALYSER,
    ("POST", "/v1/components/analyser/install"): ANALYSER,
}
Run = Callable[..., Result]


@pytest.fixture
def sent() -> list[httpx.Request]:
    return []


@pytest.fixture
def run(sent: list[httpx.Request], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against a control that always has the same to say."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        document = ANSWERS.get((request.method, request.url.path))
        if document is None:
            problem = ProblemDocument(type="x", title="x", status=404, code="component_unknown", detail="no such thing")
            return httpx.Response(404, text=problem.model_dump_json())
        return httpx.Response(200, text=document.model_dump_json())

    @contextmanager
    def open_client(*_: object) -> Iterator[client.Client]:
        with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://control") as http:
            yield client.Client(http, "here", SecretStr("x"))

    monkeypatch.setattr(client, "open_client", open_client)
    app = typer.Typer()
    for command in (components.components, components.revert, components.queries):
        app.command()(command)
    app.add_typer(components.app, name="component")
    return lambda *arguments: CliRunner().invoke(app, arguments, env={"COLUMNS": "300"})


def line_of(result: Result, start: str) -> str:
    assert result.exit_code == 0, result.output
    return next(" ".join(line.split()) for line in result.output.splitlines() if line.startswith(start))


def test_components_say_how_they_are_and_why(run: Run) -> None:
    assert line_of(run("components"), "analyser") == (
        "analyser mine-1 off 1970-01-01 00:00:00 UTC took 99% of a core 99% of 25% 50 of 256 MiB 1.5 of 2.0 s "
        "1,000, 3 dropped built-in"
    )
    assert ComponentsDocument.model_validate_json(run("components", "--json").output).components == (ANALYSER,)


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (("revert", "analyser", "--reason", "x"), "/v1/components/analyser/revert", {"reason": "x"}),
        (("component", "off", "analyser", "--reason", "x"), "/v1/components/analyser/off", {"reason": "x"}),
        (("component", "on", "analyser", "--reason", "x"), "/v1/components/analyser/on", {"reason": "x"}),
        (
            ("component", "install", "analyser", "/srv/b", "--reason", "x"),
            "/v1/components/analyser/install",
            {"path": "/srv/b", "reason": "x"},
        ),
    ],
)
def test_what_is_asked_for_is_sent(
    run: Run, sent: list[httpx.Request], arguments: tuple[str, ...], path: str, body: dict[str, Any]
) -> None:
    assert line_of(run(*arguments), "analyser").startswith("analyser mine-1 is ")
    (request,) = sent
    assert (request.url.path, httpx.Response(200, content=request.content).json()) == (path, body)


def test_a_reason_must_be_given(run: Run, sent: list[httpx.Request]) -> None:
    assert run("revert", "analyser").exit_code == ExitCode.USAGE
    assert run("revert", "detector", "--reason", "x").exit_code == ExitCode.REFUSED
    assert len(sent) == 1


def test_queries_that_do_not_count_say_so(run: Run) -> None:
    result = run("queries", "shop")
    assert line_of(result, "The analyser") == (
        "The analyser is in shadow (new): what it says doesn't count; see: holdfast components"
    )
    assert line_of(result, "0123") == "0123456789abcdef 100% 40 5,101 20 21 1 deep query{a(b:?)}"
    assert "Not analysed, of 50 requests: malformed: 10" in result.output
    assert QueriesDocument.model_validate_json(run("queries", "shop", "--json").output) == QUERIES


def test_flagged_operations_steer_no_terminal(run: Run) -> None:
    result = run("queries")
    assert line_of(result, "shop").startswith("shop 0123456789abcdef 5,101 20 deep query{a")
    assert "\x1b" not in result.output
    assert FlaggedDocument.model_validate_json(run("queries", "--json").output) == FLAGGED
