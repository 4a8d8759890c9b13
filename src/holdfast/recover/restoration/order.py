"""In which order services come back: the most critical first, and nobody before those it depends on."""

from collections.abc import Iterator, Mapping

from holdfast.model.restoration import Place


def find_ranks(places: Mapping[str, Place]) -> dict[str, int]:
    """How critical each service is on the way back: as critical as whatever depends on it, if that is more so.

    Takes what it is given for what it may be: cycles and names of nobody do no harm.
    """
    ranks = {name: place.rank for name, place in places.items()}
    for name in sorted(places, key=lambda name: (ranks[name], name)):
        for needed in _each_needed(name, places):
            ranks[needed] = min(ranks[needed], places[name].rank)
    return ranks


def list_in_order(places: Mapping[str, Place]) -> tuple[str, ...]:
    """All services: by rank, among those by how many others must be back before, then by name."""
    ranks = find_ranks(places)
    depths = {name: sum(1 for _ in _each_needed(name, places)) for name in places}
    return tuple(sorted(places, key=lambda name: (ranks[name], depths[name], name)))


def _each_needed(name: str, places: Mapping[str, Place]) -> Iterator[str]:
    """All that a service depends on, directly or not."""
    seen, found = {name}, [name]
    while found:
        for needed in places[found.pop()].depends_on:
            if needed in places and needed not in seen:
                seen.add(needed)
                found.append(needed)
                yield needed
