"""From what was measured to measures against goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.instruments import is_success
from holdfast.drills.provider_loss.places import PRIMARY, REPORTS, SERVICES, SHOP
from holdfast.drills.provider_loss.probers import find_longest_outage_s
from holdfast.drills.provider_loss.read_only import Told, count_told
from holdfast.drills.provider_loss.scenario import Loss
from holdfast.drills.provider_loss.scoring import ScoredAct, list_stays, score_act
from holdfast.drills.provider_loss.traffic import READS
from holdfast.drills.stage.core_meter import STRANGERS_MAX
from holdfast.drills.stage.mail import count_disorder, count_doubled, list_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from holdfast.drills.provider_loss.acts import Act
    from holdfast.drills.provider_loss.probers import Probe
    from holdfast.drills.provider_loss.scenario import ProviderLoss
    from holdfast.drills.provider_loss.scoring import Answers
    from holdfast.drills.sheet import Sheet
    from holdfast.drills.stage.core_meter import CoreUse
    from holdfast.drills.stage.history import PastMitigation
    from holdfast.drills.stage.mail import Received, Sent

LATE_MS_MAX: Final = 250.0
"""A generator that was later than this with one request in a hundred wasn't there for a while."""
LOST: Final = tuple(served for served in SERVICES if served.site == PRIMARY)
DECIDED: Final = (Loss.KILLED, Loss.BLACKHOLED, Loss.HUNG, Loss.SLOW, Loss.CROWDED)
"""Losses of the whole site that last: a failover must be decided."""
ROOMY: Final = tuple(loss for loss in DECIDED if loss is not Loss.CROWDED)
"""Those of them in which the standby can carry all."""
SILENT: Final = (Loss.BLACKHOLED, Loss.HUNG, Loss.SLOW, Loss.CUT_OFF)
SETTLED_S: Final = 1.0
"""So long after a decision every edge has it, and what was asked before is answered."""


@dataclass(frozen=True, slots=True)
class Region:
    """What somebody in a region was answered who kept asking."""

    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All that happened. Moments in seconds since the traffic's start, `began_ns`."""

    answers: Answers
    lateness_ms: float
    use: CoreUse
    began_ns: int
    acts: tuple[Act, ...]
    past: tuple[PastMitigation, ...]
    regions: Mapping[str, Region]
    sent: tuple[Sent, ...]
    received: tuple[Received, ...]


def measure_run(sheet: Sheet[ProviderLoss], run: Run) -> list[ScoredAct]:
    """Enter every measure; returns the acts as they were scored."""
    _require_sound(sheet, run)
    scored = [score_act(run.answers, act, run.past, LOST) for act in run.acts]
    for loss in Loss:
        _measure_loss(sheet, loss, [each for each in scored if each.act.loss is loss])
    _measure_elsewhere(sheet, scored)
    _measure_mail(sheet, run)
    _measure_probes(sheet, run)
    if sheet.protected:
        _measure_decisions(sheet, scored)
        _measure_read_only(sheet, run, scored)
        _measure_crowded(sheet, run, scored)
    else:
        _require_harm(sheet, scored)
    return scored


def _measure_loss(sheet: Sheet[ProviderLoss], loss: Loss, acts: Sequence[ScoredAct]) -> None:
    """How many reads one kind of loss cost, in seconds' worth; of critical services alone where not all find room."""
    if not acts or loss is Loss.CROWDED:
        return
    name, count, goals = _name(loss), len(acts), sheet.scenario.goals
    worst_s = max(each.reads_failed_s for each in acts)
    reads = sum(each.reads for each in acts)
    if loss is Loss.FLAPPING:
        sheet.add(f"{name}_reads_failed_max", worst_s, "s", reads)
        moves = max(each.moves for each in acts)
        if sheet.protected:
            sheet.demand(f"{name}_moves_max", moves, "times", "at most 1", count, ok=moves <= 1)
        return
    most_s = goals.silent_max if loss in SILENT else goals.killed_max
    goal = f"at most {most_s:g}"
    sheet.demand(f"{name}_reads_failed_max", worst_s, "s", goal, reads, ok=worst_s <= most_s)
    sheet.add(f"{name}_times", count, "times", count)


def _measure_elsewhere(sheet: Sheet[ProviderLoss], acts: Sequence[ScoredAct]) -> None:
    failed, asked = sum(each.elsewhere_failed for each in acts), sum(each.elsewhere for each in acts)
    sheet.demand("other_regions_failed", failed, "requests", "none", asked, ok=failed == 0)


def _measure_decisions(sheet: Sheet[ProviderLoss], acts: Sequence[ScoredAct]) -> None:
    """Whether a failover was decided where a site was lost, how soon, and whether the way back cost anything."""
    lasting = [each for each in acts if each.act.loss in DECIDED]
    decided = [each.decided_s for each in lasting if math.isfinite(each.decided_s)]
    of_all = f"{len(lasting)} of {len(lasting)}"
    sheet.demand("decided", len(decided), "times", of_all, len(lasting), ok=len(decided) == len(lasting))
    sheet.add("decided_after_max", max(decided, default=math.inf), "s", len(decided))
    sheet.add("decided_after_p50", float(np.median(decided)) if decided else math.inf, "s", len(decided))
    back = sum(1 for each in acts if math.isfinite(each.act.back_s))
    sheet.demand("all_as_before", back, "times", f"{len(acts)} of {len(acts)}", len(acts), ok=back == len(acts))
    took = [each.act.back_s - each.act.healed_s for each in acts]
    sheet.add("back_after_max", max(took, default=math.inf), "s", len(acts))
    roomy = [each for each in acts if each.act.loss is not Loss.CROWDED]
    failed, most = sum(each.back_failed for each in roomy), sheet.scenario.goals.ramp_failed_max
    goal = "none" if most == 0 else f"at most {most}"
    sheet.demand("reads_failed_coming_back", failed, "requests", goal, len(roomy), ok=failed <= most)


