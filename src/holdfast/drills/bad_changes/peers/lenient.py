"""A platform file as somebody without Holdfast would take it: the same mistake, in a file that nobody checks.

The rule: what isn't known is passed over, what is blank is as if it weren't written (0, where a number must be), what
is out of bounds is kept as it stands, what refers to nothing stays. Only a text that is no YAML can't be read.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, Union, cast, get_args, get_origin

import yaml
from pydantic import TypeAdapter, ValidationError

from holdfast.drills.bad_changes.editing import MAIN
from holdfast.model.noun import Noun
from holdfast.model.platform import Platform
from holdfast.model.units import parse_duration, parse_rate, parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from holdfast.drills.bad_changes.editing import Files

_Kind = TypeVar("_Kind", bound=Noun)
_QUANTITIES: Final = (parse_rate, parse_duration, parse_size)
_UNIONS: Final = (Union, types.UnionType)


class Unreadable(ValueError):
    """The text is no YAML, or no mapping: nothing can be made of it."""


def read_leniently(files: Files) -> Platform:
    """The platform that the files say, as far as anything can be made of them. Raises Unreadable."""
    try:
        parts = {name: yaml.load(_decode(text), Loader=yaml.CSafeLoader) for name, text in files.items()}
    except yaml.YAMLError as error:
        raise Unreadable(" ".join(str(error).split())) from error
    tree = parts.pop(MAIN)
    if not isinstance(tree, dict):
        raise Unreadable("the text is no mapping")
    if parts:
        named = {name.rpartition("/")[2].removesuffix(".yaml"): part for name, part in parts.items()}
        tree = {**tree, "tenants": {**(tree.get("tenants") or {}), **named}}
    return _read_noun(Platform, tree)


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _read_noun(kind: type[_Kind], raw: Any) -> _Kind:
    stated: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
    values = {name: _read_field(field, stated.get(name)) for name, field in kind.model_fields.items()}
    return cast("_Kind", kind.model_construct(None, **values))


def _read_field(field: FieldInfo, value: Any) -> Any:
    if value is not None:
        return _read(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation, value)
    return _blank(field.annotation) if field.is_required() else field.get_default(call_default_factory=True)


def _blank(annotation: Any) -> Any:
    bare = _strip(annotation)
    if isinstance(bare, type) and issubclass(bare, Noun):
        return _read_noun(bare, {})
    return 0 if bare in (int, float) else {tuple: (), dict: {}}.get(get_origin(bare))


def _read(annotation: Any, value: Any) -> Any:
    try:
        return TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return _keep(_strip(annotation), value)


def _keep(bare: Any, value: Any) -> Any:
    """What is no good value, as it stands: with the good parts read, and quantities as numbers."""
    if isinstance(bare, type) and issubclass(bare, Noun):
        return _read_noun(bare, value)
    if get_origin(bare) is dict:
        of = get_args(bare)[1]
        return {str(key): _read(of, each) for key, each in value.items()} if isinstance(value, dict) else {}
    if get_origin(bare) is tuple:
        return tuple(_read(get_args(bare)[0], each) for each in value) if isinstance(value, list) else ()
    return _measure(value) if isinstance(value, str) and float in (bare, *get_args(bare)) else value


def _strip(annotation: Any) -> Any:
    """A type without its bounds, and without None."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in _UNIONS and type(None) in get_args(annotation):
            annotation = next(each for each in get_args(annotation) if each is not type(None))
        else:
            return annotation


def _measure(text: str) -> float | str:
    if text.endswith("%") and text[:-1].replace(".", "", 1).isdigit():
        return float(text[:-1]) / 100
    for parse in _QUANTITIES:
        try:
            return float(parse(text))
        except (ValueError, KeyError, TypeError):
            continue
    return text
