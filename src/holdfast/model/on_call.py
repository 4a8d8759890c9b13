"""Who is on call at a moment, who is next, and when nobody is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One event of a calendar: what it is called, whom it invites, from when until when (Unix times, in seconds)."""

    summary: str
    attendees: tuple[str, ...]
    begins_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody is on call from a moment until another (Unix times, in seconds), the latter not included."""

    person: str
    begins_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on call from a moment until another (Unix times, in seconds)."""

    begins_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Layers of shifts: at any moment the first layer counts that has somebody; in a layer, the shift named first.

    All is known of the time from `begins_at` until `ends_at` (Unix times, in seconds).
    """

    layers: tuple[tuple[Shift, ...], ...] = ()
    begins_at: float = 0.0
    ends_at: float = 0.0

    def find(self, at: float) -> str | None:
        """Who is on call at a moment."""
        for layer in self.layers:
            for shift in layer:
                if shift.begins_at <= at < shift.ends_at:
                    return shift.person
        return None

    def find_next(self, at: float) -> Shift | None:
        """The next person other than the one who is on call at a moment, from when until when."""
        person = self.find(at)
        for later in self._list_stretches(at, self.ends_at):
            if later.person is not None and later.person != person:
                return Shift(later.person, later.begins_at, later.ends_at)
        return None

    def list_gaps(self, begins_at: float, ends_at: float) -> tuple[Gap, ...]:
        """When nobody is on call, in order."""
        return tuple(Gap(s.begins_at, s.ends_at) for s in self._list_stretches(begins_at, ends_at) if s.person is None)

    def _list_stretches(self, begins_at: float, ends_at: float) -> Iterator["_Stretch"]:
        """The time between two moments, cut where another person is on call."""
        cuts = {begins_at, ends_at}
        for shift in (shift for layer in self.layers for shift in layer):
            cuts.update(at for at in (shift.begins_at, shift.ends_at) if begins_at < at < ends_at)
        walkers = [_Walker(layer) for layer in self.layers]
        last: _Stretch | None = None
        for since, until in pairwise(sorted(cuts)):
            person = next((p for w in walkers if (p := w.find(since)) is not None), None)
            if last is not None and last.person == person:
                last = _Stretch(person, last.begins_at, until)
                continue
            if last is not None:
                yield last
            last = _Stretch(person, since, until)
        if last is not None:
            yield last


@dataclass(frozen=True, slots=True)
class _Stretch:
    person: str | None
    begins_at: float
    ends_at: float


class _Walker:
    """Finds who has a layer's shift at moments that only grow, so that a long time of shifts is walked once."""

    def __init__(self, shifts: Sequence[Shift]) -> None:
        self._coming = sorted(enumerate(shifts), key=lambda each: each[1].begins_at, reverse=True)
        self._open: list[tuple[int, Shift]] = []

    def find(self, at: float) -> str | None:
        while self._coming and self._coming[-1][1].begins_at <= at:
            self._open.append(self._coming.pop())
        self._open = [each for each in self._open if each[1].ends_at > at]
        return min(self._open, key=lambda each: each[0])[1].person if self._open else None
