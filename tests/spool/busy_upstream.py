"""An upstream with so many workers, in simulated time, to which as much is sent as a ramp lets through."""

import heapq
import random
from dataclasses import dataclass, field

from holdfast.spool.ramp import Ramp


@dataclass
class BusyUpstream:
    """Its workers take `work_s` for a message, give or take; what finds none of them free waits in line."""

    workers: int
    work_s: float
    chance: random.Random
    sharing: bool = False
    ups_and_downs: float = 0.0
    """How much of its time an answer may take longer for other reasons, which change ten times a second."""
    """All that is in flight shares one worker, as on one core."""
    busy_s: float = 0.0
    answered: int = 0
    in_line_max: int = 0
    _free_at: list[float] = field(default_factory=list)

    def take(self, now: float, in_flight: int) -> float:
        """Begin with a message; when it will be answered."""
        took_s = self.work_s * self.chance.uniform(0.9, 1.1)
        self.answered += 1
        if self.sharing:
            self.busy_s += took_s
            return now + took_s * in_flight
        self._free_at = [at for at in self._free_at if at > now]
        heapq.heapify(self._free_at)
        self.busy_s += took_s
        self.in_line_max = max(self.in_line_max, len(self._free_at) - self.workers + 1)
        began = now if len(self._free_at) < self.workers else sorted(self._free_at)[-self.workers]
        heapq.heappush(self._free_at, began + took_s)
        return began + took_s + self._find_delay_s(now)

    def _find_delay_s(self, now: float) -> float:
        return self.work_s * self.ups_and_downs * random.Random(int(now * 10)).random()


def run_ramp(ramp: Ramp, upstream: BusyUpstream, seconds: float) -> float:
    """Send for so long; the share of its time that the upstream was busy in the second half."""
    now, slots_in_use, half = 0.0, 0, 0.0
    events: list[tuple[float, int, int, float]] = []
    number = 0
    while now < seconds:
        while slots_in_use < ramp.slots:
            slots_in_use += 1
            in_flight = 1 + sum(1 for _, _, sent_among, _ in events if sent_among)
            number += 1
            heapq.heappush(events, (upstream.take(now, in_flight), number, in_flight, now))
        now, number_of, sent_among, began = heapq.heappop(events)
        if sent_among:
            ramp.take_answer(now - began, sent_among, now)
            heapq.heappush(events, (now + ramp.rest_s(now - began), number_of, 0, 0.0))
        else:
            slots_in_use -= 1
        if now < seconds / 2:
            half = upstream.busy_s
    return (upstream.busy_s - half) / (seconds / 2) / (1 if upstream.sharing else upstream.workers)
