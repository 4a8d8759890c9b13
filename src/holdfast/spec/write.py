"""A noun -> the plain data, and the YAML text, in which a person would write it."""

from enum import Enum
from typing import Any

import yaml

from holdfast.model.noun import Noun
from holdfast.model.platform import Platform
from holdfast.model.recovery import Endpoint
from holdfast.spec.shape import EACH, Shape


def write_noun(noun: Noun) -> dict[str, Any]:
    """Plain data with units (`15s`, `1MiB`), without what is None; reading it back gives an equal noun.

    Durations are exact to the millisecond, rates to six digits unless whole per second, minute or hour.
    """
    shape = Shape(type(noun))
    fields = {name: getattr(noun, name) for name in type(noun).model_fields}
    return {name: write_value(each, shape.inner(name)) for name, each in fields.items() if each is not None}


def write_value(value: Any, shape: Shape | None) -> Any:
    """Plain data for a value of a shape."""
    if isinstance(value, Endpoint) and value == Endpoint(address=value.address):
        return value.address
    if isinstance(value, Noun):
        return write_noun(value)
    if isinstance(value, dict):
        inner = shape.inner(EACH) if shape else None
        return {str(key): write_value(each, inner) for key, each in value.items()}
    if isinstance(value, tuple | list):
        inner = shape.inner(EACH) if shape else None
        return [write_value(each, inner) for each in value]
    if shape and shape.quantity and value is not None:
        return shape.quantity.format(value)
    return _write_scalar(value)


def _write_scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, str | int | float) else str(value)


def dump_platform(platform: Platform) -> str:
    """A platform as the text of a platform file."""
    return yaml.dump(write_noun(platform), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
