"""Bad platform files, each beside the diagnostics it must get. `python tests/spec/test_bad_files.py` records them."""

from pathlib import Path

import pytest

from holdfast.spec import check_bytes
from holdfast.spec.catalogue import CODES

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))


def show_diagnostics(file: Path) -> str:
    """What is found in a file, as it is recorded beside it."""
    checked = check_bytes(file.read_bytes(), file.name)
    return "\n".join(
        f"{each.file}:{each.line}:{each.column} {each.severity.value} {each.code} {each.message}\n"
        f"  text: {each.text!r}\n  path: {each.path}\n  fix: {each.fix}\n"
        for each in checked.diagnostics
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_bad_file_gets_its_diagnostics(file: Path) -> None:
    assert show_diagnostics(file) == file.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_mistake_in_a_file_has_a_bad_file() -> None:
    recorded = "".join(file.with_suffix(".txt").read_text(encoding="utf-8") for file in FILES)
    assert [code.name for code in CODES if code.wrong and f" {code.name} " not in recorded] == []


def test_diagnostics_are_in_the_order_of_the_text() -> None:
    places = [(each.line, each.column) for each in check_bytes((BAD / "many.yaml").read_bytes(), "f").diagnostics]
    assert len(places) > 20
    assert places == sorted(places)


if __name__ == "__main__":
    for bad in FILES:
        bad.with_suffix(".txt").write_text(show_diagnostics(bad), encoding="utf-8")
