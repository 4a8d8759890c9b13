"""A revision made ready for the edges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from holdfast.engine.facts import PlatformFacts
from holdfast.model.intent import Intent
from holdfast.model.resource import Snapshot
from holdfast.model.revision import RevisionNumber
from holdfast.model.rollout import Wave
from holdfast.rollout.passages import Passages
from holdfast.rollout.waves import Cohort, find_reached


@dataclass(frozen=True, slots=True)
class Reached:
    """Who has gone over to a revision at one location, and whether what services share has."""

    services: frozenset[str] = frozenset()
    shared: bool = False


@dataclass(frozen=True)
class Course:
    """A revision's way out: who goes over when, and at each location what everybody is given for it."""

    cohorts: tuple[Cohort, ...]
    waves: tuple[Wave, ...]
    passages: Mapping[str, Passages]

    def reach(self, wave: int, location: str) -> Reached:
        """Who has gone over at a location once a wave has begun (counted from 0)."""
        return (
            Reached(*find_reached(self.waves, self.cohorts, wave, location)) if location in self.passages else Reached()
        )

    def reach_anywhere(self, wave: int) -> frozenset[str]:
        """Who has gone over at any location once a wave has begun."""
        return frozenset().union(*(self.reach(wave, location).services for location in self.passages))


@dataclass(frozen=True)
class Compiled:
    """A revision ready for the edges: its intent, its facts, and for every location what its edges are given.

    `snapshots` are without what depends on mitigations, which is in `mitigations`, as it was when this was compiled.
    """

    number: RevisionNumber
    intent: Intent
    facts: PlatformFacts
    snapshots: Mapping[str, Snapshot]
    mitigations: Mapping[str, Snapshot]
    course: Course | None = None

    def at(self, location: str) -> Snapshot:
        """All that edges of a location are given."""
        return {**self.snapshots[location], **self.mitigations[location]}

    def along(self, course: Course | None) -> "Compiled":
        """The same, to go out on a course."""
        return replace(self, course=course)
