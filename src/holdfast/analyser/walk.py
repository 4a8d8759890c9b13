"""Walks over syntax trees that don't recurse: a hostile tree may be as deep as it is large."""

from collections.abc import Iterator, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)


def find_selection_sets(root: SelectionSetNode) -> list[SelectionSetNode]:
    """A selection set and all within it, the outer before the inner."""
    found = [root]
    for each in found:
        found.extend(
            selection.selection_set
            for selection in each.selections
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None
        )
    return found


def find_fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """A document's fragments by name; of several with one name, the last."""
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


def order_fragments(fragments: Mapping[str, FragmentDefinitionNode]) -> tuple[list[str], bool]:
    """Names of fragments, those that others spread before these; and whether any spreads itself, by whatever way."""
    spreads = {name: [s for s in _find_spreads(f) if s in fragments] for name, f in fragments.items()}
    done: dict[str, bool] = {}
    order: list[str] = []
    cyclic = False
    for start in fragments:
        path = [(start, iter(spreads[start]))] if start not in done else []
        done.setdefault(start, False)
        while path:
            name, rest = path[-1]
            spread = next(rest, None)
            if spread is None:
                path.pop()
                done[name] = True
                order.append(name)
            elif spread not in done:
                done[spread] = False
                path.append((spread, iter(spreads[spread])))
            else:
                cyclic = cyclic or not done[spread]
    return order, cyclic


def _find_spreads(fragment: FragmentDefinitionNode) -> Iterator[str]:
    for each in find_selection_sets(fragment.selection_set):
        yield from (s.name.value for s in each.selections if isinstance(s, FragmentSpreadNode))
