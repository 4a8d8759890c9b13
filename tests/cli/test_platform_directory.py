"""A platform that is a directory, as a person or a script meets it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory
from holdfast.cli import platform_directory
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.cli.platform_directory import read_directory
from holdfast.spec import Oddity

Run = Callable[..., Result]
MAIN, _, _ = PLATFORM.partition("tenants:")
SHOP = """\
services:
  shop:
    hosts: [shop.example]
    upstream: {endpoints: ["127.0.0.1:9000"]}
"""
MAIL = SHOP.replace("shop", "mail").replace("9000", "9001")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound platform, with a file for each of its two tenants."""
    root = tmp_path / "platform"
    (root / "tenants").mkdir(parents=True)
    (root / "platform.yaml").write_text(MAIN)
    (root / "tenants" / "acme.yaml").write_text(SHOP)
    (root / "tenants" / "globex.yaml").write_text(MAIL)
    return root


@pytest.fixture
def holdfast(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app(), arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_a_sound_directory(holdfast: Run, folder: Path) -> None:
    shown = holdfast("check", "--offline", str(folder)).stdout
    assert f"{folder} is sound: 2 services of 2 tenants" in shown


def test_a_mistake_is_shown_in_its_own_file(holdfast: Run, folder: Path) -> None:
    (folder / "tenants" / "globex.yaml").write_text(MAIL.replace("hosts:", "hostz:"))
    (folder / "platform.yaml").write_text(MAIN.replace("name: small", "nam: small"))
    shown = holdfast("check", "--offline", str(folder), code=ExitCode.INPUT_MISTAKEN).stdout.splitlines()
    place = next(index for index, line in enumerate(shown) if "globex.yaml:3:5" in line)
    message = "error HF201 `hostz` isn't a known key in `tenants.globex.services.mail`"
    assert shown[place] == f"{folder}/tenants/globex.yaml:3:5 {message}"
    assert shown[place + 1] == "     3     hostz: [mail.example]"
    assert any(line.startswith(f"{folder}/platform.yaml:3:1 error HF201") for line in shown)
    found = json.loads(holdfast("check", "--offline", "--json", str(folder), code=ExitCode.INPUT_MISTAKEN).stdout)
    assert {each["file"] for each in found["diagnostics"]} >= {
        f"{folder}/platform.yaml",
        f"{folder}/tenants/globex.yaml",
    }


def test_links_stay_within_the_directory(holdfast: Run, folder: Path) -> None:
    outside = folder.parent / "elsewhere.yaml"
    outside.write_text(MAIL)
    (folder / "kept.yaml").write_text(SHOP)
    (folder / "tenants" / "acme.yaml").unlink()
    (folder / "tenants" / "acme.yaml").symlink_to("../kept.yaml")
    holdfast("check", "--offline", str(folder))
    (folder / "tenants" / "globex.yaml").unlink()
    (folder / "tenants" / "globex.yaml").symlink_to(outside)
    shown = holdfast("check", "--offline", str(folder), code=ExitCode.INPUT_MISTAKEN).stdout
    assert "tenants/globex.yaml:1:1 error HF126" in shown
    assert "mail" not in shown


def test_what_is_no_file_is_said_so_and_hidden_names_are_passed_over(holdfast: Run, folder: Path) -> None:
    (folder / "tenants" / ".acme.yaml.swp").write_bytes(b"\xff")
    (folder / "README.md").write_text("not a tenant's")
    holdfast("check", "--offline", str(folder))
    os.mkfifo(folder / "tenants" / "pipe.yaml")
    (folder / "tenants" / "more").mkdir()
    shown = holdfast("check", "--offline", str(folder), code=ExitCode.INPUT_MISTAKEN).stdout
    assert "tenants/pipe.yaml:1:1 error HF127" in shown
    assert "tenants/more:1:1 error HF127" in shown


def test_no_more_is_read_than_a_platform_may_have(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_directory, "FILE_SIZE_MAX", len(MAIN) + len(SHOP))
    files = read_directory(folder)
    assert files["tenants/acme.yaml"] == SHOP.encode()
    assert files["tenants/globex.yaml"] is Oddity.TOO_LARGE


def test_what_cannot_be_read_ends_with_2(holdfast: Run, folder: Path) -> None:
    (folder / "tenants" / "gone.yaml").symlink_to("nowhere")
    assert "nowhere can't be read" in holdfast("check", str(folder), code=ExitCode.USAGE).stderr


def test_a_directory_is_applied_with_the_commit_it_is_of(
    holdfast: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "t")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@t")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "first")):
        subprocess.run(("git", *arguments), cwd=folder, check=True)
    head = subprocess.run(("git", "rev-parse", "HEAD"), cwd=folder, check=True, capture_output=True, text=True).stdout
    with short_directory() as state, run_in_thread(state) as control:
        monkeypatch.setenv("HOLDFAST_STATE", str(state))
        at_once = ("--at-once", "--reason", "a test")
        holdfast("apply", str(folder))
        (folder / "tenants" / "acme.yaml").write_text(SHOP + "contact: ops@acme.example\n")
        holdfast("apply", str(folder), *at_once)
        (folder / "tenants" / "acme.yaml").write_text(SHOP + "contact: it@acme.example\n")
        holdfast("apply", str(folder), "--commit", "0123abc", *at_once)
        revisions = json.loads(holdfast("history", "--json").stdout)["revisions"]
        assert [each["commit"] for each in revisions] == ["0123abc", f"{head.strip()}-dirty", head.strip()]
        assert f"{folder} @ {head[:12]}-dirty" in holdfast("history").stdout
        assert_owner_is_held_to_its_own(holdfast, folder, control)


def assert_owner_is_held_to_its_own(holdfast: Run, folder: Path, control: RunningControl) -> None:
    secret = folder.parent / "owner.token"
    secret.write_text(control.make_token("owner", "acme"))
    (folder / "tenants" / "globex.yaml").write_text(MAIL.replace("[mail.example]", "[post.example]"))
    refused = holdfast("apply", str(folder), "--token-file", str(secret), code=ExitCode.FORBIDDEN)
    assert "tenants/globex.yaml:2:3 error HF131 service mail is globex's" in refused.stderr
    assert "     2   mail:" in refused.stderr
    (folder / "tenants" / "globex.yaml").write_text(MAIL)
    (folder / "tenants" / "acme.yaml").write_text(SHOP)
    holdfast("apply", str(folder), "--token-file", str(secret))
