"""Addresses that clients know, and that nobody would listen on any more."""

from collections.abc import Iterator

from holdfast.rollout.danger import Change, Danger


def find_moved_listeners(change: Change) -> Iterator[Danger]:
    """A location none of whose edges would be where clients, or what stands before them, look for it today."""
    for name, place in change.new.platform.locations.items():
        was = change.old.platform.locations.get(name)
        if was is None or {edge.listen for edge in was.edges} & {edge.listen for edge in place.edges}:
            continue
        count = change.connections.get(name)
        cut = f", and {count:g} connections would be cut" if count else ""
        message = f"no edge of {name} would listen where it does today ({len(was.edges)} of {len(was.edges)} move){cut}"
        now, then = (", ".join(edge.listen for edge in each.edges) for each in (was, place))
        yield Danger("listeners-move", message, evidence=(f"{now} → {then}",))
