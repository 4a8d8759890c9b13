"""Kinds of GraphQL operation that are asked for, and that would no longer be taken."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import GraphQL, Mode
from holdfast.rollout.danger import Change, Danger

KINDS: Final = {"mutation": "mutations", "batch": "batching", "introspection": "introspection"}
"""What operations are called, and the key that lets them in."""


def find_refused_operations(change: Change) -> Iterator[Danger]:
    """Operations that a service is asked for, of a kind that it takes now and then wouldn't."""
    for name in filter(change.changes.mentioned.__contains__, change.lasting):
        counts = change.operations.get(name, {})
        before, after = (intent.services[name].service.accept.graphql for intent in (change.old, change.new))
        if after is None or change.new.mode_of(name) is Mode.OBSERVE:
            continue
        for kind, key in KINDS.items():
            count = counts.get(kind, 0)
            if count and _takes(before, key) and not _takes(after, key):
                total = sum(counts.values())
                message = (
                    f"{count:g} of {total:g} recorded operations of {name} need graphql.{key}, and would be refused"
                )
                yield Danger("operations-refused", message, (name,), (f"{key}: {count:g} of {total:g}",))


def _takes(graphql: GraphQL | None, key: str) -> bool:
    return graphql is None or bool(getattr(graphql, key))
