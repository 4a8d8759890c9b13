"""The text of a paging file -> who is paged and how, or everything that is wrong with it at once."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.model.paging import Paging
from holdfast.model.units import WRITTEN, format_duration
from holdfast.spec.check import locate_findings
from holdfast.spec.codes import Finding, Path, show_path
from holdfast.spec.document import decode_text, read_document
from holdfast.spec.paging_rules import check_paging_rules
from holdfast.spec.shape import keys_of, shape_of
from holdfast.spec.source import SourceMap
from holdfast.spec.suggest import nearest
from holdfast.spec.translate import (
    EMPTY_VALUE,
    MISSING_KEY,
    NOT_A_CHOICE,
    OUT_OF_RANGE,
    UNKNOWN_KEY,
    WRONG_KIND,
    WRONG_UNIT,
)

FIRST: Final = "paging: 1"
"""How a paging file begins."""
NODES_MAX: Final = 100_000
_SECRET: Final = {"email", "webhook", "apprise", "url", "confirm", "alive_url"}
_RANGE: Final = {"greater_than_equal", "less_than_equal", "greater_than", "less_than", "too_long", "string_too_long"}
_PERIODS: Final = {"wait", "taken_within", "again_after", "every", "overdue_after", "alive_every"}
_BOUNDS: Final = {
    "ge": "the least is {}", "le": "the most is {}", "gt": "it must be more than {}", "lt": "it must be less than {}",
    "max_length": "the longest is {}",
}  # fmt: skip
_BEYOND: Final = {"ge": "more", "le": "less", "gt": "more", "lt": "less", "max_length": "fewer"}
_KINDS: Final = {
    "string_pattern": "text of another form",
    "string": "text", "bool": "true or false", "int": "a whole number", "dict": "a mapping of `key: value` lines",
    "model": "a mapping of `key: value` lines", "tuple": "a list", "date": "a day",
}  # fmt: skip
_EMPTY: Final = {"too_short", "string_too_short"}
_EXAMPLES: Final = {
    "people": "people: {ann: {channels: {mail: {email: ann@example.com}}}}",
    "teams": "teams: {core: {people: [ann]}}",
    "channels": "channels: {mail: {email: ann@example.com}}",
    "begins": "begins: 2026-01-05",
    "begin": "begin: 09:00",
    "link": "link: https://holdfast.example.com",
    "time_zone": "time_zone: Europe/Berlin",
    "handover": "handover: 09:00",
    "ends": "ends: 2026-12-31",
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
        return _out_of_range(path, shown, complaint)
    return _wrong_value(path, kind, shown, complaint)


def _wrong_value(path: Path, kind: str, shown: str, complaint: Mapping[str, Any]) -> Finding:
    key, value = str(path[-1]) if path else "the file", complaint["input"]
    if kind in {"enum", "literal_error"}:
        expected = str(complaint["ctx"]["expected"]).replace("'", "")
        near = nearest(str(value), expected.replace(" or ", ", ").split(", "))
        return NOT_A_CHOICE.at(
            path, f"{shown} isn't one of {expected}", f"write {near}" if near else f"write {expected}"
        )
    if key in _PERIODS:
        guess = f"write {value}s if seconds are meant" if isinstance(value, int | float) else "write for example 5m"
        return WRONG_UNIT.at(path, f"{shown} isn't a duration with its unit, such as 30s or 5m", guess)
    return WRONG_KIND.at(path, f"{shown} can't stand here{_explain(kind)}", _fix(key))


def _out_of_range(path: Path, shown: str, complaint: Mapping[str, Any]) -> Finding:
    context = complaint["ctx"]
    name = next(name for name in _BOUNDS if name in context)
    bound = format_duration(context[name]) if path[-1] in _PERIODS else str(context[name])
    words = _BOUNDS[name].format(bound)
    return OUT_OF_RANGE.at(path, f"{shown} is out of range: {words}", f"write {bound} or {_BEYOND[name]}")


def _explain(kind: str) -> str:
    return next((f": {word} is expected" for start, word in _KINDS.items() if kind.startswith(start)), "")


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


def _fix(key: str) -> str:
    return (
        f"write for example `{_EXAMPLES[key]}`" if key in _EXAMPLES else "write a value of the kind that belongs here"
    )


def _show(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"`{shown[:100]}`"
