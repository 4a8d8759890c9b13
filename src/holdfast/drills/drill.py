"""What all drills have in common: what is ordered, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holdfast.drills.peers.contenders import describe_peer
from holdfast.drills.result import DrillResult, judge
from holdfast.drills.stage.machine import describe_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.peers.names import PeerName
    from holdfast.drills.progress import Progress
    from holdfast.drills.report.page import Page
    from holdfast.drills.sheet import ScenarioT, Sheet


@dataclass(frozen=True, slots=True)
class Order:
    """How a scenario is to be played: whole or short, with or without protections, and the seed of the rest."""

    seed: int
    short: bool = False
    protected: bool = True
    peer: PeerName | None = None
    """Who is to be played with in place of Holdfast."""


@dataclass(frozen=True, slots=True)
class Played:
    """A finished drill: its result, why it is invalid if it is, and what the report shows beside it."""

    result: DrillResult
    invalid_because: tuple[str, ...]
    page: Page


def conclude(sheet: Sheet[ScenarioT], progress: Progress, machine: Mapping[str, Any], page: Page) -> Played:
    """The verdict on what is on the sheet, told to whoever watches."""
    for reason in sheet.invalid_because:
        progress.note(f"invalid: {reason}")
    verdict = judge(sheet.measures, sheet.invalid_because)
    progress.note(f"verdict: {verdict}")
    result = DrillResult(
        scenario=sheet.scenario.drill,
        protected=sheet.protected,
        peer=sheet.peer,
        seed=sheet.seed,
        short=sheet.short,
        verdict=verdict,
        measures=sheet.measures,
        timeline=tuple(progress.timeline),
        versions=describe_versions() | (describe_peer(sheet.peer) if sheet.peer else {}),
        machine=dict(machine),
    )
    return Played(result, tuple(sheet.invalid_because), page)
