"""The C instruments build without a warning, once, and say what to do when they can't."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from holdfast.drills.instruments import BuildError, CompilerMissingError, build_instrument

if TYPE_CHECKING:
    from pathlib import Path

    from holdfast.drills.instruments.build import InstrumentName

STRICT = ("-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror")


@pytest.mark.parametrize("name", ["load", "upstream"])
def test_builds_without_a_warning(name: InstrumentName, tmp_path: Path) -> None:
    assert build_instrument(name, cache_dir=tmp_path, extra_flags=STRICT).stat().st_mode & 0o100


def test_compiles_once_and_leaves_only_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    counting = tmp_path / "counting-cc"
    counting.write_text(f'#!/bin/sh\necho called >> {tmp_path}/calls\nexec {real} "$@"\n')
    counting.chmod(0o755)
    monkeypatch.setenv("CC", str(counting))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    programs = {build_instrument("load", extra_flags=("-O0",)) for _ in range(3)}
    assert (tmp_path / "calls").read_text().count("called") == 1
    assert list((tmp_path / "cache" / "holdfast").iterdir()) == list(programs)


def test_other_flags_make_another_program(tmp_path: Path) -> None:
    plain = build_instrument("upstream", cache_dir=tmp_path, extra_flags=("-O0",))
    assert build_instrument("upstream", cache_dir=tmp_path, extra_flags=("-O0", "-g")) != plain


def test_without_a_compiler_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerMissingError, match=r"cc, gcc, clang.*apt-get install gcc"):
        build_instrument("load", cache_dir=tmp_path)


def test_a_failing_compiler_is_quoted_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no-such-option"):
        build_instrument("load", cache_dir=tmp_path, extra_flags=("--no-such-option",))
    assert list(tmp_path.iterdir()) == []
