"""`check`, `init` and `schema` as a person or a script runs them."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from holdfast.cli.check import check, init, schema

EXAMPLE = Path(__file__).parents[2] / "examples" / "platform.yaml"
APP = typer.Typer()
for command in (check, init, schema):
    APP.command()(command)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    return CliRunner()


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_sound_file_ends_with_0(run: CliRunner) -> None:
    result = run.invoke(APP, ["check", str(EXAMPLE)])
    assert result.exit_code == 0, result.output
    assert "is sound: 6 services of 6 tenants" in result.output


def test_a_mistake_is_shown_with_its_line_and_fix_and_ends_with_1(run: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace("capacity:", "capacaty:"), encoding="utf-8")
    result = run.invoke(APP, ["check", str(file)])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    place = next(index for index, line in enumerate(lines) if "HF201" in line)
    assert lines[place].startswith(f"{file}:15:5 error HF201 `capacaty` isn't a known key")
    assert lines[place + 1] == "    15     capacaty:"
    assert lines[place + 2] == "           ^^^^^^^^"
    assert lines[place + 3] == "   fix write `capacity`"
    assert "\x1b" not in result.output


def test_a_caret_in_a_long_line_is_under_its_word(run: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    padding = "é" * 150
    file.write_text(f'{{holdfast: 1, name: demo, contact: "{padding}", mode: watch, tenants: {{}}}}', encoding="utf-8")
    lines = run.invoke(APP, ["check", str(file)]).output.splitlines()
    place = next(index for index, line in enumerate(lines) if "HF205" in line)
    caret = lines[place + 2]
    assert lines[place + 1][caret.index("^") : caret.rindex("^") + 1] == "watch"


def test_json_has_every_diagnostic(run: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("holdfast: 1\n", encoding="utf-8")
    result = run.invoke(APP, ["check", "--json", str(file)])
    answer = json.loads(result.output)
    assert result.exit_code == 1
    assert answer["sound"] is False
    assert [each["path"] for each in answer["diagnostics"]] == ["locations", "name", "tenants"]
    assert answer["diagnostics"][0]["severity"] == "error"


def test_warnings_alone_end_with_0(run: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(
        EXAMPLE.read_text(encoding="utf-8").replace("trusted_proxies: []", "ipv6_prefix: 64"), encoding="utf-8"
    )
    result = run.invoke(APP, ["check", str(file)])
    assert result.exit_code == 0
    assert "warning HF602" in result.output
    assert "1 warning" in result.output


def test_standard_input_is_read_for_a_dash(run: CliRunner) -> None:
    result = run.invoke(APP, ["check", "-"], input=EXAMPLE.read_bytes())
    assert result.exit_code == 0


@pytest.mark.parametrize("name", ["absent.yaml", "absent/platform.yaml"])
def test_a_file_that_cannot_be_read_ends_with_2(run: CliRunner, tmp_path: Path, name: str) -> None:
    result = run.invoke(APP, ["check", str(tmp_path / name)])
    assert result.exit_code == 2
    assert "can't be read" in result.stderr
    assert result.stdout == ""


def test_names_are_looked_up_unless_offline(run: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    file = tmp_path / "p.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("[127.0.0.1:9108]", '["nobody.invalid:80"]')
    file.write_text(text, encoding="utf-8")
    assert run.invoke(APP, ["check", "--offline", str(file)]).exit_code == 0
    result = run.invoke(APP, ["check", str(file)])
    assert result.exit_code == 1
    assert "HF701" in result.output


def test_ports_are_tried_if_asked_for(run: CliRunner, tmp_path: Path, taken: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace("127.0.0.1:8080", taken), encoding="utf-8")
    assert run.invoke(APP, ["check", str(file)]).exit_code == 0
    result = run.invoke(APP, ["check", "--ports", str(file)])
    assert result.exit_code == 1
    assert "HF702" in result.output


def test_init_writes_a_file_that_checks_clean_and_overwrites_nothing(run: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    assert run.invoke(APP, ["init", str(file)]).exit_code == 0
    assert run.invoke(APP, ["check", str(file)]).exit_code == 0
    file.write_text("mine", encoding="utf-8")
    refused = run.invoke(APP, ["init", str(file)])
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert file.read_text(encoding="utf-8") == "mine"
    assert run.invoke(APP, ["init", "--force", str(file)]).exit_code == 0
    assert file.read_text(encoding="utf-8") != "mine"


def test_init_says_where_it_cannot_write(run: CliRunner, tmp_path: Path) -> None:
    result = run.invoke(APP, ["init", str(tmp_path / "absent" / "p.yaml")])
    assert result.exit_code == 2
    assert "can't be written" in result.stderr


def test_schema_prints_json(run: CliRunner) -> None:
    assert json.loads(run.invoke(APP, ["schema"]).output)["title"] == "Holdfast platform"
