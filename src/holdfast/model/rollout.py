"""How a revision goes out: in waves, each to more services than the one before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from holdfast.model.intent import Walls
from holdfast.model.noun import Noun
from holdfast.model.revision import ContentHash, RevisionNumber
from holdfast.model.scalars import Name, Natural


class Wave(Noun):
    """One step of a rollout: a cohort of services goes over to the newer revision at some locations, or at all.

    `cohort` counts from 0; None is what services share, such as listeners. `services` is how many are in the cohort.
    """

    cohort: Natural | None
    services: Natural = 0
    locations: tuple[Name, ...] | None = None


class Cohorts(Noun):
    """Which services are in which cohort: kept as a text, so that a rollout that is taken up again is the same."""

    cohorts: tuple[tuple[Name, ...], ...] = Field(default=())


@dataclass(frozen=True, slots=True)
class Rollout:
    """A revision on its way: all waves up to `wave` (counted from 0) have it, everybody else has `base`.

    `since` is when the latest wave began (Unix time, in seconds), `paused` why it stands still, empty if it doesn't.
    `settled` is what `model.intent.Intent.settled` is for services that have the revision.
    """

    number: RevisionNumber
    base: RevisionNumber
    cohorts: ContentHash
    waves: tuple[Wave, ...]
    wave: int
    began_at: float
    since: float
    settled: Mapping[str, Walls] = field(default_factory=dict)
    paused: str = ""

    @property
    def is_last(self) -> bool:
        """Whether no further wave is to come."""
        return self.wave + 1 >= len(self.waves)


@dataclass(frozen=True, slots=True)
class Freeze:
    """Nothing new goes out: since when and until when (Unix times, in seconds; None: until it is ended), and why."""

    since: float
    author: str
    why: str
    until: float | None = None
