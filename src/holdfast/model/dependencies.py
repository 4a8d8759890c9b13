"""What depends on what, and whether that can be put in an order."""

from collections.abc import Mapping


def find_cycle(depends_on: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Services that depend on each other in a circle, the first one by name first; none if there are none."""
    done = set[str]()
    for start in sorted(depends_on):
        if start not in done and (cycle := _walk(start, depends_on, done)):
            return cycle
    return ()


def _walk(start: str, depends_on: Mapping[str, tuple[str, ...]], done: set[str]) -> tuple[str, ...]:
    """Depth first, without recursion: chains may be as long as there are services."""
    path = [start]
    rest = [iter(depends_on.get(start, ()))]
    while path:
        needed = next(rest[-1], None)
        if needed is None:
            done.add(path.pop())
            rest.pop()
        elif needed in path:
            cycle = path[path.index(needed) :]
            first = cycle.index(min(cycle))
            return (*cycle[first:], *cycle[:first])
        elif needed not in done:
            path.append(needed)
            rest.append(iter(depends_on.get(needed, ())))
    return ()
