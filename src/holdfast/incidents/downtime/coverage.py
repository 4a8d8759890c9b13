"""How well every edge was heard, slot by slot: what is short can be asked for again, and what is better is believed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Final, NamedTuple

from holdfast.incidents.downtime.intake import Dead, Watched
from holdfast.model.telemetry import EdgeReport

LOOK_BACK_SLOTS: Final = 720
"""So far back, what was missed is asked for: as far as agents remember."""
SHORT_SHARE: Final = 0.8
"""An edge that was heard for less of a slot than this is asked about it."""
BETTER_S: Final = 0.5
"""Counts of this many seconds more, of all edges together, are worth judging a slot again."""
DEAD_WORTH: Final = 0.5
"""What an edge counted is believed more than that it was dead; that, more than nothing."""
DEAD_S_MIN: Final = 1.0
"""Between two Envoys of one edge this much may pass in which none of them reports."""
Place = tuple[str, int]
"""A region, and a slot's number."""


class Known(NamedTuple):
    """What is to be asked of an edge: slots from one on; `even_dead`: those in which it was taken for dead, too."""

    first: int
    even_dead: bool


class Coverage:
    """Of the last hour. A slot that nobody measured is as if nobody had been heard in it."""

    def __init__(self, slot_s: float) -> None:
        self._slot_s = slot_s
        self._watched: dict[Place, Mapping[str, Watched]] = {}

    def note(self, region: str, number: int, watched: Mapping[str, Watched]) -> None:
        """How edges were heard in a slot, in place of what was known of it."""
        self._watched[region, number] = watched

    def forget(self, before: int) -> None:
        """Let go of older slots."""
        self._watched = {place: each for place, each in self._watched.items() if place[1] >= before}

    def read(self, region: str, number: int) -> Mapping[str, Watched]:
        """How edges were heard in a slot."""
        return self._watched.get((region, number), {})

    def find_short(self, region: str, edges: Mapping[str, Known], after: int) -> list[int]:
        """The slots before `after` in which one of these edges wasn't heard enough."""
        first = min((known.first for known in edges.values()), default=after)
        return [number for number in range(first, after) if self._is_short(region, number, edges)]

    def is_better(self, region: str, number: int, watched: Mapping[str, Watched]) -> bool:
        """Whether more is known of a slot so than it was."""
        return _weigh(watched) >= _weigh(self.read(region, number)) + BETTER_S

    def list_dead(self, region: str, number: int, but: Collection[str]) -> list[Dead]:
        """Who was taken for dead in a slot, but for these edges."""
        began_at = number * self._slot_s
        kept = self.read(region, number).items()
        return [Dead(edge, began_at, began_at + w.dead_s) for edge, w in kept if w.dead_s and edge not in but]

    def _is_short(self, region: str, number: int, edges: Mapping[str, Known]) -> bool:
        watched, enough_s = self.read(region, number), SHORT_SHARE * self._slot_s
        for edge, known in edges.items():
            heard = watched.get(edge, Watched())
            known_s = heard.covered_s if known.even_dead else heard.covered_s + heard.dead_s
            if number >= known.first and known_s < enough_s:
                return True
        return False


def find_deaths(reports: Iterable[EdgeReport]) -> list[Dead]:
    """When edges had no Envoy: between what one counted last and the next one first."""
    found = []
    ordered = sorted(reports, key=lambda report: (report.edge, report.began_at))
    for edge, own in groupby(ordered, attrgetter("edge")):
        for before, after in pairwise(own):
            if before.process != after.process and after.began_at - before.ended_at >= DEAD_S_MIN:
                found.append(Dead(edge, before.ended_at, after.began_at))
    return found


def list_runs(numbers: Sequence[int], apart: int = 2) -> list[tuple[int, int]]:
    """Slots (ascending) as runs, from the first to after the last of each; short pauses are no end of a run."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number - runs[-1][1] < apart:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs


def _weigh(watched: Mapping[str, Watched]) -> float:
    return sum(each.covered_s + DEAD_WORTH * each.dead_s for each in watched.values())
