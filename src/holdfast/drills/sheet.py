"""The sheet that a drill's measures are entered on, each against its goal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from holdfast.drills.result import Measure
from holdfast.drills.scenario import Story

if TYPE_CHECKING:
    from holdfast.drills.peers.names import PeerName

ScenarioT = TypeVar("ScenarioT", bound=Story)


@dataclass(slots=True)
class Sheet(Generic[ScenarioT]):
    """Measures by name, and the reasons for which the drill tells nothing."""

    scenario: ScenarioT
    seed: int
    protected: bool
    short: bool
    peer: PeerName | None = None
    measures: dict[str, Measure] = field(default_factory=dict)
    invalid_because: list[str] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, samples: int | None = None) -> None:
        """A measure without a goal."""
        self.measures[name] = Measure(value=value, unit=unit, samples=samples)

    def demand(self, name: str, value: float, unit: str, goal: str, samples: int, *, ok: bool | None) -> None:
        """A measure with a goal."""
        self.measures[name] = Measure(value=value, unit=unit, goal=goal, ok=ok, samples=samples)

    def require(self, name: str, reason: str, *, ok: bool) -> None:
        """A condition without which the drill tells nothing."""
        if not ok:
            self.invalid_because.append(f"{name}: {reason}")