def _measure_mail(sheet: Sheet[ProviderLoss], run: Run) -> None:
    """Deferrable requests: accepted throughout, all there afterwards, each sender's in order."""
    sent, received, count = run.sent, run.received, len(run.sent)
    sheet.require("mail", "nobody sent anything", ok=count > 0)
    refused = sum(1 for each in sent if not each.answer.is_good)
    sheet.demand("mail_refused", refused, "messages", "none", count, ok=refused == 0)
    missing = len(list_missing(sent, received))
    sheet.demand("mail_lost", missing, "messages", "none", count - refused, ok=missing == 0)
    disorder = count_disorder(sent, received)
    sheet.demand("mail_out_of_order", disorder, "messages", "none", count - refused, ok=disorder == 0)
    sheet.add("mail_doubled", count_doubled(received), "messages", len(received))
    waits = [(each.answer.answered_ns - each.answer.asked_ns) / 1e9 for each in sent if each.answer.is_good]
    sheet.add("mail_accepted_within_max", max(waits, default=math.inf), "s", len(waits))


def _measure_probes(sheet: Sheet[ProviderLoss], run: Run) -> None:
    """What somebody saw who looked on from outside."""
    for location, region in run.regions.items():
        reads = sum(1 for probe in region.probes if not probe.is_write)
        longest_s = find_longest_outage_s(region.probes, writes=False)
        sheet.add(f"{location}_longest_without_a_read", longest_s, "s", reads)


def _measure_read_only(sheet: Sheet[ProviderLoss], run: Run, acts: Sequence[ScoredAct]) -> None:
    """On a standby a service only reads: writers are told so, and readers too, wherever they ask."""
    told, everywhere = Told(), [each for each in run.past if each.edges is None]
    for act in (each.act for each in acts if each.act.loss in ROOMY):
        for start_s, end_s in list_stays(everywhere, SHOP, act):
            stay_s = start_s + SETTLED_S, min(end_s, act.healed_s)
            start_ns, end_ns = (run.began_ns + round(moment_s * 1e9) for moment_s in stay_s)
            told += count_told(run.regions[SHOP.location].probes, start_ns, end_ns)
    for name, good, asked in (
        ("writes_told_read_only", told.writes_told, told.writes),
        ("reads_marked_read_only", told.reads_marked, told.reads),
    ):
        share = 100 * good / asked if asked else 0.0
        sheet.demand(name, share, "%", "100%", asked, ok=asked > 0 and good == asked)


def _measure_crowded(sheet: Sheet[ProviderLoss], run: Run, acts: Sequence[ScoredAct]) -> None:
    """Where the standby can't carry all, critical services are served and sheddable ones give way."""
    crowded = [each for each in acts if each.act.loss is Loss.CROWDED]
    if not crowded:
        return
    spans = [(_start_crowded(each), each.act.healed_s) for each in crowded]
    reads = [run.answers.within(*span) for span in spans]
    critical = [served for served in LOST if served is not REPORTS]
    kept = np.concatenate([each.of(critical, READS).is_good for each in reads])
    success, goal = float(kept.mean()) if len(kept) else 0.0, sheet.scenario.goals.critical_success
    text = f"at least {100 * goal:g}%"
    sheet.demand("crowded_critical_reads", 100 * success, "%", text, len(kept), ok=success >= goal)
    given = np.concatenate([each.of([REPORTS], READS).is_good for each in reads])
    sheet.add("crowded_sheddable_reads", 100 * float(given.mean()) if len(given) else 0.0, "%", len(given))
    failed = sum(each.back_failed for each in crowded)
    sheet.add("crowded_reads_failed_coming_back", failed, "requests", len(crowded))
    crowd = [is_success(result.records) for each in crowded for result in each.act.crowd]
    whole = np.concatenate(crowd) if crowd else np.zeros(0, np.bool_)
    sheet.add("crowded_crowd_served", 100 * float(whole.mean()) if len(whole) else 0.0, "%", len(whole))


def _start_crowded(scored: ScoredAct) -> float:
    """From when on the standby's room is to be divided: when all have come there, or if they never did, at once."""
    decided_s = scored.decided_s if math.isfinite(scored.decided_s) else 0.0
    return scored.act.lost_s + decided_s + SETTLED_S


def _require_harm(sheet: Sheet[ProviderLoss], acts: Sequence[ScoredAct]) -> None:
    """Without protections a lost site is lost."""
    best = max((each.reads_success for each in acts), default=1.0)
    sheet.add("reads_answered_max", 100 * best, "%", len(acts))
    reason = f"{best:.0%} of reads were answered after all, so the drill shows nothing"
    sheet.require("harm", reason, ok=best < sheet.scenario.goals.harm_success)


def _require_sound(sheet: Sheet[ProviderLoss], run: Run) -> None:
    """The generators were punctual, and the edges had their core for themselves."""
    sheet.add("generators_late_p99", run.lateness_ms, "ms")
    reason = f"generators were late by {run.lateness_ms:.0f} ms (p99); is the machine busy?"
    sheet.require("generators", reason, ok=run.lateness_ms <= LATE_MS_MAX)
    sheet.add("edges_cpu", 100 * run.use.edges, "%")
    sheet.add("strangers_cpu", 100 * run.use.strangers, "%")
    reason = f"other programs took {run.use.strangers:.0%} of the edges' core, so what failed may be their doing"
    sheet.require("edges_cpu", reason, ok=sheet.short or run.use.strangers <= STRANGERS_MAX)


def _name(loss: Loss) -> str:
    return loss.replace("-", "_")
