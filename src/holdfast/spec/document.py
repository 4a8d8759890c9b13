"""YAML text -> plain data, or diagnostics: what can be wrong with a file before it is about a platform."""

import re
from typing import Any, Final, NamedTuple

import yaml

from holdfast.model.diagnostic import Diagnostic
from holdfast.spec.codes import Code, error
from holdfast.spec.events import DEPTH_MAX, NODES_MAX, SCALAR_LENGTH_MAX, Fold, Mark, Problem, TooMuch
from holdfast.spec.scalars import read_doubtful, resolve_scalar

FILE_SIZE_MAX: Final = 64 * 1024**2
"""The largest platform file, in characters."""

FIRST: Final = "holdfast: 1"
"""How a platform file usually begins."""

NOT_YAML = error(
    "HF101",
    "not YAML",
    "The text can't be read as YAML from this place on. Often the cause is just before it: a missing colon, "
    "quote or bracket, or a line that begins one column too far left or right.",
    wrong="holdfast: 1\nname: [demo\ntenants: {}\n",
    right="holdfast: 1\nname: demo\n",
    whole=True,
)
TAB = error(
    "HF102",
    "a tab",
    "A tab is where YAML wants spaces. Tabs look different in every editor, so YAML doesn't take them as indentation.",
    wrong="holdfast: 1\ntenants:\n\tshop: {}\n",
    right="holdfast: 1\ntenants:\n  shop: {}\n",
    whole=True,
)
CHARACTER = error(
    "HF103",
    "a character that no text file holds",
    "The file holds bytes that aren't UTF-8, or a control character. It may be in another encoding, or not a "
    "text file at all.",
    wrong='holdfast: 1\nname: "de\\u0007mo"\n'.replace("\\u0007", "\x07"),
    right='holdfast: 1\nname: "demo"\n',
    whole=True,
)
EMPTY = error(
    "HF104",
    "an empty file",
    "The file holds nothing but, at most, comments.",
    wrong="# Platform of Example Ltd.\n",
    right="holdfast: 1\nname: demo\n",
    whole=True,
)
NOT_MAPPING = error(
    "HF105",
    "not a mapping",
    "The file isn't a list of `key: value` lines at its outermost level.",
    wrong="- holdfast: 1\n- name: demo\n",
    right="holdfast: 1\nname: demo\n",
    whole=True,
)
TOO_LARGE = error(
    "HF106",
    "too large",
    f"A platform file has at most {FILE_SIZE_MAX // 1024**2} MiB, {NODES_MAX:,} values with those that aliases "
    f"repeat, {DEPTH_MAX} levels and {SCALAR_LENGTH_MAX} characters in one value. 10,000 services take a tenth "
    "of that.",
    wrong="holdfast: 1\nname: " + "[" * 40 + "]" * 40 + "\n",
    right="holdfast: 1\nname: demo\n",
    whole=True,
)
DUPLICATE_KEY = error(
    "HF107",
    "a key written twice",
    "The same key stands twice in one mapping. Most readers of YAML would silently keep the last one.",
    wrong="holdfast: 1\nname: demo\nname: shop\n",
    right="holdfast: 1\nname: demo\n",
    whole=True,
)
DOUBTFUL = error(
    "HF108",
    "a word that may be a boolean",
    "Some readers of YAML take an unquoted `yes`, `no`, `on` or `off` for true or false, others for text. A key "
    "may also not be an unquoted `true`, `false`, `null` or `~`.",
    wrong="holdfast: 1\ntenants:\n  no:\n    services: {}\n",
    right='holdfast: 1\ntenants:\n  "no":\n    services: {}\n',
    whole=True,
)
DOCUMENTS = error(
    "HF109",
    "more than one document",
    "A line `---` begins a second document. A platform file holds one.",
    wrong="holdfast: 1\n---\nname: demo\n",
    right="holdfast: 1\nname: demo\n",
    whole=True,
)
NOT_PLAIN = error(
    "HF110",
    "YAML that a platform file doesn't use",
    "Tags (`!name`), keys that aren't text, aliases (`*name`) without an anchor (`&name`) before them, and `<<` "
    "with anything but mappings mean nothing in a platform file.",
    wrong="holdfast: 1\nname: !env NAME\n",
    right="holdfast: 1\nname: demo\n",
    whole=True,
)

_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_START: Final = Mark(1, 1)


class Document(NamedTuple):
    """What a file holds, as plain data; `tree` is None if that can't be known. `nodes` counts its values."""

    tree: dict[str, Any] | None
    diagnostics: tuple[Diagnostic, ...]
    nodes: int = 0


class _TreeMaker:
    def leaf(self, event: yaml.ScalarEvent) -> Any:
        if not event.implicit[0]:
            return event.value
        doubtful = read_doubtful(event.value)
        return resolve_scalar(event.value) if doubtful is None else doubtful

    def branch(self, children: Any, event: yaml.Event) -> Any:  # noqa: ARG002 - the port's signature
        return children

    def child(self, value: Any, key: yaml.ScalarEvent) -> Any:  # noqa: ARG002 - the port's signature
        return value

    def children(self, value: Any) -> Any:
        return value


