"""What Holdfast found and did, as its API told somebody outside who kept asking, on the generators' clock."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from holdfast.drills.stage.control_api import ClockOffset
from holdfast.model.finding import Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from holdfast.model.finding import Finding
    from holdfast.model.mitigation import Measure
    from holdfast.views.findings import FindingsDocument
    from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument

LOOK_S: Final = 0.1
"""Between two looks while something is waited for: by so much what is seen may be late."""
LOOK_SELDOM_S: Final = 0.5
"""Between two looks at other times, and at mitigations."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding, and when it was first to be had over the API, in seconds since the history's beginning."""

    finding: Finding
    seen_s: float


@dataclass(frozen=True, slots=True)
class PastMitigation:
    """A mitigation, and from when to when it was decided to be in force (infinite: it is), in seconds likewise.

    It holds on some `edges` only, or on all: None.
    """

    measure: Measure
    author: str
    reason: str
    started_s: float
    ended_s: float
    why_ended: str = ""
    edges: tuple[str, ...] | None = None

    @property
    def service(self) -> str | None:
        """Whom it is about; None for everybody."""
        return self.measure.service

    def overlaps(self, start_s: float, end_s: float) -> bool:
        """Whether it was in force at any moment of a time."""
        return self.started_s < end_s and self.ended_s > start_s


class Teller(Protocol):
    """Whoever says what is found and done; Holdfast's API does."""

    def read_findings(self) -> FindingsDocument:
        """All that was found."""

    def read_mitigations(self) -> MitigationsDocument:
        """All that is mitigated, and lately was."""


@dataclass(slots=True)
class History:
    """All that was seen since `began_ns` (CLOCK_MONOTONIC); documents are remembered when control has dropped them."""

    teller: Teller
    began_ns: int
    sightings: dict[str, Sighting] = field(default_factory=dict)
    mitigations: dict[str, PastMitigation] = field(default_factory=dict)
    _clock: ClockOffset = field(default_factory=ClockOffset.read)

    def now_s(self) -> float:
        """Seconds since its beginning."""
        return (time.monotonic_ns() - self.began_ns) / 1e9

    def look_at_findings(self) -> None:
        """Take in what is found now. Raises ControlUnreachable."""
        document = self.teller.read_findings()
        now_s = self.now_s()
        for told in (*document.closed, *document.open):
            if told.finding.tier is Tier.HARMFUL:
                seen = self.sightings.get(told.id)
                self.sightings[told.id] = Sighting(told.finding, now_s if seen is None else seen.seen_s)

    def look_at_mitigations(self) -> None:
        """Take in what is and was in force. Raises ControlUnreachable."""
        document = self.teller.read_mitigations()
        for ended in document.ended:
            self.mitigations[ended.id] = self._note(ended, self._to_s(ended.ended_at), ended.why)
        for active in document.active:
            self.mitigations[active.id] = self._note(active, math.inf, "")

    def follow(self, seconds: float, is_awaited: Callable[[], bool]) -> None:
        """Look again and again for so long: often while something is awaited, seldom otherwise."""
        until_s = self.now_s() + seconds
        mitigations_s = self.now_s()
        while self.now_s() < until_s:
            self.look_at_findings()
            if self.now_s() >= mitigations_s:
                self.look_at_mitigations()
                mitigations_s = self.now_s() + LOOK_SELDOM_S
            pause_s = LOOK_S if is_awaited() else LOOK_SELDOM_S
            time.sleep(max(0.0, min(pause_s, until_s - self.now_s())))
        self.look_at_findings()
        self.look_at_mitigations()

    def list_sightings(self, start_s: float, end_s: float) -> list[Sighting]:
        """What was first seen within a time, the earliest first."""
        within = [each for each in self.sightings.values() if start_s <= each.seen_s < end_s]
        return sorted(within, key=lambda each: each.seen_s)

    def list_started(self, start_s: float, end_s: float) -> Iterator[PastMitigation]:
        """What was put in force within a time."""
        return (each for each in self.mitigations.values() if start_s <= each.started_s < end_s)

    def _note(self, told: MitigationDocument | EndedMitigationDocument, ended_s: float, why: str) -> PastMitigation:
        started_s = self._to_s(told.started_at)
        return PastMitigation(told.measure, told.author, told.reason, started_s, ended_s, why, told.edges)

    def _to_s(self, unix_s: float) -> float:
        return (self._clock.to_ns(unix_s) - self.began_ns) / 1e9
