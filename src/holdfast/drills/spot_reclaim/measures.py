"""From what was measured to measures against goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.spot_reclaim.contents import API, LARGE, SMALL
from holdfast.drills.stage.core_meter import STRANGERS_MAX

if TYPE_CHECKING:
    from holdfast.drills.sheet import Sheet
    from holdfast.drills.spot_reclaim.acts import Announced, Gone, Kills
    from holdfast.drills.spot_reclaim.answers import Answers
    from holdfast.drills.spot_reclaim.scenario import SpotReclaim
    from holdfast.drills.stage.core_meter import CoreUse

LATE_MS_MAX: Final = 250.0
"""A generator that was later than this with one request in a hundred wasn't there for a while."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All that happened."""

    answers: Answers
    lateness_ms: float
    kills: Kills
    gone: Gone
    announced: Announced | None = None


def measure_run(sheet: Sheet[SpotReclaim], run: Run) -> None:
    """Enter every measure of a run with protections."""
    _require_punctual(sheet, run.lateness_ms)
    _measure_kills(sheet, run)
    if run.announced is not None:
        _measure_announced(sheet, run.answers, run.announced)
    _measure_gone(sheet, run.answers, run.gone)


def measure_harm(sheet: Sheet[SpotReclaim], run: Run) -> None:
    """Enter what it costs where nothing protects, until all machines are gone and after."""
    _require_punctual(sheet, run.lateness_ms)
    during = run.answers.within(run.kills.began_s, run.gone.over_s)
    failed = during.failed + during.truncated
    share = failed / max(1, len(during))
    sheet.demand("gets_failed", failed, "requests", "none", len(during), ok=failed == 0)
    sheet.add("gets_failed_share", 100 * share, "%", len(during))
    killed = run.answers.within(run.kills.began_s, run.kills.over_s)
    sheet.add("gets_failed_while_some_were_left", killed.failed + killed.truncated, "requests", len(killed))
    served = sum(probe.is_right for probe in run.gone.probes) / max(1, len(run.gone.probes))
    sheet.add("gone_files_served", 100 * served, "%", len(run.gone.probes))
    reason = f"{share:.2%} of GETs failed without protections, so the drill shows nothing"
    sheet.require("harm", reason, ok=share >= sheet.scenario.goals.harm_failed)


def measure_cores(sheet: Sheet[SpotReclaim], use: CoreUse) -> None:
    """Who used the edges' core: what fails while strangers do may be their doing."""
    sheet.add("edges_cpu", 100 * use.edges, "%")
    sheet.add("strangers_cpu", 100 * use.strangers, "%")
    reason = f"other programs took {use.strangers:.0%} of the edges' core, so what failed may be their doing"
    sheet.require("edges_cpu", reason, ok=sheet.short or use.strangers <= STRANGERS_MAX)


def _measure_kills(sheet: Sheet[SpotReclaim], run: Run) -> None:
    kills = run.kills
    during = run.answers.within(kills.began_s, kills.over_s)
    form = sheet.scenario.short if sheet.short else sheet.scenario.full
    sheet.demand("gets_failed", during.failed, "requests", "none", len(during), ok=during.failed == 0)
    for kind in (SMALL, LARGE, API):
        sheet.add(f"gets_failed_{kind}", during.of(kind).failed, "requests", len(during.of(kind)))
    sheet.add("gets_truncated", during.truncated, "requests", len(during))
    sheet.add("gets_slowest", during.slowest_ms, "ms", len(during))
    sheet.add("machines_killed", len(kills.at_s), "machines", len(kills.at_s))
    sheet.add("machines_killed_stable", kills.kinds.count("stable"), "machines", len(kills.kinds))
    reason = f"only {len(during)} GETs were sent while machines were killed"
    sheet.require("gets", reason, ok=len(during) >= form.requests_min)


def _measure_announced(sheet: Sheet[SpotReclaim], answers: Answers, announced: Announced) -> None:
    is_drained = math.isfinite(announced.drained_s)
    sheet.demand("announced_drained", int(is_drained), "times", "1 of 1", 1, ok=is_drained)
    sheet.add("announced_drained_after", announced.drained_s - announced.told_s, "s", 1)
    asked = announced.asked_after
    sheet.demand("announced_asked_when_drained", asked, "requests", "none", 1, ok=is_drained and asked == 0)
    during = answers.within(announced.told_s, announced.over_s)
    failed = during.failed + during.truncated
    sheet.demand("announced_gets_failed", failed, "requests", "none", len(during), ok=failed == 0)
    sheet.demand("announced_drain_ended", int(announced.is_ended), "times", "1 of 1", 1, ok=announced.is_ended)


def _measure_gone(sheet: Sheet[SpotReclaim], answers: Answers, gone: Gone) -> None:
    served = sum(probe.is_right for probe in gone.probes)
    count = max(1, len(gone.probes))
    share, marked = served / count, sum(probe.is_right and probe.is_marked for probe in gone.probes) / count
    sheet.demand("gone_files_served", 100 * share, "%", "100%", len(gone.probes), ok=share == 1)
    sheet.demand("gone_files_marked_stale", 100 * marked, "%", "100%", len(gone.probes), ok=marked == 1)
    during = answers.within(gone.began_s, gone.over_s)
    files = during.of_files
    sheet.demand("gone_gets_of_files_failed", files.failed, "requests", "none", len(files), ok=files.failed == 0)
    sheet.add("gone_gets_of_files_truncated", files.truncated, "requests", len(files))
    sheet.add("gone_gets_of_api_failed", during.of(API).failed, "requests", len(during.of(API)))
    sheet.add("gone_back_after", gone.back_s - gone.over_s, "s", 1)


def _require_punctual(sheet: Sheet[SpotReclaim], lateness_ms: float) -> None:
    sheet.add("generators_late_p99", lateness_ms, "ms")
    reason = f"generators were late by {lateness_ms:.0f} ms (p99); is the machine busy?"
    sheet.require("generators", reason, ok=lateness_ms <= LATE_MS_MAX)
