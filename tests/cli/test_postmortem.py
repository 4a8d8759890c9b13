"""`holdfast postmortem` over a running control."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.engine.incident_command import ChangeIncident, OpenIncident, PublishPost
from holdfast.model.incident import Impact, Phase
from holdfast.model.postmortem import Postmortem

Run = Callable[..., str]


@pytest.fixture(scope="module")
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state) as running:
        with running.client() as http:
            http.post("/v1/revisions", json={"text": PLATFORM, "file": "p.yaml"}).raise_for_status()
        running.submit(
            OpenIncident("ann", "shop is <slow>", "Slow answers", Impact.MINOR, services=("shop",), regions=("east",))
        )
        running.submit(PublishPost("ann", "i-1", phase=Phase.IDENTIFIED, text="We know why."))
        running.submit(ChangeIncident("ann", "i-1", "all is well", phase=Phase.RESOLVED))
        yield running


@pytest.fixture
def run(control: RunningControl) -> Run:
    def run_it(*arguments: str, code: ExitCode = ExitCode.OK) -> str:
        environment = {"HOLDFAST_STATE": str(control.state.path), "NO_COLOR": "1"}
        done = CliRunner().invoke(make_app("postmortem"), ["postmortem", *arguments], env=environment)
        assert done.exit_code == code, f"{done.exit_code}: {done.output}"
        return done.output

    return run_it


def test_markdown_is_printed_with_its_chart_inside(run: Run) -> None:
    text = run("i-1")
    assert text.startswith("# Postmortem: shop is &lt;slow&gt;\n")
    assert "i-1: post 1 published: identified — We know why." in text
    assert re.search(r"\| To contain \| . \|  \| not measured \|", text)
    assert re.search(r"^\[chart\]: data:image/svg\+xml;base64,\S+$", text, re.MULTILINE)


def test_the_files_name_says_the_format(run: Run, tmp_path: Path) -> None:
    assert run("i-1", "--to", str(tmp_path / "p.html")) == f"{tmp_path}/p.html: postmortem of i-1\n"
    assert "<h1>shop is &lt;slow&gt;</h1>" in (tmp_path / "p.html").read_text()
    run("i-1", "--to", str(tmp_path / "p.json"), "--public")
    public = Postmortem.model_validate_json((tmp_path / "p.json").read_text())
    assert (public.public, public.title) == (True, "Slow answers")
    assert run("i-1", "--format", "json").startswith("{")


def test_a_chart_beside_the_text(run: Run, tmp_path: Path) -> None:
    run("i-1", "--to", str(tmp_path / "p.md"), "--chart", str(tmp_path / "img.svg"))
    assert "\n[chart]: img.svg\n" in (tmp_path / "p.md").read_text()
    assert ET.parse(tmp_path / "img.svg").getroot().get("role") == "img"
    run("i-1", "--format", "html", "--chart", str(tmp_path / "img.svg"), code=ExitCode.USAGE)
    assert "can't be written" in run("i-1", "--to", str(tmp_path / "none" / "p.md"), code=ExitCode.USAGE)


def test_an_incident_that_isnt_there(run: Run) -> None:
    assert "there is no incident i-9" in run("i-9", code=ExitCode.REFUSED)
    run("nonsense", code=ExitCode.USAGE)


def test_documents_over_the_api(control: RunningControl) -> None:
    with control.client() as http:
        page = http.get("/v1/incidents/i-1/postmortem.html")
        text = http.get("/v1/incidents/i-1/postmortem.md", params={"public": True})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in page.headers["content-security-policy"]
    assert "<svg" in page.text
    assert "ann" not in text.text
    with control.client(control.make_token("owner", "acme")) as owner:
        assert owner.get("/v1/incidents/i-1/postmortem").status_code == 403
