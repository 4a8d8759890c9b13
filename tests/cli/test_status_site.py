"""`holdfast status-site`: where the site is, how old it is, what is wrong; and one to look at."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.process import until
from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.cli.status_site import print_status_site
from holdfast.model.status_document import PublishingStanding
from holdfast.views.status_site import StatusSiteDocument, show_status_site

SITE = PLATFORM + "status: {title: Acme, components: {store: {title: Store, services: [shop]}}}\n"
STANDING = PublishingStanding("/srv/site", 1_000.0, 20, 3, 0.25)
Run = Callable[..., Result]


@pytest.fixture
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state) as running:
        yield running


@pytest.fixture
def run(control: RunningControl, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HOLDFAST_STATE", str(control.state.path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app("status-site"), ["status-site", *arguments], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_it_tells_where_the_site_is_once_one_is_declared(control: RunningControl, run: Run) -> None:
    assert "No status site is declared" in run().output
    with control.client() as client:
        body = {"text": SITE, "file": "p.yaml", "at_once": True, "reason": "a site"}
        client.post("/v1/revisions", json=body).raise_for_status()
    directory = control.state.path.resolve() / "status"
    until(lambda: "written 2" in run().output, "a first publication")
    document = StatusSiteDocument.model_validate_json(run("--json").output)
    assert (document.serve, document.error) == (f"{directory}/current", None)
    assert (directory / "current" / "index.html").exists()
    assert f"Status site in {directory}; serve {directory}/current" in run("show").output


def test_what_is_late_or_fails_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_status_site(show_status_site(STANDING, 1_030.0))
    shown = capsys.readouterr().out
    assert "30 s ago" in shown
    assert "late" not in shown
    assert "20 files, 3 of them changed, in 0.25 s" in shown
    late = PublishingStanding("/srv/site", 1_000.0, error="the disk is full")
    print_status_site(show_status_site(late, 2_000.0))
    shown = capsys.readouterr().out
    assert "16 m 40 s ago  late" in shown
    assert "can't be written: the disk is full" in shown


def test_a_site_is_built_to_look_at(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(SITE)
    assert "Written: " in run("build", str(tmp_path / "p.yaml"), "--to", str(tmp_path / "site")).output
    assert "<title>Acme status" in (tmp_path / "site" / "current" / "index.html").read_text()
    (tmp_path / "p.yaml").write_text(PLATFORM)
    run("build", str(tmp_path / "p.yaml"), "--to", str(tmp_path / "site"), code=ExitCode.NOT_FOUND)
    (tmp_path / "p.yaml").write_text("holdfast: 2")
    run("build", str(tmp_path / "p.yaml"), "--to", str(tmp_path / "site"), code=ExitCode.INPUT_MISTAKEN)
