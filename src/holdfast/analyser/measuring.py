"""How large an operation is, before anybody executes it.

The cost is 1 for each field, plus the cost of the fields within it times the number of items that it is asked for:
the largest literal (or variable's default) among its arguments `first`, `last` and `limit`, at most `ITEMS_MAX`;
`ITEMS_ASSUMED` if that is a variable without default; 1 if there is none. This follows the idea of GitHub's node
limit ("Rate limits and node limits for the GraphQL API"), without a schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from holdfast.analyser.limits import ITEMS_ASSUMED, ITEMS_MAX, SIZE_MAX
from holdfast.analyser.walk import find_fragments, find_selection_sets, order_fragments
from holdfast.model.query import QueryMeasures

_LIST_ARGUMENTS: Final = frozenset({"first", "last", "limit"})


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0

    def __add__(self, other: "_Size") -> "_Size":
        """Both side by side."""
        return _Size(
            max(self.depth, other.depth),
            min(SIZE_MAX, self.fields + other.fields),
            min(SIZE_MAX, self.aliases + other.aliases),
            min(SIZE_MAX, self.directives + other.directives),
            min(SIZE_MAX, self.cost + other.cost),
        )


_NOTHING: Final = _Size()


def measure_document(document: DocumentNode) -> tuple[QueryMeasures, bool]:
    """The measures of a document's largest operations, and whether its fragments go in a circle.

    A spread that closes a circle counts as nothing, as does one of an unknown fragment.
    """
    fragments = find_fragments(document)
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    defaults = _read_defaults(operations)
    order, cyclic = order_fragments(fragments)
    known: dict[str, _Size] = {}
    for name in order:
        directives = _Size(directives=len(fragments[name].directives or ()))
        known[name] = directives + _measure_set(fragments[name].selection_set, known, defaults)
    sizes = [
        _Size(directives=len(o.directives or ())) + _measure_set(o.selection_set, known, defaults) for o in operations
    ]
    largest = QueryMeasures(
        depth=max(size.depth for size in sizes),
        fields=max(size.fields for size in sizes),
        aliases=max(size.aliases for size in sizes),
        directives=max(size.directives for size in sizes),
        cost=max(size.cost for size in sizes),
    )
    return largest, cyclic


def _measure_set(root: SelectionSetNode, fragments: Mapping[str, _Size], defaults: Mapping[str, int]) -> _Size:
    measured: dict[int, _Size] = {}
    for each in reversed(find_selection_sets(root)):
        size = _NOTHING
        for selection in each.selections:
            size += _measure(selection, measured, fragments, defaults)
        measured[id(each)] = size
    return measured[id(root)]


def _measure(
    selection: SelectionNode, measured: Mapping[int, _Size], fragments: Mapping[str, _Size], defaults: Mapping[str, int]
) -> _Size:
    own = _Size(directives=len(selection.directives or ()))
    match selection:
        case FieldNode():
            inner = measured[id(selection.selection_set)] if selection.selection_set else _NOTHING
            items = _count_items(selection, defaults)
            aliases = inner.aliases + (selection.alias is not None)
            return own + _Size(1 + inner.depth, 1 + inner.fields, aliases, inner.directives, 1 + items * inner.cost)
        case InlineFragmentNode():
            return own + measured[id(selection.selection_set)]
        case FragmentSpreadNode():
            return own + fragments.get(selection.name.value, _NOTHING)
    return own


def _count_items(field: FieldNode, defaults: Mapping[str, int]) -> int:
    asked = [_read_items(a.value, defaults) for a in field.arguments or () if a.name.value in _LIST_ARGUMENTS]
    return max(asked, default=1)


def _read_items(value: ValueNode, defaults: Mapping[str, int]) -> int:
    match value:
        case IntValueNode(value=digits):
            return max(1, min(ITEMS_MAX, int(digits[:10])))
        case VariableNode():
            return defaults.get(value.name.value, ITEMS_ASSUMED)
    return 1


def _read_defaults(operations: list[OperationDefinitionNode]) -> dict[str, int]:
    """Variables' defaults where they are whole numbers; the largest where operations differ."""
    defaults: dict[str, int] = {}
    for definition in (d for operation in operations for d in operation.variable_definitions or ()):
        if isinstance(definition.default_value, IntValueNode):
            name = definition.variable.name.value
            defaults[name] = max(defaults.get(name, 1), _read_items(definition.default_value, {}))
    return defaults
