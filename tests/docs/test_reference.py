"""The reference pages say what the code says."""

import runpy
from pathlib import Path

import pytest

from docs.pages import ROOT
from holdfast.cli.exit_codes import ExitCode

REFERENCE = ROOT / "docs" / "reference"
SCRIPTS = sorted(REFERENCE.glob("write_*.py"))
WRITTEN = [(script, page) for script in SCRIPTS for page in runpy.run_path(str(script)).get("PAGES", ())]


@pytest.mark.parametrize(("script", "page"), WRITTEN, ids=[page for _, page in WRITTEN])
def test_the_page_is_current(script: Path, page: str) -> None:
    render = runpy.run_path(str(script))["PAGES"][page]
    assert (REFERENCE / page).read_text(encoding="utf-8") == render(), "run: ./dev docs"


def test_every_page_of_the_reference_is_written_by_a_script() -> None:
    tested_elsewhere = {"diagnostics.md"}
    pages = {page.name for page in REFERENCE.iterdir() if page.suffix in {".md", ".json"}}
    assert pages == {page for _, page in WRITTEN} | tested_elsewhere


def test_every_exit_code_is_told() -> None:
    text = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    assert [code for code in ExitCode if f"| {code.value} | `{code.name}` |" not in text] == []
