"""What telemetry may cost an agent, and what it does less of when it costs more.

First fewer samples are drawn, then none, then reports are made less often. One step at a time, and back only after a
while of costing clearly less, so that it doesn't swing.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that an agent may use on average: a share of one core, memory, and how late it may be at its work."""

    cpu_share_max: float = 0.15
    memory_bytes_max: int = 512 * 1024**2
    late_s_max: float = 0.5


@dataclass(frozen=True, slots=True)
class Usage:
    """What an agent used since it last looked."""

    cpu_share: float
    memory_bytes: int
    late_s: float


@dataclass(frozen=True, slots=True)
class Effort:
    """How much an agent does: the part of the usual samples, and every how many exports it reports."""

    samples: float
    exports_per_report: int
    said: tuple[str, ...] = ()


EFFORTS: Final = (
    Effort(1.0, 1),
    Effort(0.25, 1, ("a quarter of the usual samples",)),
    Effort(0.0, 1, ("no samples",)),
    Effort(0.0, 2, ("no samples", "reports at half the usual rate")),
    Effort(0.0, 4, ("no samples", "reports at a quarter of the usual rate")),
    Effort(0.0, 16, ("no samples", "reports at a sixteenth of the usual rate")),
)
"""From all to little, in the order in which they are given up."""
CALM_LOOKS: Final = 5
"""Looks in a row that must be calm before a step back is made."""
CALM_SHARE: Final = 0.6
"""What is calm: so much of the maxima of time at most."""


@dataclass(frozen=True, slots=True)
class Stance:
    """Where an agent stands: which of `EFFORTS`, and for how many looks it has been calm."""

    step: int = 0
    calm: int = 0

    @property
    def effort(self) -> Effort:
        """What is done at this step."""
        return EFFORTS[self.step]


def take_stance(stance: Stance, usage: Usage, budget: Budget) -> Stance:
    """The next stance: a step down if anything is above its maximum, a step up after enough calm looks."""
    hurried = max(usage.cpu_share / budget.cpu_share_max, usage.late_s / budget.late_s_max)
    if hurried > 1 or usage.memory_bytes > budget.memory_bytes_max:
        return Stance(min(stance.step + 1, len(EFFORTS) - 1))
    if hurried > CALM_SHARE or not stance.step:
        return Stance(stance.step)
    if stance.calm + 1 >= CALM_LOOKS:
        return Stance(stance.step - 1)
    return Stance(stance.step, stance.calm + 1)
