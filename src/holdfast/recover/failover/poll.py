"""What edges see of one upstream, taken together: who sees it fail, who well, who knows nothing, who is silent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from holdfast.recover.failover.sight import Sight, Verdict, judge

BLIND_S: Final = 2.0
"""An edge that hasn't reported for so long isn't heard."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Edges by what they see now, each with since when (Unix time, in seconds); those silent or in the dark by name.

    `quorum` is how many of those that know anything must see it fail. To call it well it takes more than half of them.
    """

    failing: Mapping[str, float] = field(default_factory=dict)
    well: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()
    quorum: int = 1
    why: str = ""
    """What one of those that see it fail says of it."""

    @property
    def lost_since(self) -> float | None:
        """Since when a quorum has seen it fail without a break; None if none does, or most edges aren't heard."""
        return _since(self.failing, self.quorum) if self.is_heard else None

    @property
    def well_since(self) -> float | None:
        """Since when a quorum has seen it well without a break; None if none does, or most edges aren't heard."""
        needed = max(self.quorum, (len(self.failing) + len(self.well)) // 2 + 1)
        return _since(self.well, min(needed, len(self.failing) + len(self.well))) if self.is_heard else None

    def among(self, edges: Collection[str]) -> "Poll":
        """What some of the edges see; all of those that know anything must agree."""
        failing = {edge: since for edge, since in self.failing.items() if edge in edges}
        well = {edge: since for edge, since in self.well.items() if edge in edges}
        unknown = tuple(edge for edge in self.unknown if edge in edges)
        blind = tuple(edge for edge in self.blind if edge in edges)
        return Poll(failing, well, unknown, blind, max(1, len(failing) + len(well)), self.why)

    @property
    def is_heard(self) -> bool:
        """Whether at least half of the edges report: or control itself is what is cut off, and would move everybody."""
        heard = len(self.failing) + len(self.well) + len(self.unknown)
        return heard >= len(self.blind) and heard > 0

    @property
    def is_known(self) -> bool:
        """Whether any edge knows anything."""
        return bool(self.failing or self.well)


def poll(
    sights: Mapping[str, Sight],
    edges: Collection[str],
    heard_at: Mapping[str, float],
    quorum: int | None,
    now: float,
) -> Poll:
    """Ask these edges; `sights` and `heard_at` (its last report) are by edge. A quorum of None is more than half of
    those that know anything; one that is stated holds as it is, but is never more than there are edges.
    """
    failing, well = dict[str, float](), dict[str, float]()
    unknown, blind, why = list[str](), list[str](), ""
    for edge in edges:
        if now - heard_at.get(edge, 0.0) > BLIND_S:
            blind.append(edge)
            continue
        seen = judge(sights[edge], now) if edge in sights else Sight()
        if seen.verdict is Verdict.FAILING:
            failing[edge] = seen.since
            why = why or seen.why
        elif seen.verdict is Verdict.WELL:
            well[edge] = seen.since
        else:
            unknown.append(edge)
    most = (len(failing) + len(well)) // 2 + 1
    needed = most if quorum is None else min(quorum, max(1, len(edges)))
    return Poll(failing, well, tuple(unknown), tuple(blind), needed, why)


def _since(seen: Mapping[str, float], quorum: int) -> float | None:
    """The moment at which the last of a quorum joined it."""
    return sorted(seen.values())[quorum - 1] if len(seen) >= quorum > 0 else None
