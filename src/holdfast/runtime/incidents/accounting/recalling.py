"""Asks agents for what control missed: while it was away, while it was slow, while an agent couldn't reach it.

Every slot is asked for once on every stream of an agent, and again when its edge has another Envoy.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from holdfast.incidents.downtime.coverage import LOOK_BACK_SLOTS, Coverage, Known
from holdfast.incidents.downtime.layout import Layout
from holdfast.model.telemetry import EdgeReport, Memory, Recollection

LOG: Final = logging.getLogger(__name__)
SETTLED_S: Final = 2.0
"""After a stream began the other edges' streams are waited for so long, so that all can be asked together."""
ANSWER_S: Final = 10.0
PARTS_MAX: Final = 500
"""Answers to one question of one agent."""
AROUND_S: Final = 5.0
"""So much more is asked for on both sides: whether an edge was dead is told by what it counted before and after."""


class Agents(Protocol):
    """Those whose edges report."""

    @property
    def remembering(self) -> Mapping[str, Memory]:
        """The edges whose agents remember what they counted and can be asked now."""

    async def recall(self, edge: str, began_at: float, ended_at: float, deadline_s: float) -> Recollection | None:
        """What an edge's agent remembers of a time; None if it doesn't answer in time."""


@dataclass(slots=True)
class _Edge:
    """What was done about one edge's stream; from slot `next` on it wasn't asked."""

    key: tuple[int, str] = (0, "")
    seen_at: float = 0.0
    next: int | None = None


@dataclass
class Recaller:
    """Belongs to the event loop. Times are Unix times, in seconds."""

    agents: Agents
    slot_s: float
    _edges: dict[str, _Edge] = field(default_factory=dict)
    _processes: dict[str, str] = field(default_factory=dict)

    def hear(self, edge: str, process: str) -> None:
        """An edge's Envoy reported."""
        self._processes[edge] = process

    def find_missed(self, layout: Layout, coverage: Coverage, after: int, now: float) -> dict[str, list[int]]:
        """The slots before `after` that agents are to be asked for, by region; they count as asked for from now on."""
        self._meet(now)
        found = {}
        for region, names in layout.edges.items():
            due = {name: self._edges[name] for name in names if name in self._edges and self._is_due(name, now)}
            known = {name: self._describe(edge, self.agents.remembering[name], after) for name, edge in due.items()}
            if missed := coverage.find_short(region, known, after):
                found[region] = missed
            for edge in due.values():
                edge.next = after
        return found

    def ask_again(self) -> None:
        """Nothing came of what was asked for: ask for all of it again."""
        for edge in self._edges.values():
            edge.next = None

    async def ask(self, edges: Sequence[str], began_at: float, ended_at: float) -> list[EdgeReport]:
        """What the agents of these edges remember of a time."""
        asked = [edge for edge in edges if edge in self.agents.remembering]
        answers = await asyncio.gather(
            *(self._ask_one(edge, began_at - AROUND_S, ended_at + AROUND_S) for edge in asked)
        )
        return [report for answer in answers for report in answer]

    async def _ask_one(self, edge: str, began_at: float, ended_at: float) -> list[EdgeReport]:
        reports, at = list[EdgeReport](), began_at
        for _ in range(PARTS_MAX):
            answer = await self.agents.recall(edge, at, ended_at, ANSWER_S)
            if answer is None:
                LOG.warning("the agent of %s doesn't tell what it remembers", edge)
                break
            reports += answer.reports
            if not at < answer.until < ended_at:
                break
            at = answer.until
        return reports

    def _meet(self, now: float) -> None:
        remembering = self.agents.remembering
        self._edges = {name: self._edges.get(name, _Edge()) for name in remembering}
        for name, memory in remembering.items():
            edge, key = self._edges[name], (memory.stream, self._processes.get(name, ""))
            if edge.key != key:
                edge.key, edge.seen_at, edge.next = key, now, None

    def _is_due(self, name: str, now: float) -> bool:
        """Only who reports by itself is asked: then it is known what it is of the region."""
        return name in self._processes and now - self._edges[name].seen_at >= SETTLED_S

    def _describe(self, edge: _Edge, memory: Memory, after: int) -> Known:
        if edge.next is not None:
            return Known(edge.next, even_dead=False)
        return Known(after - min(LOOK_BACK_SLOTS, int(memory.remembers_s // self.slot_s)), even_dead=True)
