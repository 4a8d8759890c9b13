"""Where in the text each part of a platform is written."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import yaml

from holdfast.spec.codes import Path
from holdfast.spec.events import Fold, Mark, TooMuch, mark_of

_LINE_END: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Place(NamedTuple):
    """Where a value and its key are written, and the text of a scalar."""

    mark: Mark
    text: str = ""
    children: dict[str, Any] | list[Any] | None = None
    key_mark: Mark | None = None


class _PlaceMaker:
    def leaf(self, event: yaml.ScalarEvent) -> Place:
        return Place(mark_of(event), event.value)

    def branch(self, children: dict[str, Any] | list[Any], event: yaml.Event) -> Place:
        return Place(mark_of(event), children=children)

    def child(self, value: Place, key: yaml.ScalarEvent) -> Place:
        return value._replace(key_mark=mark_of(key))

    def children(self, value: Place) -> Any:
        return value.children


@dataclass(frozen=True)
class SourceMap:
    """The text of a platform file, and the place of each path in it.

    The places of a large file take more memory than its platform, and few files need them, so that the text
    is read a second time when the first place is asked for. Text that isn't YAML has no places.
    """

    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The text by lines, as YAML counts them."""
        return tuple(_LINE_END.split(self.text))

    def position(self, path: Path, *, on_key: bool = False) -> Mark:
        """Line and column, from 1, of the value at a path; of its key if `on_key`, or if it is no scalar.

        A path that isn't written has the position of the nearest part around it that is.
        """
        place, found = self._find(path)
        key = on_key or place.children is not None or not found
        return (place.key_mark or place.mark) if key else place.mark

    def written(self, path: Path, *, on_key: bool = False) -> str:
        """The text of the scalar at a path, else its key; nothing if the path isn't written."""
        place, found = self._find(path)
        if not found or not path:
            return ""
        return str(path[-1]) if (on_key or place.children is not None) and isinstance(path[-1], str) else place.text

    def __contains__(self, path: Path) -> bool:
        return self._find(path)[1]

    @cached_property
    def _root(self) -> Place:
        fold = Fold(_PlaceMaker())
        try:
            root = fold.run(yaml.parse(self.text, Loader=yaml.CSafeLoader))
        except (TooMuch, yaml.YAMLError, UnicodeError):
            root = None
        return root or Place(Mark(1, 1))

    def _find(self, path: Path) -> tuple[Place, bool]:
        place = self._root
        for part in path:
            inner = _step(place, part)
            if inner is None:
                return place, False
            place = inner
        return place, True


def _step(place: Place, part: str | int) -> Place | None:
    inner: Place | None = None
    if isinstance(place.children, dict):
        inner = place.children.get(str(part))
    elif isinstance(place.children, list) and isinstance(part, int) and part < len(place.children):
        inner = place.children[part]
    return inner
