"""An operation without what differs from request to request: values, variables, aliases, order, layout, comments.

Whatever a client may put into a value is replaced by a question mark, so no secret is in what people are shown.
Selections that become equal are one: a thousand aliases of a field have the fingerprint of two.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from holdfast.analyser.limits import NAME_CHARACTERS_MAX
from holdfast.analyser.walk import find_selection_sets
from holdfast.model.query import TEXT_CHARACTERS_MAX


def normalise(document: DocumentNode) -> str:
    """A document's operations and fragments, in an order that doesn't depend on how it was written."""
    return " ".join(sorted(filter(None, map(_write_definition, document.definitions))))


def fingerprint(text: str) -> str:
    """The first 64 bits of a normalised document's SHA-256, in hexadecimal."""
    return sha256(text.encode()).hexdigest()[:16]


def shorten(text: str) -> str:
    """A normalised document as people are shown it."""
    return text if len(text) <= TEXT_CHARACTERS_MAX else text[: TEXT_CHARACTERS_MAX - 1] + "…"


def _write_definition(definition: DefinitionNode) -> str:
    match definition:
        case OperationDefinitionNode():
            name = f" {_write_name(definition.name)}" if definition.name else ""
            head = definition.operation.value + name
        case FragmentDefinitionNode():
            head = f"fragment {_write_name(definition.name)} on {_write_name(definition.type_condition.name)}"
        case _:
            return ""
    return head + _write_directives(definition.directives) + _write_set(definition.selection_set)


def _write_set(root: SelectionSetNode) -> str:
    written: dict[int, str] = {}
    for each in reversed(find_selection_sets(root)):
        written[id(each)] = "{" + " ".join(sorted({_write(s, written) for s in each.selections})) + "}"
    return written[id(root)]


def _write(selection: SelectionNode, written: Mapping[int, str]) -> str:
    match selection:
        case FieldNode():
            head = _write_name(selection.name) + _write_arguments(a.name for a in selection.arguments or ())
            inner = selection.selection_set
        case InlineFragmentNode():
            condition = selection.type_condition
            head = f"...on {_write_name(condition.name)}" if condition else "..."
            inner = selection.selection_set
        case FragmentSpreadNode():
            head, inner = f"...{_write_name(selection.name)}", None
        case _:
            return ""
    return head + _write_directives(selection.directives) + (written[id(inner)] if inner else "")


def _write_directives(directives: Sequence[DirectiveNode] | None) -> str:
    each = {f"@{_write_name(d.name)}" + _write_arguments(a.name for a in d.arguments or ()) for d in directives or ()}
    return "".join(sorted(each))


def _write_arguments(names: Iterable[NameNode]) -> str:
    each = sorted({f"{_write_name(name)}:?" for name in names})
    return f"({','.join(each)})" if each else ""


def _write_name(name: NameNode) -> str:
    return name.value[:NAME_CHARACTERS_MAX]
