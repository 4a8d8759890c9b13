"""Where each part of a platform is written: in which file, on which line."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import yaml

from holdfast.spec.bundle import MAIN, Part, name_file, split_text
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


class _Written:
    """One file: its lines, and the place of each path in it. Text that isn't YAML has no places."""

    def __init__(self, part: Part) -> None:
        self._text = part.text

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(_LINE_END.split(self._text))

    @cached_property
    def root(self) -> Place:
        fold = Fold(_PlaceMaker())
        try:
            root = fold.run(yaml.parse(self._text, Loader=yaml.CSafeLoader))
        except (TooMuch, yaml.YAMLError, UnicodeError):
            root = None
        return root or Place(Mark(1, 1))


@dataclass(frozen=True)
class SourceMap:
    """The text of a platform, and the place of each path in it: in which of its files, on which line.

    `file` is what the platform is called where it came from. The places of a large file take more memory than its
    platform, and few files need them, so that a text is read a second time when the first place is asked for.
    """

    text: str
    file: str = ""

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files that it consists of, as people call them, in the order of the text."""
        return tuple(part.label(self.file) for part in self._parts.values())

    def lines_of(self, file: str) -> tuple[str, ...]:
        """The text of one of its `files` by lines, as YAML counts them; none if it hasn't that."""
        found = next((name for name, part in self._parts.items() if part.label(self.file) == file), None)
        return self._written(found).lines if found is not None else ()

    def file_of(self, path: Path) -> str:
        """The file in which a path is written, or would be."""
        name, _ = self._route(path)
        return self._parts[name].label(self.file) if name in self._parts else self.file

    def position(self, path: Path, *, on_key: bool = False) -> Mark:
        """Line and column in its file, from 1, of the value at a path; of its key if `on_key`, or if it is no scalar.

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
    def _parts(self) -> dict[str, Part]:
        parts: dict[str, Part] = {}
        for part in split_text(self.text):
            parts.setdefault(part.name, part)
        return parts

    @cached_property
    def _read(self) -> dict[str, _Written]:
        return {}

    def _written(self, name: str) -> _Written:
        part = self._parts.get(name) or Part(name, "")
        return self._read.setdefault(name, _Written(part))

    def _route(self, path: Path) -> tuple[str, Path]:
        """The file that has a path, and the path inside of it."""
        main = "" if "" in self._parts else MAIN
        own = name_file(path[1]) if path[:1] == ("tenants",) and len(path) > 1 else ""
        return (own, path[2:]) if own and own in self._parts else (main, path)

    def _find(self, path: Path) -> tuple[Place, bool]:
        name, inner_path = self._route(path)
        place = self._written(name).root
        for part in inner_path:
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
