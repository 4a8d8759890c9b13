"""What the model says may stand at a path: which keys, which kind of value, in which unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from pydantic import WithJsonSchema

from holdfast.model.noun import Noun
from holdfast.model.platform import Platform
from holdfast.spec.codes import Path
from holdfast.spec.quantities import BY_PATTERN, Quantity

KEY: Final = "[key]"
"""The last part of a path that means a key of a mapping itself."""
EACH: Final = "*"
"""The part of a path that means any key of a mapping, or any item of a list."""


@dataclass(frozen=True)
class Shape:
    """The kind of value at one path: a type, and what it is annotated with."""

    hint: Any
    metadata: tuple[Any, ...] = ()

    @property
    def quantity(self) -> Quantity | None:
        """The quantity that is written here, if it is one."""
        schemas = (each.json_schema for each in self.metadata if isinstance(each, WithJsonSchema))
        return next((BY_PATTERN[schema["pattern"]] for schema in schemas if schema), None)

    @property
    def noun(self) -> type[Noun] | None:
        """The noun whose keys are written here, if it is one."""
        return self.hint if isinstance(self.hint, type) and issubclass(self.hint, Noun) else None

    @property
    def kind(self) -> type:
        """The plain type: dict for nouns, str for names, tuple for lists, and so on."""
        if self.noun:
            return dict
        kind = get_origin(self.hint) or self.hint
        return kind if isinstance(kind, type) else str

    def inner(self, part: str | int) -> "Shape | None":
        """The shape under a key or index."""
        if self.noun:
            hint = _hints(self.noun).get(str(part))
            return None if hint is None else shape_of(hint)
        arguments = get_args(self.hint)
        if self.kind is dict and arguments:
            return shape_of(arguments[0 if part == KEY else 1])
        return shape_of(arguments[0]) if self.kind is tuple else None


@cache
def _hints(noun: type[Noun]) -> dict[str, Any]:
    return get_type_hints(noun, include_extras=True)


def shape_of(hint: Any) -> Shape:
    """The shape that a type hint stands for; that it may also be None is left out."""
    metadata: list[Any] = []
    while True:
        arguments = get_args(hint)
        if get_origin(hint) is Annotated:
            metadata += hint.__metadata__
            hint = arguments[0]
        elif get_origin(hint) in {Union, UnionType} and NoneType in arguments and len(arguments) == 2:
            hint = next(each for each in arguments if each is not NoneType)
        else:
            return Shape(hint, tuple(metadata))


def shape_at(path: Path) -> Shape | None:
    """The shape at a path of a platform; None if nothing may stand there."""
    shape: Shape | None = Shape(Platform)
    for part in path:
        shape = shape.inner(part) if shape else None
    return shape


def keys_of(noun: type[Noun]) -> tuple[str, ...]:
    """The keys that a noun takes, in the order of the model."""
    return tuple(name for name in noun.model_fields)


@cache
def every_key() -> tuple[Path, ...]:
    """The path of every key that a platform file may hold, with `*` for names that operators choose."""
    return tuple(_walk(Shape(Platform), ()))


def _walk(shape: Shape, path: Path) -> Iterator[Path]:
    for name in keys_of(shape.noun) if shape.noun else ():
        inner, here = shape.inner(name), (*path, name)
        yield here
        while inner and not inner.noun and inner.kind in {dict, tuple}:
            inner, here = inner.inner(EACH), (*here, EACH)
        if inner:
            yield from _walk(inner, here)
