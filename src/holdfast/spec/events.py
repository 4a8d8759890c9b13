"""YAML's event stream folded into one nested value, without recursion, within stated limits.

libyaml's own composer recurses, and a file of brackets overruns its stack; a stream of events can't.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

import yaml

from holdfast.spec.scalars import names_nothing, read_doubtful

NODES_MAX: Final = 4_000_000
"""The most values in a file, those that aliases repeat included: 10,000 services take about 400,000."""
DEPTH_MAX: Final = 32
"""The deepest nesting of lists and mappings; a platform needs 9."""
SCALAR_LENGTH_MAX: Final = 300
"""The longest single value or key, in characters; a host name has at most 253."""


class Mark(NamedTuple):
    """A place in the text; line and column count from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """Something that YAML allows and a platform file doesn't: its kind, its place, and the word it is about."""

    kind: str
    mark: Mark
    text: str
    first: Mark | None = None


class TooMuch(Exception):
    """The file can't be read any further, for this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


class Maker(Protocol):
    """What values are made of: plain data, or places."""

    def leaf(self, event: yaml.ScalarEvent) -> Any:
        """The value of a scalar."""

    def branch(self, children: dict[str, Any] | list[Any], event: yaml.Event) -> Any:
        """The value of a mapping or list; `children` is filled later."""

    def child(self, value: Any, key: yaml.ScalarEvent) -> Any:
        """A value as it is kept under its key."""

    def children(self, value: Any) -> Any:
        """The mapping or list inside a branch; anything else for a leaf."""


@dataclass(slots=True)
class _Frame:
    """A mapping or list that isn't complete yet; `key` is the key of a mapping whose value comes next."""

    children: Any
    value: Any
    anchor: str | None = None
    nodes_before: int = 0
    key: Any = None
    keys: dict[str, Any] = field(default_factory=dict)
    merged: list[Any] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        """Whether a key must come next, and not a value."""
        return self.key is None and type(self.children) is dict


def mark_of(event: Any) -> Mark:
    """Where an event begins."""
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


class Fold:
    """One pass over the events of a file. `problems` gathers what was wrong but not fatal.

    `nodes` counts the values, those that aliases repeat included; there may be `nodes_max`.
    """

    def __init__(self, maker: Maker, nodes_max: int = NODES_MAX) -> None:
        self.problems: list[Problem] = []
        self.nodes = 0
        self._nodes_max = nodes_max
        self._maker = maker
        self._root: list[Any] = []
        self._frames = [_Frame(self._root, None)]
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0

    def run(self, events: Iterable[yaml.Event]) -> Any:
        """The one value of the file, or None if it holds none. TooMuch, or what the parser raises."""
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open_mapping,
            yaml.SequenceStartEvent: self._open_list,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        for event in events:
            handler = handlers.get(type(event))
            if handler:
                handler(event)
        return self._root[0] if self._root else None

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _stop("documents", event, "---")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        frame, text = self._frames[-1], event.value
        if len(text) > SCALAR_LENGTH_MAX:
            raise _stop("long", event, text[:40])
        if event.tag is not None:
            self._report("tag", event, event.tag)
        if frame.wants_key:
            self._open_key(frame, event)
            return
        if event.implicit[0] and read_doubtful(text) is not None:
            self._report("boolean", event, text)
        value = self._maker.leaf(event)
        self._count(1, event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(frame, value)

    def _open_key(self, frame: _Frame, event: yaml.ScalarEvent) -> None:
        key = event.value
        first = frame.keys.setdefault(key, event)
        if first is not event:
            self._report("duplicate", event, key, mark_of(first))
        if event.implicit[0] and names_nothing(key):
            self._report("boolean key", event, key)
        frame.key = event

    def _open_mapping(self, event: yaml.MappingStartEvent) -> None:
        self._open({}, event)

    def _open_list(self, event: yaml.SequenceStartEvent) -> None:
        self._open([], event)

    def _open(self, children: dict[str, Any] | list[Any], event: Any) -> None:
        if self._frames[-1].wants_key:
            raise _stop("key", event)
        if len(self._frames) > DEPTH_MAX:
            raise _stop("deep", event)
        if event.tag is not None:
            self._report("tag", event, event.tag)
        value = self._maker.branch(children, event)
        self._frames.append(_Frame(children, value, event.anchor, self.nodes))
        self._count(1, event)

    def _close(self, _event: yaml.Event) -> None:
        frame = self._frames.pop()
        for merged in frame.merged:
            frame.children.update({key: value for key, value in merged.items() if key not in frame.children})
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, self.nodes - frame.nodes_before)
        self._put(self._frames[-1], frame.value)

    def _alias(self, event: yaml.AliasEvent) -> None:
        frame = self._frames[-1]
        if frame.wants_key:
            raise _stop("key", event, f"*{event.anchor}")
        if event.anchor not in self._anchors:
            raise _stop("alias", event, f"*{event.anchor}")
        value, nodes = self._anchors[event.anchor]
        self._count(nodes, event)
        self._put(frame, value)

    def _put(self, frame: _Frame, value: Any) -> None:
        key = frame.key
        if key is None:
            frame.children.append(value)
            return
        frame.key = None
        if key.value == "<<" and key.implicit[0]:
            self._merge(frame, value, key)
        elif frame.keys[key.value] is key:
            frame.children[key.value] = self._maker.child(value, key)

    def _merge(self, frame: _Frame, value: Any, key: Any) -> None:
        children = self._maker.children(value)
        for each in children if isinstance(children, list) else [value]:
            merged = self._maker.children(each)
            if isinstance(merged, dict):
                frame.merged.append(merged)
            else:
                self._report("merge", key, "<<")

    def _report(self, kind: str, event: Any, text: str, first: Mark | None = None) -> None:
        self.problems.append(Problem(kind, mark_of(event), text, first))

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > self._nodes_max:
            raise _stop("nodes", event)


def _stop(kind: str, event: Any, text: str = "") -> TooMuch:
    return TooMuch(Problem(kind, mark_of(event), text))
