"""What is seen of a simulated world from outside: the truth, tick by tick, that the stories are judged by."""

from dataclasses import dataclass, field

import numpy as np

from holdfast.drills.simulation.world import Moment, World
from holdfast.mitigate.case import is_automatic
from holdfast.model.event import FindingOpened, MitigationStarted
from holdfast.model.mitigation import Kill, Shed
from holdfast.model.telemetry import Metric

WELL_SHARE = 0.999
"""Others are well while so much of what they send is served, ..."""
WAIT_S_MAX = 0.02
"""... and nobody waits longer for a place than this."""
LINGER_S = 90.0
"""A service counts as flooded for so long after: its finding closes and its mitigations are released."""


@dataclass(eq=False)
class Witness:
    """Counts good requests of flooded services and of all others, from `begin` on."""

    flooded: frozenset[int] = frozenset()
    since: float = 0.0
    victims_offered: float = 0.0
    victims_served: float = 0.0
    others_offered: float = 0.0
    others_served: float = 0.0
    others_refused: float = 0.0
    """Requests of services that nobody floods, refused by mitigations of their own."""
    unwell_until: float = 0.0
    found_at: dict[str, float] = field(default_factory=dict)
    started: list[MitigationStarted] = field(default_factory=list)
    opened: list[FindingOpened] = field(default_factory=list)
    by_class: dict[int, list[float]] = field(default_factory=lambda: {rank: [0.0, 0.0] for rank in range(4)})
    _seen: int = 0

    def begin(self, world: World, flooded: frozenset[int]) -> None:
        """From now on these services are flooded."""
        self.flooded, self.since, self._seen = flooded, world.now, len(world.control.events)
        self.unwell_until = world.now
        world.on_moment.append(self.see)

    def see(self, world: World, moment: Moment) -> None:
        """One tick more."""
        passed = moment.passed
        mask = np.zeros(len(moment.good), bool)
        mask[list(self.flooded)] = True
        self.victims_offered += float(passed.good_offered[mask].sum())
        self.victims_served += float(passed.good_served[mask].sum())
        offered, served = float(passed.good_offered[~mask].sum()), float(passed.good_served[~mask].sum())
        self.others_offered += offered
        self.others_served += served
        self.others_refused += float(passed.counts[~mask, Metric.MITIGATED].sum())
        if (offered and served / offered < WELL_SHARE) or passed.wait_s > WAIT_S_MAX:
            self.unwell_until = moment.now
        for rank, sums in self.by_class.items():
            members = world.population.ranks == rank
            sums[0] += float(passed.good_offered[members].sum())
            sums[1] += float(passed.good_served[members].sum())
        self._note_events(world)

    def _note_events(self, world: World) -> None:
        for event in world.control.events[self._seen :]:
            if isinstance(event, FindingOpened):
                self.opened.append(event)
                if event.finding.service:
                    self.found_at.setdefault(event.finding.service, event.at)
            elif isinstance(event, MitigationStarted):
                self.started.append(event)
        self._seen = len(world.control.events)

    @property
    def victims_success(self) -> float:
        """Of good requests to flooded services, the share that was served."""
        return self.victims_served / self.victims_offered if self.victims_offered else 1.0

    @property
    def others_success(self) -> float:
        """Of requests to all others, the share that was served."""
        return self.others_served / self.others_offered if self.others_offered else 1.0

    @property
    def contained_s(self) -> float:
        """After how long others were well for good."""
        return self.unwell_until - self.since

    def actions_on_others(self, world: World) -> list[str]:
        """What Holdfast began for services that nobody floods; shedding by class isn't about single services."""
        names = {world.population.names[row] for row in self.flooded}
        return [
            f"{event.mitigation.measure.kind} of {event.mitigation.measure.service}"
            for event in self.started
            if is_automatic(event.mitigation) and event.mitigation.measure.service not in names
        ]

    def starts_of(self, service: str) -> int:
        """How often Holdfast began to limit or kill a service."""
        measures = (event.mitigation.measure for event in self.started if is_automatic(event.mitigation))
        return sum(m.service == service and m.kind in {"limit", "kill"} for m in measures)

    @property
    def kills(self) -> int:
        """How many kills Holdfast began; no tenant here consents to any."""
        return sum(isinstance(event.mitigation.measure, Kill) for event in self.started)

    @property
    def sheds(self) -> int:
        """How often shedding began."""
        return sum(isinstance(event.mitigation.measure, Shed) for event in self.started)
