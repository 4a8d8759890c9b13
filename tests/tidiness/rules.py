"""What keeps the sources tidy and no linter checks: each rule reads one text and tells what it found there."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
VAGUE_NAMES = {"util", "utils", "manager", "helper", "helpers", "common", "misc"}
PAUSES = {"sleep", "wait_for_timeout"}
EXCUSES = {"skip", "skipif", "skipIf", "skipUnless", "SkipTest", "xfail", "importorskip", "expectedFailure"}
LEFT_OVERS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
PLACES_OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|tmp)/\w[\w./-]*")


def find_length(text: str) -> Iterator[str]:
    """A module that is too long to be about one thing."""
    if (lines := len(text.splitlines())) > MODULE_LINES_MAX:
        yield f"{lines} lines"


def find_long_functions(text: str) -> Iterator[str]:
    """Functions that don't fit on a screen."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{node.lineno}: {node.name} has {lines} lines"


def find_vague_names(path: PurePath) -> Iterator[str]:
    """Folders and files whose name doesn't tell what is in them."""
    for part in path.parts:
        yield from (word for word in re.split(r"[_.\-]", part) if word in VAGUE_NAMES)


def find_pauses(text: str) -> Iterator[str]:
    """Waiting for a time instead of for a condition."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and _last_name(node.func) in PAUSES:
            yield f"{node.lineno}: {ast.unparse(node)}"


def find_excuses(text: str) -> Iterator[str]:
    """Tests that don't count when they don't pass."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in EXCUSES:
            yield f"{node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.ImportFrom) and node.module in {"pytest", "unittest"}:
            yield from (f"{node.lineno}: {alias.name}" for alias in node.names if alias.name in EXCUSES)


def find_left_overs(text: str) -> Iterator[str]:
    """Marks of work that isn't done."""
    yield from _matching_lines(LEFT_OVERS, text)


def find_places_of_one_machine(text: str) -> Iterator[str]:
    """Paths that exist where it was written and nowhere else."""
    yield from _matching_lines(PLACES_OF_ONE_MACHINE, text)


def _last_name(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return None


def _matching_lines(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        yield from (f"{number}: {found.group()}" for found in pattern.finditer(line))
