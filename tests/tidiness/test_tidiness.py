"""The tree keeps its own rules, and each rule finds what it is for."""

import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePath

import pytest

from tidiness.rules import (
    FUNCTION_LINES_MAX,
    MODULE_LINES_MAX,
    find_excuses,
    find_left_overs,
    find_length,
    find_long_functions,
    find_pauses,
    find_places_of_one_machine,
    find_vague_names,
)

ROOT = Path(__file__).parents[2]
IGNORED = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line]
CODE = {".py", ".c", ".h"}
LONG_LINES = 300
LONG_MODULES = {
    "src/holdfast/drills/instruments/load.c",
    "src/holdfast/drills/instruments/upstream.c",
}
"""Modules in `src` over 300 lines; one more is a decision, one less is good news."""

Rule = Callable[[str], Iterator[str]]


def walk(folder: Path) -> Iterator[Path]:
    """Every file of the project, as paths from its root."""
    for path in sorted(folder.iterdir()):
        if path.name == ".git" or any(fnmatch(path.name, pattern) for pattern in IGNORED):
            continue
        if path.is_dir():
            yield from walk(path)
        else:
            yield path.relative_to(ROOT)


FILES = list(walk(ROOT))
PYTHON = [path for path in FILES if path.suffix == ".py"]
TESTS = [path for path in PYTHON if path.parts[0] == "tests"]
OTHERS_THAN_THESE = [path for path in FILES if path.parts[:2] != ("tests", "tidiness") and path.suffix != ".png"]


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        (find_length, [path for path in FILES if path.suffix in CODE]),
        (find_long_functions, PYTHON),
        (find_pauses, TESTS),
        (find_excuses, TESTS),
        (find_left_overs, OTHERS_THAN_THESE),
        (find_places_of_one_machine, OTHERS_THAN_THESE),
    ],
)
def test_the_tree_keeps(rule: Rule, files: Iterable[Path]) -> None:
    found = [f"{path}:{finding}" for path in files for finding in rule(read(path))]
    assert not found, "\n".join([rule.__doc__ or "", *found])


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (find_length, "\n" * (MODULE_LINES_MAX + 1), "\n" * MODULE_LINES_MAX),
        (
            find_long_functions,
            "async def f():\n" + "    g()\n" * FUNCTION_LINES_MAX,
            "def f():\n" + "    g()\n" * (FUNCTION_LINES_MAX - 1),
        ),
        (find_pauses, "import time\ntime.sleep(1)", "wait_until(lambda: ready)"),
        (find_pauses, "async def f():\n    await asyncio.sleep(0.1)", "async def f():\n    await ready.wait()"),
        (find_pauses, "from time import sleep\nsleep(1)", "run(['sleep', '60'])"),
        (find_excuses, "@pytest.mark.skip\ndef test(): ...", "@pytest.mark.parametrize('a', [])\ndef test(): ..."),
        (find_excuses, "@pytest.mark.xfail(strict=True)\ndef test(): ...", "def test_xfail(): ..."),
        (find_excuses, "from pytest import importorskip", "from pytest import raises"),
        (find_left_overs, "# TODO: later", "# to do so later would be wrong"),
        (find_places_of_one_machine, "open('/home/somebody/platform.yaml')", "open('examples/platform.yaml')"),
        (find_places_of_one_machine, "see /work/notes.md", "https://docs.test/work/notes.md"),
    ],
)
def test_a_rule_finds_what_it_is_for(rule: Rule, bad: str, good: str) -> None:
    assert list(rule(bad))
    assert not list(rule(good))


def test_files_are_named_for_what_is_in_them() -> None:
    assert not [str(path) for path in FILES if list(find_vague_names(path))]


@pytest.mark.parametrize("name", ["src/utils.py", "src/common/ids.py", "src/edge_manager.py", "tests/test_helper.py"])
def test_a_vague_name_is_found(name: str) -> None:
    assert list(find_vague_names(PurePath(name)))


def test_long_modules_are_known() -> None:
    code = [path for path in FILES if path.parts[0] == "src" and path.suffix in CODE]
    assert {str(path) for path in code if len(read(path).splitlines()) > LONG_LINES} == LONG_MODULES


def test_the_licence_is_the_one_declared() -> None:
    project = tomllib.loads(read(Path("pyproject.toml")))["project"]
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
    licence = read(Path("LICENSE"))
    assert licence.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "END OF TERMS AND CONDITIONS" in licence


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("D101", '"""Edges."""\n\n\nclass Edge:\n    name = "a"\n'),
        (
            "D102",
            '"""Edges."""\n\n\nclass Edge:\n    """An Envoy."""\n\n    def drain(self) -> None:\n        self.a = 1\n',
        ),
        ("D103", '"""Edges."""\n\n\ndef drain() -> None:\n    return\n'),
    ],
)
def test_the_linter_asks_for_docstrings(code: str, bad: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--output-format=concise",
            "--stdin-filename=src/holdfast/edge.py",
            "-",
        ],
        input=bad,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert f" {code} " in done.stdout
