"""The text of a paging file -> who is paged and how, or everything that is wrong with it at once."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.model.paging import Paging
from holdfast.model.units import WRITTEN
from holdfast.spec.check import locate_findings
from holdfast.spec.codes import Finding, Path, show_path
from holdfast.spec.document import decode_text, read_document
from holdfast.spec.paging_rules import check_paging_rules
from holdfast.spec.shape import keys_of, shape_of
from holdfast.spec.source import SourceMap
from holdfast.spec.suggest import nearest
from holdfast.spec.translate import EMPTY_VALUE, MISSING_KEY, NOT_A_CHOICE, OUT_OF_RANGE, UNKNOWN_KEY, WRONG_KIND

FIRST: Final = "paging: 1"
"""How a paging file begins."""
NODES_MAX: Final = 100_000
_SECRET: Final = {"email", "webhook", "apprise", "url", "confirm", "alive_url"}
_RANGE: Final = {"greater_than_equal", "less_than_equal", "greater_than", "less_than", "too_long", "string_too_long"}
_EMPTY: Final = {"too_short", "string_too_short"}
_EXAMPLES: Final = {
    "people": "people: {ann: {channels: {mail: {email: ann@example.com}}}}",
    "teams": "teams: {core: {people: [ann]}}",
    "channels": "channels: {mail: {email: ann@example.com}}",
    "begins": "begins: 2026-01-05",
    "begin": "begin: 09:00",
    "until": "until: 17:00",
    "who": "who: ann",
    "page": "page: on-call",
    "steps": "steps: [{page: on-call, wait: 5m}]",
}


class CheckedPaging(NamedTuple):
    """What came of a check; `paging` is None if and only if one of the diagnostics is an error."""

    paging: Paging | None
    diagnostics: tuple[Diagnostic, ...]


def check_paging(data: bytes, file: str, now: float | None) -> CheckedPaging:
    """Check a paging file as it was read, for gaps from a Unix time (in seconds) on. Nothing is raised.

    Without `now`, gaps aren't looked for: what was good once isn't thrown away since time went on.
    """
    text = decode_text(data, file)
    if isinstance(text, Diagnostic):
        return CheckedPaging(None, (text,))
    document = read_document(text, file, NODES_MAX, FIRST)
    if document.tree is None:
        return CheckedPaging(None, document.diagnostics)
    source_map = SourceMap(text, file)
    try:
        paging = Paging.model_validate(document.tree, context=WRITTEN)
    except ValidationError as failure:
        complaints = failure.errors(include_url=False, include_context=True)
        found = tuple(dict.fromkeys(_translate(complaint) for complaint in complaints))
        return CheckedPaging(None, _hide((*document.diagnostics, *locate_findings(found, source_map))))
    found = tuple(check_paging_rules(paging, now))
    diagnostics = _hide((*document.diagnostics, *locate_findings(found, source_map)))
    sound = not any(each.severity is Severity.ERROR for each in diagnostics)
    return CheckedPaging(paging if sound else None, diagnostics)


def _hide(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Diagnostics without the text that they are about: it may be a secret."""
    return tuple(each.model_copy(update={"text": ""}) for each in diagnostics)


def _translate(complaint: Mapping[str, Any]) -> Finding:
    path, kind, value = _leave_out_keys(complaint["loc"]), complaint["type"], complaint["input"]
    key = str(path[-1]) if path else "the file"
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        fix = f"add `{_EXAMPLES.get(key, f'{key}: ...')}`"
        return MISSING_KEY.at(path, f"`{key}` is missing {_where(path)}", fix, on_key=True)
    if kind in _EMPTY or value is None:
        fix = f"write for example `{_EXAMPLES[key]}`" if key in _EXAMPLES else "write a value, or take the key out"
        return EMPTY_VALUE.at(path, f"`{key}` is empty", fix, on_key=True)
    shown = "this" if _SECRET & set(map(str, path)) else _show(value)
    if kind in _RANGE:
        return OUT_OF_RANGE.at(path, f"{shown} is out of range: {complaint['msg']}", "write less, or more")
    if kind in {"enum", "literal_error"}:
        expected = str(complaint["ctx"]["expected"]).replace("'", "")
        near = nearest(str(value), expected.replace(" or ", ", ").split(", "))
        return NOT_A_CHOICE.at(
            path, f"{shown} isn't one of {expected}", f"write {near}" if near else f"write {expected}"
        )
    return WRONG_KIND.at(path, f"{shown} can't stand here: {_explain(complaint)}", _fix(path))


def _explain(complaint: Mapping[str, Any]) -> str:
    message = str(complaint["msg"])
    return message.removeprefix("Value error, ")[:200]


def _leave_out_keys(path: Path) -> Path:
    return tuple(part for part in path if part != "[key]")


def _unknown_key(path: Path) -> Finding:
    key, known = str(path[-1]), _known_keys(path[:-1])
    near = nearest(key, known)
    fix = f"write `{near}`" if near else f"take it out; the keys known here are {', '.join(known)}"
    return UNKNOWN_KEY.at(path, f"`{key}` isn't a known key {_where(path)}", fix, on_key=True)


def _known_keys(path: Path) -> tuple[str, ...]:
    shape = shape_of(Paging)
    for part in path:
        inner = shape.inner(part)
        if inner is None:
            return ()
        shape = inner
    return keys_of(shape.noun) if shape.noun else ()


def _where(path: Path) -> str:
    return f"in `{show_path(path[:-1])}`" if path[:-1] else "at the top of the file"


def _fix(path: Path) -> str:
    key = str(path[-1]) if path else ""
    return f"write for example `{_EXAMPLES[key]}`" if key in _EXAMPLES else "see the guide to paging for an example"


def _show(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"`{shown[:100]}`"