def read_document(text: str, file: str, nodes_max: int = NODES_MAX, first: str = FIRST) -> Document:
    """The plain data that a text holds. Mistakes that don't keep the rest from being read come with a tree.

    `first` is how such a file usually begins.
    """
    refused = _refuse_text(text, file)
    if refused:
        return Document(None, (refused,))
    fold = Fold(_TreeMaker(), nodes_max)
    try:
        tree = fold.run(yaml.parse(text, Loader=yaml.CSafeLoader))
        fatal = _refuse_root(tree, file, first)
    except TooMuch as stop:
        fatal = _explain(stop.problem, file)
    except yaml.YAMLError as failure:
        fatal = _explain_syntax(failure, text, file)
    found = tuple(_explain(problem, file) for problem in fold.problems)
    return Document(None, (*found, fatal), fold.nodes) if fatal else Document(tree, found, fold.nodes)


def decode_text(data: bytes, file: str) -> str | Diagnostic:
    """The text of a file's bytes: UTF-8, with or without a byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        before = data[: failure.start].decode("utf-8", "replace")
        byte = f"0x{data[failure.start]:02x}"
        return diagnose(
            CHARACTER, file, _mark_at(before, len(before)), byte, f"byte {byte} isn't UTF-8", "save the file as UTF-8"
        )


def diagnose(code: Code, file: str, mark: Mark, text: str, message: str, fix: str) -> Diagnostic:
    """A diagnostic at a place of the text."""
    return Diagnostic(
        code=code.name,
        severity=code.severity,
        message=message,
        fix=fix,
        file=file,
        line=mark.line,
        column=mark.column,
        text=text,
    )


def _refuse_text(text: str, file: str) -> Diagnostic | None:
    if len(text) > FILE_SIZE_MAX:
        message = f"the file has {len(text):,} characters; the most is {FILE_SIZE_MAX:,}"
        return diagnose(TOO_LARGE, file, _START, "", message, "state what services share once, under `defaults`")
    odd = _UNPRINTABLE.search(text.removeprefix("\ufeff"))
    if odd:
        mark = _mark_at(text, odd.start())
        message = f"character U+{ord(odd[0]):04X} isn't printable"
        return diagnose(CHARACTER, file, mark, f"U+{ord(odd[0]):04X}", message, "take it out")
    return None


def _refuse_root(tree: Any, file: str, first: str) -> Diagnostic | None:
    if tree is None:
        more = "; `holdfast init` writes a file to start from" if first == FIRST else ""
        fix = f"begin with `{first}`{more}"
        return diagnose(EMPTY, file, _START, "", "the file is empty", fix)
    if not isinstance(tree, dict):
        kind = "a list" if isinstance(tree, list) else "a single value"
        fix = f"write `key: value` lines, beginning with `{first}`"
        return diagnose(NOT_MAPPING, file, _START, "", f"the file holds {kind}, not keys with values", fix)
    return None


def _explain_syntax(failure: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    marked = getattr(failure, "problem_mark", None) or getattr(failure, "context_mark", None)
    mark = Mark(marked.line + 1, marked.column + 1) if marked else _START
    lines = _LINE_END.split(text)
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    if "\t" in line[: mark.column]:
        tab = Mark(mark.line, line.index("\t") + 1)
        return diagnose(TAB, file, tab, "\t", "a tab is used as indentation", "indent with spaces, two to a level")
    problem = getattr(failure, "problem", None) or "the text can't be read"
    context = getattr(failure, "context", None)
    message = f"not YAML: {context}, {problem}" if context else f"not YAML: {problem}"
    fix = "look here and on the lines just above for a missing colon, quote or bracket, or wrong indentation"
    return diagnose(NOT_YAML, file, mark, line[mark.column - 1 :].strip(), message, fix)


def _explain(problem: Problem, file: str) -> Diagnostic:
    code, message, fix = _PROBLEMS[problem.kind]
    first = problem.first or _START
    words = {"text": problem.text, "line": first.line, "column": first.column}
    return diagnose(code, file, problem.mark, problem.text, message.format(**words), fix.format(**words))


def _mark_at(text: str, index: int) -> Mark:
    lines = _LINE_END.split(text[:index])
    return Mark(len(lines), len(lines[-1]) + 1)


_PROBLEMS: Final[dict[str, tuple[Code, str, str]]] = {
    "duplicate": (
        DUPLICATE_KEY,
        "key `{text}` stands here a second time; first at line {line}, column {column}",
        "keep one of the two",
    ),
    "boolean": (
        DOUBTFUL,
        "`{text}` is a boolean to some readers of YAML and text to others",
        'write true or false, or "{text}" in quotes if text is meant',
    ),
    "boolean key": (
        DOUBTFUL,
        "`{text}` as a key isn't text to every reader of YAML",
        'write it in quotes: "{text}"',
    ),
    "tag": (NOT_PLAIN, "tag `{text}` means nothing here", "take the tag out and write the value itself"),
    "merge": (NOT_PLAIN, "`<<` takes a mapping, or a list of mappings", "write `<<: *name` with an anchored mapping"),
    "alias": (
        NOT_PLAIN,
        "alias `{text}` has no complete anchor before it",
        "put the anchor, `&name`, on the value to repeat, above this line",
    ),
    "key": (NOT_PLAIN, "a key here isn't text", "write `key: value` with a single word as the key"),
    "documents": (DOCUMENTS, "a second document begins here", "keep one document to a file"),
    "deep": (
        TOO_LARGE,
        f"more than {DEPTH_MAX} levels of lists and mappings",
        "look for brackets that aren't closed",
    ),
    "long": (
        TOO_LARGE,
        f"a value of more than {SCALAR_LENGTH_MAX} characters, beginning `{{text}}`",
        "look for a quote that isn't closed",
    ),
    "nodes": (
        TOO_LARGE,
        f"more than {NODES_MAX:,} values, those that aliases repeat included",
        "look for aliases that repeat aliases",
    ),
}
