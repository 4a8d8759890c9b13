"""From what was measured to measures against goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.instruments import check_lateness, find_latency_ms, is_success, name_streams
from holdfast.drills.platform_surge.scenario import BY_RANK, CRITICAL
from holdfast.drills.platform_surge.scoring import count_inversions, find_peak_rps, find_rate_rps
from holdfast.drills.score import compute_discarded_share, find_percentile
from holdfast.drills.stage.core_meter import STRANGERS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from holdfast.drills.instruments import LoadResult
    from holdfast.drills.platform_surge.cast import SurgeTimes
    from holdfast.drills.platform_surge.scenario import PlatformSurge
    from holdfast.drills.scenario import CapMode
    from holdfast.drills.sheet import Sheet
    from holdfast.drills.stage.core_meter import CoreUse
    from holdfast.drills.stage.history import History
    from holdfast.model.platform import Criticality

DISCARDED_MAX: Final = 0.3
ACHIEVED_MIN: Final = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class ModeRun:
    """All that happened in one of the location's modes; `core_uses` say who used the edges' core at each surge's
    height.
    """

    load: LoadResult
    surges: tuple[SurgeTimes, ...]
    history: History | None
    core_uses: tuple[CoreUse, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredSurge:
    """One surge that counts. Requests are those due from its onset to its end."""

    times: SurgeTimes
    success: Mapping[Criticality, float]
    critical_good: npt.NDArray[np.bool_]
    critical_ms: npt.NDArray[np.float32]
    goodput_rps: float
    peak_rps: float
    inversions: int
    compared: int
    offered_rps: float

    @property
    def goodput_of_peak(self) -> float:
        """What was answered at the height, of the most that ever was in a second."""
        return self.goodput_rps / self.peak_rps if self.peak_rps else 0.0


def measure_mode(sheet: Sheet[PlatformSurge], name: str, run: ModeRun) -> list[ScoredSurge]:
    """Enter every measure of a mode; returns the surges that count."""
    punctual = [surge for surge in run.surges if _is_punctual(run, surge)]
    tried, kept = len(run.surges), len(punctual)
    sheet.add(f"{name}_surges_discarded", 100 * compute_discarded_share(kept, tried - kept), "%", tried)
    reason = f"{tried - kept} of {tried} surges thrown away, since the generator was late"
    sheet.require(name, reason, ok=sheet.short or compute_discarded_share(kept, tried - kept) <= DISCARDED_MAX)
    scored = [
        score_surge(run, surge, sheet.scenario.location.capacity_rps)
        for surge in (run.surges if sheet.short else punctual)
    ]
    if not scored:
        sheet.require(name, "no surge was left to be scored", ok=False)
        return []
    _require_load(sheet, name, scored)
    _measure_classes(sheet, name, scored)
    _measure_goodput(sheet, name, scored)
    _measure_cores(sheet, name, run.core_uses)
    return scored


def score_surge(run: ModeRun, surge: SurgeTimes, capacity_rps: float) -> ScoredSurge:
    """Score one surge. A second with more answers than the location can give had some that were held up before it."""
    records, streams = run.load.records, name_streams(run.load)
    due_s, good = records["intended_s"], is_success(records)
    during = (due_s >= surge.onset_s) & (due_s < surge.over_s)
    ranks = {rank: during & (streams == rank) for rank in BY_RANK}
    critical = during & np.isin(streams, CRITICAL)
    answered_s = due_s[good] + records["latency_ms"][good] / 1e3
    inversions, compared = count_inversions(
        [(due_s[chosen], good[chosen]) for chosen in ranks.values()], surge.onset_s, surge.over_s
    )
    at_height = np.count_nonzero((due_s >= surge.height_s) & (due_s < surge.over_s))
    return ScoredSurge(
        times=surge,
        success={rank: float(np.mean(good[chosen])) for rank, chosen in ranks.items() if np.any(chosen)},
        critical_good=good[critical],
        critical_ms=find_latency_ms(records[critical]),
        goodput_rps=find_rate_rps(answered_s, surge.height_s, surge.over_s),
        peak_rps=min(find_peak_rps(answered_s, surge.began_s, surge.over_s), capacity_rps),
        inversions=inversions,
        compared=compared,
        offered_rps=float(at_height) / (surge.over_s - surge.height_s),
    )


def _is_punctual(run: ModeRun, surge: SurgeTimes) -> bool:
    """Judged on the quiet before it too: measured by what times out in a surge, nobody is late."""
    due_s = run.load.records["intended_s"]
    spans = ((surge.began_s, surge.onset_s), (surge.onset_s, surge.over_s))
    parts = (run.load.records[(due_s >= start_s) & (due_s < end_s)] for start_s, end_s in spans)
    return all(check_lateness(part, run.load.plan.timeout_ms).ok for part in parts)


def _require_load(sheet: Sheet[PlatformSurge], name: str, scored: Sequence[ScoredSurge]) -> None:
    planned, offered = sheet.scenario.surge_rps, float(np.mean([each.offered_rps for each in scored]))
    sheet.add(f"{name}_offered", offered, "requests/s", len(scored))
    reason = f"only {offered:.0f} of {planned:.0f} requests a second could be sent"
    sheet.require(name, reason, ok=offered >= ACHIEVED_MIN * planned)


def _measure_classes(sheet: Sheet[PlatformSurge], name: str, scored: Sequence[ScoredSurge]) -> None:
    goals = sheet.scenario.goals
    critical = np.concatenate([each.critical_good for each in scored])
    success, goal = float(np.mean(critical)), goals.critical_success
    text = f"at least {100 * goal:g}%"
    sheet.demand(f"{name}_critical_success", 100 * success, "%", text, len(critical), ok=success >= goal)
    for rank in BY_RANK:
        if values := [each.success[rank] for each in scored if rank in each.success]:
            sheet.add(f"{name}_class_{rank}_success", 100 * float(np.mean(values)), "%", len(values))
    latency_ms = np.concatenate([each.critical_ms for each in scored])
    sheet.add(f"{name}_critical_p99", find_percentile(latency_ms, 99), "ms", len(latency_ms))
    inversions, compared = sum(each.inversions for each in scored), sum(each.compared for each in scored)
    sheet.demand(f"{name}_less_critical_fared_better", inversions, "times", "none", compared, ok=inversions == 0)
    if not sheet.protected:
        reason = "without protections there is no harm, so the drill shows nothing"
        sheet.require(name, reason, ok=success < goals.harm_success)


def _measure_goodput(sheet: Sheet[PlatformSurge], name: str, scored: Sequence[ScoredSurge]) -> None:
    goal = sheet.scenario.goals.goodput_of_peak
    least = min(each.goodput_of_peak for each in scored)
    text = f"at least {100 * goal:g}%"
    sheet.demand(f"{name}_goodput_of_peak", 100 * least, "%", text, len(scored), ok=least >= goal)
    sheet.add(f"{name}_goodput", float(np.mean([each.goodput_rps for each in scored])), "requests/s", len(scored))
    sheet.add(f"{name}_goodput_peak", max(each.peak_rps for each in scored), "requests/s", len(scored))


def _measure_cores(sheet: Sheet[PlatformSurge], name: str, uses: Sequence[CoreUse]) -> None:
    edges, strangers = (float(np.mean([getattr(use, who) for use in uses])) for who in ("edges", "strangers"))
    sheet.add(f"{name}_edge_core", 100 * edges, "%", len(uses))
    sheet.add(f"{name}_edge_core_strangers", 100 * strangers, "%", len(uses))
    reason = f"other programs took {strangers:.0%} of the edges' core; what was measured may be their doing"
    sheet.require(name, reason, ok=sheet.short or strangers <= STRANGERS_MAX)


def measure_run(sheet: Sheet[PlatformSurge], runs: Mapping[CapMode, ModeRun]) -> dict[CapMode, list[ScoredSurge]]:
    """Enter every measure; returns the surges that count, by mode."""
    return {mode: measure_mode(sheet, mode, run) for mode, run in runs.items()}
