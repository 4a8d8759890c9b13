"""The chart library is in place, and is the one whose digest is written down."""

from pathlib import Path

import pytest

import bring_charts
from bring_charts import FILES, PLACE, NotTheLibrary, bring, is_in_place
from holdfast.adapters.console.assets import load_assets

ROOT = Path(__file__).parents[3]


def test_the_library_is_in_place_and_served() -> None:
    assert is_in_place(ROOT), "install Holdfast again: python -m pip install -e ."
    assets = load_assets()
    assert all(f"uplot/{name}" in assets for name in FILES)


def test_a_file_that_changed_is_not_in_place(tmp_path: Path) -> None:
    assert not is_in_place(tmp_path)
    (tmp_path / PLACE).mkdir(parents=True)
    for name in FILES:
        (tmp_path / PLACE / name).write_bytes((ROOT / PLACE / name).read_bytes())
    assert is_in_place(tmp_path)
    (tmp_path / PLACE / "uPlot.js").write_text("alert(1)")
    assert not is_in_place(tmp_path)


def test_nothing_else_is_taken_for_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = tmp_path / "site" / "uplot"
    (carrier / "static").mkdir(parents=True)
    (carrier / "__init__.py").write_text("raise RuntimeError('the carrier was run')")
    for carried, _ in FILES.values():
        (carrier / "static" / carried).write_text("alert(1)")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(NotTheLibrary, match="isn't what uPlot's author published"):
        bring(tmp_path / "project")
    assert not list((tmp_path / "project").rglob("*.js"))


def test_without_its_carrier_the_build_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bring_charts, "MODULE", "no_such_carrier")
    with pytest.raises(NotTheLibrary, match="isn't installed"):
        bring(tmp_path)
