"""One complaint of the model's validation -> a finding in plain words, with what to write instead."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, get_args

from holdfast.spec.codes import Finding, Path, error, show_path
from holdfast.spec.forms import FORMS, KEY_FORMS, NAME, VALUE_FORMS, explain_address, explain_network
from holdfast.spec.quantities import SHARE, Quantity, format_share
from holdfast.spec.shape import KEY, Shape, keys_of, shape_at
from holdfast.spec.suggest import EXAMPLES, homes_of, nearest

UNKNOWN_KEY = error(
    "HF201",
    "an unknown key",
    "No such key is known at this place. A mistyped key would otherwise be ignored in silence, and the limit "
    "that it states would not hold.",
    wrong="tenants: {acme: {services: {shop: {limit: {requests: 100/s}}}}}",
    right="tenants: {acme: {services: {shop: {limits: {requests: 100/s}}}}}",
)
MISSING_KEY = error(
    "HF202",
    "a missing key",
    "A key that has no default isn't there.",
    wrong="tenants: {acme: {services: {shop: {upstream: null}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:9101']}}}}}",
)
WRONG_KIND = error(
    "HF203",
    "the wrong kind of value",
    "A list, a mapping, text, a whole number, or true or false is expected here, and something else is written.",
    wrong="tenants: {acme: {services: {shop: {hosts: shop.example.com}}}}",
    right="tenants: {acme: {services: {shop: {hosts: [shop.example.com]}}}}",
)
WRONG_UNIT = error(
    "HF204",
    "a quantity without its unit",
    "Durations, sizes, rates and shares are written with a unit, so that nobody has to know which one is meant: "
    "`15s`, `64KiB`, `100/s`, `20%`.",
    wrong="tenants: {acme: {services: {shop: {limits: {requests: 100}}}}}",
    right="tenants: {acme: {services: {shop: {limits: {requests: 100/s}}}}}",
)
NOT_A_CHOICE = error(
    "HF205",
    "not one of the choices",
    "Only certain words are known here.",
    wrong="mode: enforced",
    right="mode: enforce",
)
OUT_OF_RANGE = error(
    "HF206",
    "out of range",
    "The number is smaller or larger than anything that makes sense here, or than an edge can hold.",
    wrong="tenants: {acme: {services: {shop: {upstream: {retries: {attempts_max: 50}}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {retries: {attempts_max: 2}}}}}}",
)
EMPTY_VALUE = error(
    "HF207",
    "an empty value",
    "A key is there and nothing stands behind it, or a list has no items.",
    wrong="tenants: {acme: {services: {shop: {hosts: []}}}}",
    right="tenants: {acme: {services: {shop: {hosts: [shop.example.com]}}}}",
)

_KINDS: Final[dict[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list",
    dict: "a mapping of `key: value` lines",
}
_LIMITS: Final = {
    "ge": "the least is {}",
    "gt": "it must be more than {}",
    "le": "the most is {}",
    "lt": "it must be less than {}",
}


class _Complaint(NamedTuple):
    path: Path
    value: Any
    context: Mapping[str, Any]


def translate(failure: Mapping[str, Any]) -> Finding:
    """The finding for one error of `pydantic.ValidationError.errors()`."""
    complaint = _Complaint(failure["loc"], failure["input"], failure.get("ctx", {}))
    handler = _HANDLERS.get(failure["type"], _wrong_kind)
    if complaint.value is None and handler not in {_missing_key, _unknown_key}:
        handler = _empty
    return handler(complaint)


def _unknown_key(complaint: _Complaint) -> Finding:
    path = complaint.path
    key, shape = str(path[-1]), shape_at(path[:-1])
    known = keys_of(shape.noun) if shape and shape.noun else ()
    near, homes = nearest(key, known), homes_of(key, path[:-1])
    where = f"in `{show_path(path[:-1])}`" if path[:-1] else "at the top of the file"
    if near and (not homes or nearest(key, known, likeness=0.85)):
        fix = f"write `{near}`"
    elif homes:
        fix = f"it belongs in {' or '.join(f'`{home}`' for home in homes[:2])}"
    else:
        fix = f"take it out; the keys known here are {', '.join(known)}"
    return UNKNOWN_KEY.at(path, f"`{key}` isn't a known key {where}", fix, on_key=True)


def _missing_key(complaint: _Complaint) -> Finding:
    path = complaint.path
    key = str(path[-1])
    where = f"in `{show_path(path[:-1])}`" if path[:-1] else "at the top of the file"
    return MISSING_KEY.at(path, f"`{key}` is missing {where}", f"add `{EXAMPLES.get(key, f'{key}: ...')}`", on_key=True)


def _empty(complaint: _Complaint) -> Finding:
    path = complaint.path
    key, shape = _key_of(path), shape_at(path)
    if shape and shape.kind is dict and not shape.noun:
        return EMPTY_VALUE.at(path, f"nothing stands under `{key}`", f"write `{key}: {{}}` if there are none")
    example = EXAMPLES.get(key)
    fix = f"write for example `{example}`" if example else "write a value, or take the key out to have its default"
    return EMPTY_VALUE.at(path, f"`{key}` is empty", fix)


def _not_a_choice(complaint: _Complaint) -> Finding:
    path = complaint.path
    shape, value = shape_at(path), complaint.value
    choices = _choices(shape) if shape else ()
    near = nearest(str(value), choices)
    fix = f"write {near}" if near else f"write {' or '.join(choices)}"
    if path == ("holdfast",):
        return NOT_A_CHOICE.at(path, f"version {_show(value)} of the platform file isn't known here", fix)
    return NOT_A_CHOICE.at(path, f"{_show(value)} isn't one of {', '.join(choices)}", fix)


def _choices(shape: Shape) -> tuple[str, ...]:
    if isinstance(shape.hint, type) and issubclass(shape.hint, Enum):
        return tuple(str(each.value) for each in shape.hint)
    return tuple(str(each) for each in get_args(shape.hint))


def _out_of_range(complaint: _Complaint) -> Finding:
    path = complaint.path
    shape, value = shape_at(path), complaint.value
    name, limit = next((name, complaint.context[name]) for name in _LIMITS if name in complaint.context)
    quantity = shape.quantity if shape else None
    bound = quantity.format(limit) if quantity and limit else f"{limit:,}".replace(",", " ")
    words = _LIMITS[name].format(bound)
    fix = f"write {bound} or {'more' if name == 'ge' else 'less'}" if name in {"ge", "le"} else f"write {words[8:]}"
    return OUT_OF_RANGE.at(path, f"{_show(value)} is out of range: {words}", fix)


def _wrong_value(complaint: _Complaint) -> Finding:
    path = complaint.path
    shape, value = shape_at(path), complaint.value
    if shape and shape.quantity:
        return _wrong_unit(path, value, shape.quantity)
    if path[-2:-1] == ("trusted_proxies",) or (path[:1] == ("pools",) and path[-1] == "addresses"):
        return explain_network(path, value)
    if isinstance(value, str):
        return explain_address(path, value, str(complaint.context.get("error", "")))
    return _wrong_kind(complaint)


def _wrong_unit(path: Path, value: Any, quantity: Quantity) -> Finding:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return WRONG_KIND.at(path, f"{_show(value)} isn't {quantity.noun}", f"write for example {quantity.example}")
    guess = quantity.guess(value)
    fix = f"write {guess}" if guess else f"write for example {quantity.example}"
    if re.fullmatch(r"[0-9.]+", str(value)):
        message = f"{value} has no unit, and {quantity.noun} is expected"
        return WRONG_UNIT.at(path, message, _add_unit(str(value), quantity))
    return WRONG_UNIT.at(path, f"{_show(value)} isn't {quantity.noun}, in {quantity.units}", fix)


def _add_unit(number: str, quantity: Quantity) -> str:
    if quantity is SHARE:
        return f"write {format_share(float(number))}" if 0 < float(number) <= 1 else f"write {number}%"
    example = re.sub("^[0-9]+", number, quantity.example)
    return f"write {example} if that is meant; the units are {quantity.units}"


def _wrong_form(complaint: _Complaint) -> Finding:
    path = complaint.path
    value = str(complaint.value)
    named = [part for part in path if isinstance(part, str) and part != KEY]
    above, key = ("", "", *named)[-2:]
    known = FORMS.get(key, NAME)
    form = KEY_FORMS.get(above, NAME) if path[-1] == KEY else VALUE_FORMS.get(above, known)
    message, fix = form.explain(value)
    return form.code.at(_without_key(path), message, fix, on_key=path[-1] == KEY)


def _wrong_kind(complaint: _Complaint) -> Finding:
    path = complaint.path
    shape, value = shape_at(path), complaint.value
    if shape is None or (shape.quantity is None and _choices_wanted(shape)):
        return _not_a_choice(complaint)
    if shape.quantity:
        return _wrong_unit(path, value, shape.quantity)
    return WRONG_KIND.at(
        _without_key(path),
        f"{_KINDS.get(shape.kind, 'text')} is expected here, not {_show(value)}",
        _fix_kind(path, value, shape),
        on_key=path[-1:] == (KEY,),
    )


def _choices_wanted(shape: Shape) -> bool:
    return shape.kind is str and bool(_choices(shape)) and not shape.metadata


def _fix_kind(path: Path, value: Any, shape: Shape) -> str:
    scalar = isinstance(value, str | int | float)
    if shape.kind is tuple and scalar:
        return f"write {_key_of(path)}: [{value}]"
    if shape.kind is str and scalar:
        return f'write it in quotes: "{value}"'
    if shape.kind is int and isinstance(value, str) and re.fullmatch(r"[1-9][0-9]*", value):
        return f"write it without quotes: {value}"
    if shape.kind is bool:
        return "write true or false, without quotes"
    if shape.noun:
        return f"write `key: value` lines below it; the keys are {', '.join(keys_of(shape.noun))}"
    return f"write {_KINDS.get(shape.kind, 'text')}"


def _key_of(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str) and part != KEY), "the file")


def _without_key(path: Path) -> Path:
    return path[:-1] if path[-1:] == (KEY,) else path


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) else str(value)


_HANDLERS: Final[dict[str, Callable[[_Complaint], Finding]]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing_key,
    "too_short": _empty,
    "string_too_short": _empty,
    "literal_error": _not_a_choice,
    "enum": _not_a_choice,
    "greater_than_equal": _out_of_range,
    "greater_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "value_error": _wrong_value,
    "string_pattern_mismatch": _wrong_form,
    "string_too_long": _wrong_form,
}
